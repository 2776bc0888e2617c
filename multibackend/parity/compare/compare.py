"""Compares records: every case, every check, every backend -> one judgement."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from multibackend.parity.compare.around import around
from multibackend.parity.compare.catalogue import Catalogue, apply, read_catalogue
from multibackend.parity.compare.judge import judge, reasoned
from multibackend.parity.compare.pairs import (
    blame_sender,
    in_order,
    never_exchanged,
    owes,
)
from multibackend.parity.compare.sample import count_tests
from multibackend.parity.compare.spread import spread
from multibackend.parity.compare.truth import odd_ones
from multibackend.parity.compare.verdict import NO_CASE, Difference, Judgement, Verdict
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.read import Record, find_records, read_record
from multibackend.parity.run.turns import cores

__all__ = ["compare", "load_records"]


def load_records(folders: Iterable[Path]) -> list[Record]:
    """Reads every record at or below the folders, each under a label of its own.

    Raises:
        RecordError: There is none, or one is damaged, of another schema, or not ours.
    """
    return _labelled([read_record(folder) for folder in find_records(folders)])


def _labelled(records: list[Record]) -> list[Record]:
    """`torch` where one record has this backend; else with device, or with folder."""
    found: list[Record] = []
    for place, record in enumerate(records):
        rivals = [r for r in records if r.about.backend == record.about.backend]
        forms = (
            lambda r: r.about.backend,
            lambda r: f"{r.about.backend}-{r.about.environment.get('device')}",
            lambda r: f"{r.about.backend} {r.folder.parent.name}",
        )
        for form in forms:
            if len({form(rival) for rival in rivals}) == len(rivals):
                found.append(replace(record, label=form(record)))
                break
        else:
            found.append(replace(record, label=f"{record.about.backend} {place + 1}"))
    return found


def compare(
    records: Sequence[Record],
    *,
    required: Sequence[str] = (),
    catalogue: Catalogue | None = None,
    whole: Collection[str] | None = (),
) -> Judgement:
    """Judges every check of every case that any record holds.

    Args:
        records: At least one record; one alone is judged by its own referee.
        required: Backends that must be among the records.
        catalogue: The user's own known differences, besides those that ship.
        whole: Modules and packages of which no case was left out; `None` where that
            holds of every module.

    Returns:
        The verdicts in the order of cases and checks.

    Raises:
        RecordError: An observation is damaged.
    """
    begun = time.perf_counter()
    notes = [
        f"the record of {record.label} is incomplete: it was interrupted"
        for record in records
        if not record.about.complete
    ]
    notes += never_exchanged(records)
    notes += around(records)
    backends = {record.about.backend for record in records}
    absent = [name for name in required if name not in backends]
    environments = {r.label: r.about.environment for r in records}
    judged = _Judge(tuple(records), _tests(records))
    each = spread(judged, _cases(records), cores())
    found = [verdict for verdicts in each for verdict in verdicts]
    catalogues = [read_catalogue(), *([catalogue] if catalogue else [])]
    verdicts = apply(catalogues, found, environments, whole=whole)
    verdicts += [
        Verdict(
            case=NO_CASE,
            check="record",
            verdict="missing",
            blame=(name,),
            detail=f"no record of {name}, which is required",
        )
        for name in absent
    ]
    stages = {
        f"{stage} {record.label}": seconds
        for record in records
        for stage, seconds in record.about.seconds.items()
    }
    stages["compare"] = time.perf_counter() - begun
    return Judgement(
        verdicts=tuple(verdicts),
        environments=environments,
        stages=stages,
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Judge:
    """Judges one case of these records, in whichever process."""

    records: tuple[Record, ...]
    tests: int

    def __call__(self, case: str) -> list[Verdict]:
        return list(_case(case, self.records, self.tests))


def _cases(records: Sequence[Record]) -> list[str]:
    """All cases that any record planned or made, in the order of the longest plan."""
    plans = sorted((record.about.cases for record in records), key=len, reverse=True)
    planned = [case for plan in plans for case in plan]
    made = [case for record in records for case in record.checks]
    return list(dict.fromkeys([*planned, *made]))


def _tests(records: Sequence[Record]) -> int:
    """How many statistical tests all checks together make."""
    drawn = {
        case for record in records for case, check in record.files if check == "random"
    }
    return count_tests(
        {
            record.label: seen.outputs
            for record in records
            if (seen := record.read(case, "random")) is not None
        }
        for case in drawn
    )


def _case(case: str, records: Sequence[Record], tests: int) -> Iterator[Verdict]:
    builds = {record.label: record.read(case, BUILD) for record in records}
    lacking = {
        label: build
        for label, build in builds.items()
        if build is not None and build.status == "unsupported"
    }
    able = [record for record in records if record.label not in lacking]
    if lacking and len(able) > 1:  # those are compared that can do it
        yield judge(lacking, _blank(case, lacking), records=len(records))
        yield from _case(case, able, tests)
        return
    gate = _build(case, builds, len(records))
    if gate is not None:
        yield gate
        if gate.verdict != "differ" or any(d.kind == "error" for d in gate.differences):
            return
    some = next(build for build in builds.values() if build is not None)
    blank = Verdict(case, BUILD, "agree", file=some.file, line=some.line)
    asked = {check for record in records for check in record.checks.get(case, ())}
    for check in in_order(asked - {BUILD}):
        owing = [record for record in records if owes(record, case, check)]
        found = {record.label: record.read(case, check) for record in owing}
        verdict = _check(found, replace(blank, check=check), owing, case, tests)
        yield blame_sender(verdict, owing)


def _blank(case: str, builds: Mapping[str, Observation]) -> Verdict:
    some = next(iter(builds.values()))
    return Verdict(case, BUILD, "missing", file=some.file, line=some.line)


def _check(
    found: Mapping[str, Observation | None],
    blank: Verdict,
    records: Sequence[Record],
    case: str,
    tests: int,
) -> Verdict:
    died = {label: o.detail for label, o in found.items() if o and o.status == "failed"}
    for record in records:
        if found[record.label] is None and (words := _death(record, case)):
            died[record.label] = f"not asked, {words}"
    if died:
        text = "; ".join(f"{label}: {how}" for label, how in died.items())
        faults = [o.usage for o in found.values() if o and o.status == "failed"]
        usage = len(faults) == len(died) and all(faults)
        blame = () if usage else tuple(died)
        return replace(blank, verdict="failed", blame=blame, detail=text, usage=usage)
    absent = tuple(label for label, seen in found.items() if seen is None)
    if absent:
        return replace(
            blank,
            verdict="missing",
            blame=absent,
            detail=f"no observation on {', '.join(absent)}{_silence(records, blank)}",
        )
    here = {label: seen for label, seen in found.items() if seen is not None}
    return judge(here, blank, records=len(records), tests=tests)


def _silence(records: Sequence[Record], blank: Verdict) -> str:
    """Why some found nothing to ask, where they say so: `; jax: it is no layer`."""
    silent = {r.label: r.about.silent.get(blank.case, {}) for r in records}
    told = {
        label: reasons[blank.check]
        for label, reasons in silent.items()
        if blank.check in reasons
    }
    return f"; {reasoned(told)}" if told else ""


def _death(record: Record, case: str) -> str:
    """How the process died earlier in this case, or nothing."""
    for name, check in record.files:
        if name == case:
            seen = record.read(case, check)
            if seen is not None and seen.status == "failed":
                return seen.detail
    return ""


def _build(
    case: str, builds: Mapping[str, Observation | None], records: int
) -> Verdict | None:
    """A verdict where a case was not built everywhere alike; `None` where it was."""
    here = {label: build for label, build in builds.items() if build is not None}
    absent = tuple(label for label in builds if label not in here)
    some = next(iter(here.values()), None)
    blank = Verdict(
        case,
        BUILD,
        "missing",
        file=some.file if some else "",
        line=some.line if some else 0,
    )
    died = {label: o for label, o in here.items() if o.status == "failed"}
    if died:
        usage = all(o.usage for o in died.values())
        return replace(
            blank,
            verdict="failed",
            blame=() if usage else tuple(died),
            detail="; ".join(dict.fromkeys(o.detail for o in died.values())),
            usage=usage,
        )
    if absent:
        return replace(
            blank, blame=absent, detail=f"the case was not run on {', '.join(absent)}"
        )
    if any(build.status != "ok" for build in here.values()):
        return judge(here, blank, records=records)
    return _unlike_start(here, blank)


def _unlike_start(here: Mapping[str, Observation], blank: Verdict) -> Verdict | None:
    """Another start is another question: inputs and weights must be equal to the bit."""
    prints = {
        label: tuple(
            (name, str(array.dtype), array.shape, np.ascontiguousarray(array).tobytes())
            for name, array in sorted(build.outputs.items())
        )
        for label, build in here.items()
    }
    most, others, _ = odd_ones(prints)
    if not others:
        return None
    differences: list[Difference] = []
    for label in others:
        unlike = {n for n, *_ in set(prints[label]) ^ set(most)}
        differences.append(
            Difference(
                kind="start",
                backend=label,
                output=sorted(unlike)[0],
                precision="float32",
                received=f"other inputs or weights: {', '.join(sorted(unlike))}",
                expected="the same start on every backend",
                detail="draw inputs with multibackend.normal and its kin, not at random",
            )
        )
    return replace(
        blank, verdict="differ", blame=others, differences=tuple(differences)
    )
