"""Proposes entries for what no entry explains; the reason is left to a person."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from packaging.version import InvalidVersion, Version

from multibackend.parity.compare.catalogue_entry import Entry, FirstSeen
from multibackend.parity.compare.catalogue_scope import Environments
from multibackend.parity.compare.catalogue_write import append, refuse_shipped
from multibackend.parity.compare.verdict import Difference, Judgement, Verdict

__all__ = ["propose", "update"]

Seen = tuple[Verdict, Difference]


def update(
    file: Path,
    judgement: Judgement,
    *,
    taken: Iterable[str],
    rerun: Callable[[Verdict], str],
) -> str:
    """Appends a proposed entry to a catalogue for whatever differs unexplained.

    Args:
        file: The user's catalogue; made if need be.
        judgement: What the comparison found, after the catalogues were applied.
        taken: The ids that are in use.
        rerun: Tells the command that asks a verdict again.

    Returns:
        What was written, as a sentence.

    Raises:
        OutputError: The file cannot be written, or is the one that the package ships.
    """
    refuse_shipped(file)
    today = dt.date.today()
    entries = propose(judgement, taken=taken, rerun=rerun, today=today)
    if not entries:
        return f"Nothing differs unexplained: {file} is left as it is."
    append(file, entries)
    ids = ", ".join(entry.id for entry in entries)
    return (
        f"Proposed in {file}: {ids}. Write each `reason`; until then the next run "
        "refuses the file."
    )


def propose(
    judgement: Judgement,
    *,
    taken: Iterable[str],
    rerun: Callable[[Verdict], str],
    today: dt.date,
) -> tuple[Entry, ...]:
    """Returns an entry without a reason for each check, backend, precision and kind.

    Args:
        judgement: What the comparison found, after the catalogues were applied.
        taken: The ids that are in use.
        rerun: Tells the command that asks a verdict again.
        today: The day on which it was first seen.
    """
    groups: dict[tuple[str, str, str, str], list[Seen]] = {}
    for verdict in judgement.verdicts:
        for difference in verdict.differences if verdict.verdict == "differ" else ():
            about = judgement.environments.get(difference.backend, {})
            backend = str(about.get("backend", difference.backend))
            key = (verdict.check, backend, difference.precision, difference.kind)
            groups.setdefault(key, []).append((verdict, difference))
    used = set(taken)
    entries: list[Entry] = []
    for (check, backend, precision, kind), seen in groups.items():
        name = _free(f"{backend}-{check}-{kind}-{precision}", used)
        used.add(name)
        given = {
            "id": name,
            "objects": tuple(dict.fromkeys(verdict.case for verdict, _ in seen)),
            "checks": (check,),
            "backends": (backend,),
            "precision": precision,
            "kind": kind,
            "reason": "",
            "reproducer": rerun(seen[0][0]),
        }
        labels = list(dict.fromkeys(difference.backend for _, difference in seen))
        environments = judgement.environments
        entries.append(
            msgspec.convert(given | _where(backend, labels, environments, today), Entry)
        )
    return tuple(entries)


def _free(wanted: str, used: set[str]) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted)
    place = 2
    name = stem
    while name in used:
        name, place = f"{stem}-{place}", place + 1
    return name


def _where(
    backend: str,
    labels: Sequence[str],
    environments: Environments,
    today: dt.date,
) -> dict[str, Any]:
    """The versions it was seen with, and the device where another one is free of it."""
    here = [environments.get(label, {}) for label in labels]
    versions = [str(about.get("keras")) for about in here]
    framework = str(here[0].get("framework", "unknown")).rpartition(" ")[2]
    where: dict[str, Any] = {
        "keras": _specifier(versions),
        "first_seen": FirstSeen(
            date=today.isoformat(),
            versions={"keras": versions[0], backend: framework},
        ),
    }
    every = {
        e.get("device") for e in environments.values() if e.get("backend") == backend
    }
    off = {about.get("device") for about in here}
    if len(every) > 1 and len(off) == 1 and off <= {"cpu", "gpu"}:
        where["device"] = off.pop()
    return where


def _specifier(texts: Sequence[str]) -> str:
    """From the oldest of these versions to the end of the newest one's minor version."""
    try:
        versions = sorted(map(Version, texts))
    except InvalidVersion:
        return ">=0"
    first, last = versions[0], versions[-1]
    begin = first.public if first.is_prerelease else f"{first.major}.{first.minor}"
    return f">={begin},<{last.major}.{last.minor + 1}"
