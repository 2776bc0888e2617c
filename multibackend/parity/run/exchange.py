"""What backends saved for each other: kept beside the records, loaded by the others.

In the first round a backend saves and loads its own file; in the second it loads the
files of the others, which must yield what its own freshly built object yields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from multibackend.parity.cases.case import Case
from multibackend.parity.checks import save
from multibackend.parity.checks.subject import Subject
from multibackend.parity.checks.table import Check, load, pair
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.read import read_observation
from multibackend.parity.record.write import file_stem, saved_stem
from multibackend.parity.run.observe import Observer
from multibackend.parity.run.once import build

__all__ = ["keeping", "loaded", "recorded_as"]


def recorded_as(check: str) -> str:
    """The name of a check in the record of this backend."""
    return pair(check, keras.config.backend()) if check == "save" else check


def keeping(check: Check, record: Path) -> Check:
    """`save` as the backend asks it that keeps the file; any other check as it is.

    Args:
        check: The check.
        record: The folder of this backend's record.
    """
    if check.name != "save":
        return check

    def observe(subject: Subject) -> Any:
        return save.sending(saved_stem(record, subject.name))(subject)

    return replace(check, observe=observe)


def loaded(
    case: Case,
    senders: Mapping[str, Path],
    record: Path,
    observer: Observer,
    *,
    begin: Callable[[str], Any] = str,
) -> Iterator[Observation]:
    """Loads what other backends saved of a case; yields an observation for each.

    What must come out, how far it may move and the float64 run are those of this
    backend's own round trip, which asked the same of the same object.

    Args:
        case: The case.
        senders: The record of each other backend.
        record: This backend's record.
        observer: Who asks.
        begin: Called with the name of each check before it is asked.
    """
    built = _read(record, case, BUILD)
    if built is None or built.status != "ok":
        return  # the record says already why there is nothing to load into
    own = _read(record, case, pair("save", keras.config.backend()))
    # What may come out is known by now: one float32 run is enough.
    once = replace(observer, twins=0, reruns=0, float64=None)
    subject: Subject | None = None
    for sender, folder in senders.items():
        blank = Observation(
            case.name, pair("save", sender), "ok", file=case.file, line=case.line
        )
        begin(blank.check)
        file = save.saved(saved_stem(folder, case.name))
        if file is None:
            reason = f"{sender} saved no file of this case"
            yield replace(blank, status="unsupported", detail=reason)
            continue
        with once.at("float32", 0, case.name):
            subject = subject or build(case)
        check = replace(load("save"), observe=save.receiving(file))
        found = once.ask(check, case, subject, "not asked for", blank)
        if isinstance(found, str):
            reason = f"{keras.config.backend()} finds nothing to save: {found}"
            found = replace(blank, status="unsupported", detail=reason)
        yield _judged_as(own, found)


def _read(record: Path, case: Case, check: str) -> Observation | None:
    file = record / "cases" / f"{file_stem(case.name, check)}.json"
    return read_observation(file) if file.is_file() else None


def _judged_as(own: Observation | None, found: Observation) -> Observation:
    if own is None or own.status != "ok" or found.status != "ok":
        return found
    return replace(
        own,
        check=found.check,
        structure=found.structure,
        outputs=found.outputs,
        seconds=found.seconds,
    )
