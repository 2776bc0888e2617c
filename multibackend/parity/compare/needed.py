"""What budget clean runs need: the numbers that `benchmarks/calibrate.py` fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from multibackend.parity.compare.budget import moves, roundoff
from multibackend.parity.compare.measure import Standard
from multibackend.parity.compare.standard import find_standards
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.read import Record

__all__ = ["Need", "needs", "needs_of"]

_DOUBLE = float(np.finfo(np.float64).eps)
_SINGLE = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Need:
    """What one output of one run needs, element by element, as two columns.

    Attributes:
        case: The case.
        check: The check.
        label: Whose run it is.
        output: The name of the output.
        precision: Which run, `"float32"` or `"float64"`.
        error: What is left of the error after what all backends share, shape `(n,)`.
        moved: What `c` multiplies, shape `(n,)`.
        last: What `k` multiplies, shape `(n,)`.
    """

    case: str
    check: str
    label: str
    output: str
    precision: str
    error: np.ndarray[tuple[int], np.dtype[np.float64]]
    moved: np.ndarray[tuple[int], np.dtype[np.float64]]
    last: np.ndarray[tuple[int], np.dtype[np.float64]]


def needs(records: Sequence[Record]) -> Iterator[Need]:
    """What every clean run among these records needs.

    Args:
        records: Records of clean cases, of one backend or more.
    """
    keys = list(dict.fromkeys(key for record in records for key in record.files))
    for case, check in keys:
        found = {r.label: r.read(case, check) for r in records}
        here = {
            label: seen
            for label, seen in found.items()
            if seen is not None and seen.status == "ok" and seen.judged == "numbers"
        }
        if check != "build" and len(here) == len(records):
            yield from needs_of(case, check, here)


def needs_of(case: str, check: str, found: Mapping[str, Observation]) -> Iterator[Need]:
    """What the runs of one check need; where a referee is unsure, nothing is told."""
    standards = find_standards(found)
    if standards.truth is not None and not standards.truth.sure:
        return
    for label, seen in found.items():
        for precision, run in (("float32", seen.outputs), ("float64", seen.referee)):
            for output, received in run.items():
                standard = standards.of(output, label, precision)
                if (
                    standard is None
                    or received.dtype.kind not in "fV"
                    or standard.expected.shape != received.shape
                    or standard.spread is None
                ):
                    continue
                columns = _columns(received, standard)
                if columns[0].size:
                    yield Need(case, check, label, output, precision, *columns)


def _columns(received: np.ndarray, standard: Standard) -> tuple[np.ndarray, ...]:
    """Error, what `c` multiplies and what `k` multiplies, of the stable elements."""
    expected = standard.expected
    wide = received.astype(np.float64)
    double = standard.precision == "float64"
    narrow = roundoff(standard.compute)
    unit = _DOUBLE if double and narrow <= _SINGLE else narrow
    last = unit if double else max(unit, roundoff(received.dtype))
    full, strict = (
        moves(expected, standard.spread, standard.noises, strict=strict)
        for strict in (False, True)
    )
    kept = np.isfinite(wide) & np.isfinite(expected) & (full == strict)
    shared = np.broadcast_to(standard.shared, expected.shape)
    with np.errstate(invalid="ignore"):
        error = np.maximum(np.abs(wide - expected) - shared, 0.0)
    moved = full * (unit / _SINGLE)
    return error[kept], moved[kept], last * np.abs(expected[kept])
