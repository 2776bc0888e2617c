"""The trial: runs faults and controls like `check` does, and counts what is found."""

from __future__ import annotations

import importlib
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from multibackend.errors import CaseError
from multibackend.inputs import seed_of
from multibackend.parity.cases.select import OWN
from multibackend.parity.compare.compare import compare, load_records
from multibackend.parity.compare.locate import locate
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.job import Asked
from multibackend.parity.record.read import Record
from multibackend.parity.run.listing import listed
from multibackend.parity.run.request import Request
from multibackend.parity.run.team import Team, team
from multibackend.parity.run.worker import Watcher
from multibackend.parity.selftest.fault import Fault, faults
from multibackend.parity.selftest.score import Score, score
from multibackend.parity.selftest.sensitivity import sensitivity

__all__ = ["Trial", "hold"]

# One of so many is tried by `--quick`.
_PART = 10


@dataclass(frozen=True)
class Trial:
    """What a trial left.

    Attributes:
        score: The score.
        judgement: What it was counted from.
        seconds: What all of it took.
    """

    score: Score
    judgement: Judgement
    seconds: float


def hold(request: Request, watcher: Watcher, *, quick: bool = False) -> Trial:
    """Runs the planted faults and the clean controls, judges them, and counts.

    Args:
        request: The backends, the folder and the limits; its targets are ignored.
        watcher: Who is told what happens.
        quick: Whether to try a seeded tenth of both only.

    Raises:
        CaseError: There are fewer than two backends: one alone blames nobody.
        MultibackendError: Nothing could be run; the message says why.
        Interrupted: The user pressed Ctrl-C; what was recorded stays.
    """
    begun = time.perf_counter()
    if len(request.backends) < 2:
        message = (
            f"Expected two backends or more to be on trial, received "
            f"{', '.join(request.backends) or 'none'}. Name them with "
            "--backends torch,jax,tensorflow."
        )
        raise CaseError(message)
    planted = faults(request.backends)
    controls = tuple(dict.fromkeys((*_controls(), OWN)))
    if quick:
        planted = _some([f for f in planted if f.site is None]) + _some(
            [f for f in planted if f.site is not None]
        )
        named = sorted(case.name for case in listed(controls))
        controls = tuple(sorted(named, key=seed_of)[: math.ceil(len(named) / _PART)])
    targets = (*(fault.case for fault in planted), *controls)
    with team(replace(request, targets=targets), watcher) as members:
        members.record()
        members.exchange()
        records = load_records(list(members.left.folders.values()))
        judgement = _located(compare(records), records, members, planted)
    of_faults = {fault.case for fault in planted}
    clean = [v.case for v in judgement.verdicts if v.case not in of_faults]
    sensed = sensitivity(judgement, records, clean)
    scored = score(judgement, planted, sensitivity=sensed, quick=quick)
    return Trial(scored, judgement, time.perf_counter() - begun)


def _controls() -> tuple[str, ...]:
    """The modules of the controls, without importing them."""
    room = importlib.import_module("multibackend.parity.selftest.controls")
    return tuple(room.MODULES)


def _some(planted: Sequence[Fault]) -> tuple[Fault, ...]:
    """A tenth of the faults, the same in every run."""
    count = math.ceil(len(planted) / _PART)
    return tuple(sorted(planted, key=lambda fault: seed_of(fault.case))[:count])


def _located(
    judgement: Judgement,
    records: Sequence[Record],
    members: Team,
    planted: Sequence[Fault],
) -> Judgement:
    """Looks for the site of every fault that sits in a known one."""
    sited = {fault.case for fault in planted if fault.site is not None}
    first: dict[str, Verdict] = {}
    for verdict in judgement.verdicts:
        if verdict.verdict == "differ" and verdict.case in sited:
            _ = first.setdefault(verdict.case, verdict)
    part = replace(judgement, verdicts=tuple(first.values()))
    with tempfile.TemporaryDirectory(prefix="multibackend-") as folder:
        found = locate(part, records, Asked(members), Path(folder), bounded=False)
    sites = {(v.case, v.check): v.site for v in found.verdicts}
    verdicts = tuple(
        replace(v, site=sites.get((v.case, v.check), v.site))
        for v in judgement.verdicts
    )
    return replace(judgement, verdicts=verdicts)
