"""One output of one backend against the truth: every difference, with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from multibackend.parity.compare.budget import budget
from multibackend.parity.compare.verdict import Difference

__all__ = ["Measured", "measure"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Measured:
    """The largest error of one output, in budgets, and the difference if it is one.

    Attributes:
        ratio: The error in budgets.
        error: The error.
        budget: The budget there.
        difference: What to report, where the ratio is above 1.
        unbounded: A place where one roundoff moves the truth without bound, so that
            no error can be judged.
    """

    ratio: float
    error: float
    budget: float
    difference: Difference | None = None
    unbounded: tuple[int, ...] | None = None


def measure(
    received: Array,
    expected: Array,
    *,
    spread: Array | None,
    noises: Sequence[Array],
    shared: Array | float,
    precision: str,
    backend: str,
    output: str,
) -> Measured:
    """Measures the values of one output; shapes are equal by now.

    Args:
        received: What the backend yielded, shape `(...)`.
        expected: The float64 truth, the same shape.
        spread: How far the truth moves under one roundoff.
        noises: How far the float32 runs move.
        shared: The error that all backends make.
        precision: Which run this is, `"float32"` or `"float64"`.
        backend: The label of the record.
        output: The name of the output.
    """
    about = Difference("value", backend, output, precision, received="", expected="")
    if received.dtype.kind not in "fc" and received.dtype.kind != "V":
        return _exact(received, expected, about)
    wide = received.astype(np.complex128 if received.dtype.kind == "c" else np.float64)
    outside = _nonfinite(wide, expected, about, str(received.dtype))
    if outside is not None:
        return Measured(np.inf, np.inf, 0.0, outside)
    finite = np.isfinite(wide) & np.isfinite(expected)
    allowed = budget(
        expected,
        spread,
        noises,
        shared=np.where(finite, shared, 0.0),
        precision=precision,
        dtype=received.dtype,
    )
    with np.errstate(invalid="ignore"):
        error = np.where(finite, np.abs(wide - expected), 0.0)
    ratio = error / allowed
    if not ratio.size:
        return Measured(0.0, 0.0, 0.0)
    unbounded = _first(np.isinf(allowed))
    place = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    worst = tuple(int(i) for i in place)
    most = Measured(
        float(ratio[worst]),
        float(error[worst]),
        float(allowed[worst]),
        unbounded=unbounded,
    )
    if most.ratio <= 1:
        return most
    difference = replace(
        about,
        received=_text(received[worst]),
        expected=_text(expected[worst]),
        index=worst,
        error=most.error,
        budget=most.budget,
        detail=f"{int(np.sum(ratio > 1))} of {ratio.size} elements",
    )
    return replace(most, difference=difference)


def _exact(received: Array, expected: Array, about: Difference) -> Measured:
    """Whole numbers, truth values and text are equal or not."""
    unequal = np.asarray(received != expected)
    worst = _first(unequal)
    if worst is None:
        return Measured(0.0, 0.0, 0.0)
    difference = replace(
        about,
        received=str(received[worst]),
        expected=str(expected[worst]),
        index=worst,
        detail=f"{int(np.sum(unequal))} of {unequal.size} elements",
    )
    return Measured(np.inf, np.inf, 0.0, difference)


def _nonfinite(
    received: Array, expected: Array, about: Difference, dtype: str
) -> Difference | None:
    """NaN and infinities must stand in the same places, with the same sign."""
    # What float64 holds and this dtype cannot is infinite in it, and rightly so.
    with np.errstate(over="ignore", invalid="ignore"):
        fitting = expected.astype(_numpy_dtype(dtype)).astype(expected.dtype)
    unequal = np.zeros(received.shape, bool)
    for got, want in zip(_parts(received), _parts(fitting), strict=True):
        unequal |= np.isnan(got) != np.isnan(want)
        unequal |= np.isinf(got) != np.isinf(want)
        both = np.isinf(got) & np.isinf(want)
        unequal |= both & (np.sign(got) != np.sign(want))
    worst = _first(unequal)
    if worst is None:
        return None
    return replace(
        about,
        kind="nonfinite",
        received=_text(received[worst]),
        expected=_text(expected[worst]),
        index=worst,
        detail=f"{int(np.sum(unequal))} of {unequal.size} elements",
    )


def _parts(values: Array) -> tuple[Array, ...]:
    """A complex infinity has a direction: both parts count."""
    return (np.real(values), np.imag(values)) if values.dtype.kind == "c" else (values,)


def _first(where: Array) -> tuple[int, ...] | None:
    """The index of the first true element."""
    if not bool(np.any(where)):
        return None
    place = np.unravel_index(int(np.argmax(where)), where.shape)
    return tuple(int(i) for i in place)


def _numpy_dtype(name: str) -> np.dtype[Any]:
    return np.dtype(getattr(ml_dtypes, name, name))


def _text(value: Any) -> str:
    """A number with all the digits that tell it from its neighbour."""
    return f"{value:.17g}" if np.asarray(value).dtype == np.float64 else str(value)
