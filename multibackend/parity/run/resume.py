"""Going on with an interrupted run: the same question, or one sentence that refuses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from multibackend.errors import RecordError
from multibackend.parity.record.journal import Finished, read_finished
from multibackend.parity.record.read import read_about, read_observation
from multibackend.parity.record.schema import RecordFile
from multibackend.parity.record.write import file_stem
from multibackend.parity.run.settings import Settings

__all__ = ["asked_of", "finished_in", "refuse_other"]

# What each part of the question is called where it is refused.
_NAMES = {
    "targets": "targets",
    "checks": "--checks",
    "device": "--device",
    "twins": "--twins",
    "reruns": "first backend of --backends",
    "time_limit": "--time-limit",
    "shuffle": "--shuffle",
    "variables": "variables in [tool.multibackend.backends]",
    "source": "source of the cases",
}

_CURE = (
    "Leave --resume out and pass --overwrite to start anew, or choose another folder "
    "with --out."
)


def asked_of(
    targets: Sequence[str], settings: Settings, env: Mapping[str, str], source: str = ""
) -> dict[str, Any]:
    """All that decides what a record comes to hold, besides the environment.

    Args:
        targets: What is run.
        settings: Limits and switches.
        env: The user's own variables; a digest of them is kept, as they may be secret.
        source: The digest of the modules that the cases come from.
    """
    secret = msgspec.json.encode(env, order="sorted")
    return {
        "targets": list(targets),
        "checks": list(settings.checks),
        "twins": settings.twins,
        "reruns": settings.reruns,
        "threads": settings.threads,
        "device": settings.device,
        "time_limit": settings.time_limit,
        "shuffle": settings.shuffle,
        "variables": hashlib.sha256(secret).hexdigest() if env else "",
        "source": source,
    }


def refuse_other(
    folder: Path,
    asked: Mapping[str, Any],
    *,
    environment: Mapping[str, Any] | None = None,
) -> RecordFile:
    """Reads what a record says of itself, where a run may go on with it.

    Args:
        folder: The folder of the record.
        asked: What is asked now; an empty source is not looked at.
        environment: Who asks now; `None` before that is known.

    Raises:
        RecordError: It was made by another question or elsewhere, or is damaged.
    """
    about = read_about(folder)
    if about.asked is None:
        message = (
            f"Expected a record at {folder} that says what was asked, received one of an "
            f"earlier version of multibackend. {_CURE}"
        )
        raise RecordError(message)
    for name, now in asked.items():
        before = about.asked.get(name)
        if name == "source" and not now:
            continue
        if now != before:
            _refuse(folder, _NAMES.get(name, name), before, now)
    if environment is not None:
        for name in sorted(environment.keys() | about.environment.keys()):
            before, now = about.environment.get(name), environment.get(name)
            if before != now:
                _refuse(folder, name, before, now)
    return about


def finished_in(folder: Path) -> dict[str, Finished]:
    """The finished cases of a record whose every observation can be read."""
    found = read_finished(folder)
    damaged: set[str] = set()
    built: set[str] = set()
    for file in (folder / "cases").glob("*.json"):
        try:
            seen = read_observation(file)
        except RecordError:
            damaged.add(file.name.partition(".")[0])
        else:
            built.add(seen.case)
    return {
        case: one
        for case, one in found.items()
        if case in built and file_stem(case, "").partition(".")[0] not in damaged
    }


def _refuse(folder: Path, name: str, before: Any, now: Any) -> None:
    told = f"{now!r} instead of {before!r}"
    if name == _NAMES["source"]:
        told = "another one"
    elif name in (_NAMES["variables"], _NAMES["reruns"]):
        told = "others"
    message = (
        f"Expected to go on with the record at {folder} with the same {name}, received "
        f"{told}. {_CURE}"
    )
    raise RecordError(message)
