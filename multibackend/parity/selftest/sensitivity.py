r"""Small faults in recorded observations: how small a fault the judge still finds.

No framework is needed: the records of the clean controls hold what three backends
yielded. One backend's numbers are multiplied by $1 + \delta$, and the check is judged
again. That is done for every check that agreed and is well conditioned there.

An output is well conditioned if the referee moves by at most `CONDITION` roundoffs of
its own size when inputs and weights move by one roundoff. This is read off the record:
nobody chooses which case counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from multibackend.inputs import ROUNDOFF, seed_of
from multibackend.parity.compare.judge import judge
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.record.observation import Arrays, Observation
from multibackend.parity.record.read import Record

__all__ = ["CONDITION", "SIZES", "Sensitivity", "sensitivity"]

#: How many of its own roundoffs a well-conditioned output moves at most.
CONDITION = 4.0

#: The relative fault to find in each run.
SIZES = {"float32": 1e-5, "float64": 1e-11}


@dataclass(frozen=True)
class Sensitivity:
    """How many faults of one size were found.

    Attributes:
        precision: The run that the fault was planted in.
        size: The relative fault.
        planted: The well-conditioned checks it was planted in.
        found: How many of these the judge called `differ`.
        missed: The case, check and backend of each that was not found.
    """

    precision: str
    size: float
    planted: int
    found: int
    missed: tuple[str, ...] = ()


def sensitivity(
    judgement: Judgement, records: Sequence[Record], cases: Sequence[str]
) -> tuple[Sensitivity, ...]:
    """Plants a small fault in each well-conditioned check and judges it again.

    Args:
        judgement: The verdicts on the clean records.
        records: The records, of two backends or more.
        cases: The clean controls.

    Returns:
        One figure for float32 and one for float64.
    """
    wanted = set(cases)
    agreed = [
        v for v in judgement.verdicts if v.verdict == "agree" and v.case in wanted
    ]
    told: dict[str, list[tuple[str, bool]]] = {precision: [] for precision in SIZES}
    for verdict in agreed:
        for precision, label, found in _planted(verdict, records):
            told[precision].append((label, found))
    return tuple(
        Sensitivity(
            precision,
            size,
            len(told[precision]),
            sum(found for _, found in told[precision]),
            tuple(label for label, found in told[precision] if not found),
        )
        for precision, size in SIZES.items()
    )


def _planted(
    verdict: Verdict, records: Sequence[Record]
) -> Iterator[tuple[str, str, bool]]:
    """One fault in each run of one check, on the backend whose turn it is."""
    seen = {r.label: r.read(verdict.case, verdict.check) for r in records}
    found = {label: one for label, one in seen.items() if one and one.status == "ok"}
    if len(found) < len(records):
        return
    victim = sorted(found)[seed_of(f"{verdict.case} {verdict.check}") % len(found)]
    for precision, size in SIZES.items():
        faulty = spoiled(found[victim], precision, size)
        if faulty is None:
            continue
        blank = replace(verdict, verdict="missing", blame=(), differences=())
        again = judge({**found, victim: faulty}, blank, records=len(records))
        label = f"{verdict.case} {verdict.check} on {victim}"
        yield precision, label, again.verdict == "differ"


def spoiled(seen: Observation, precision: str, size: float) -> Observation | None:
    """The observation with every well-conditioned output off by `size`.

    Args:
        seen: What a backend recorded.
        precision: The run to spoil.
        size: The relative fault.

    Returns:
        `None` where no output is well conditioned.
    """
    if seen.judged != "numbers" or seen.expected or seen.compute:
        return None
    group: Arrays = seen.outputs if precision == "float32" else seen.referee
    fit = [name for name in group if well_conditioned(name, seen)]
    if not fit:
        return None
    kept: dict[str, npt.NDArray[np.generic]] = dict(group)
    for name in fit:
        kept[name] = (group[name].astype(np.float64) * (1 + size)).astype(
            group[name].dtype
        )
    changed: Mapping[str, Arrays] = {
        "outputs" if precision == "float32" else "referee": kept
    }
    return replace(seen, **changed)  # pyright: ignore[reportArgumentType]


def well_conditioned(name: str, seen: Observation) -> bool:
    """Whether an output moves by few of its own roundoffs under one roundoff."""
    value, moved = seen.referee.get(name), seen.spread.get(name)
    output = seen.outputs.get(name)
    if value is None or moved is None or output is None:
        return False
    if output.dtype != np.float32 or value.dtype != np.float64:
        return False
    finite = np.isfinite(value) & np.isfinite(moved)
    if not bool(np.any(finite)):
        return False
    size = float(np.sqrt(np.mean(value[finite] ** 2)))
    move = float(np.sqrt(np.mean(moved[finite] ** 2)))
    return size > 0 and move <= CONDITION * ROUNDOFF * size
