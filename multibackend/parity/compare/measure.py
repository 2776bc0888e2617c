"""One output of one backend against the truth: every difference, with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.parity.compare.budget import budget, roundoff
from multibackend.parity.compare.verdict import Difference
from multibackend.parity.record.arrays import numpy_dtype

__all__ = ["Measured", "Standard", "as_text", "errors", "measure", "ulps"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Standard:
    """What the outputs of one name are measured by.

    Attributes:
        expected: The float64 truth, shape `(...)`.
        spread: How far the truth moves under one roundoff; whether it changes at all
            where it is no float; `None` where nothing was moved.
        noises: The same for the float32 runs.
        shared: The error that all backends make.
        overflown: Where no backend holds a number: what float16 cannot.
        precision: Which run is measured, `"float32"` or `"float64"`.
        compute: The dtype that this run computed in.
    """

    expected: Array
    spread: Array | None = None
    noises: Sequence[Array] = ()
    shared: Array | float = 0.0
    overflown: Array | None = None
    precision: str = "float32"
    compute: str = "float32"

    def budget(self, dtype: Any, *, strict: bool = False) -> Array:
        """The error that rounding may cause, by element; see `budget.budget`."""
        finite = np.isfinite(self.expected)
        return budget(
            self.expected,
            self.spread,
            self.noises,
            shared=np.where(finite, self.shared, 0.0),
            precision=self.precision,
            dtype=dtype,
            compute=self.compute,
            strict=strict,
        )


@dataclass(frozen=True)
class Measured:
    """The largest error of one output, in budgets, and the difference if it is one.

    Attributes:
        ratio: The error in budgets.
        error: The error.
        budget: The budget there.
        difference: What to report, where the ratio is above 1.
        unstable: Why an element cannot be judged: its place, and what one roundoff
            does to the truth there.
    """

    ratio: float
    error: float
    budget: float
    difference: Difference | None = None
    unstable: str = ""


def measure(
    received: Array, standard: Standard, *, backend: str, output: str
) -> Measured:
    """Measures the values of one output; shapes are equal by now.

    Args:
        received: What the backend yielded, shape `(...)`.
        standard: What it is measured by.
        backend: The label of the record.
        output: The name of the output.
    """
    about = Difference(
        "value", backend, output, standard.precision, received="", expected=""
    )
    if received.dtype.kind not in "fcV":
        return _exact(received, standard, about)
    if standard.expected.dtype.kind not in "fc":
        # A reference may know better that only whole numbers or truth values come.
        standard = replace(standard, expected=standard.expected.astype(np.float64))
    expected = standard.expected
    wide = _wide(received)
    outside = _nonfinite(wide, standard, about, str(received.dtype))
    if outside is not None:
        return Measured(np.inf, np.inf, 0.0, outside)
    error = _distance(wide, expected)
    allowed = standard.budget(received.dtype)
    ratio = error / allowed
    if not ratio.size:
        return Measured(0.0, 0.0, 0.0)
    worst = _place(ratio)
    most = Measured(float(ratio[worst]), float(error[worst]), float(allowed[worst]))
    if most.ratio <= 1:
        return replace(most, unstable=_unstable(error, standard, received.dtype, about))
    difference = replace(
        about,
        received=as_text(received[worst]),
        expected=as_text(expected[worst]),
        index=worst,
        error=most.error,
        budget=most.budget,
        ulps=float(ulps(most.error, expected[worst], received.dtype)),
        detail=f"{int(np.sum(ratio > 1))} of {ratio.size} elements",
    )
    return replace(most, difference=difference)


def errors(received: Array, standard: Standard) -> tuple[Array, Array]:
    """The error of every element, absolute and in budgets, as `measure` sees them.

    Both are infinite where a number is missing, or where answers are equal or not.

    Args:
        received: What the backend yielded, shape `(...)`.
        standard: What it is measured by.
    """
    if received.dtype.kind not in "fcV":
        unequal = np.where(_unequal(received, standard)[1], np.inf, 0.0)
        return unequal, unequal
    wide = _wide(received)
    apart = _apart(wide, standard, str(received.dtype))
    error = np.where(apart, np.inf, _distance(wide, standard.expected))
    return error, error / standard.budget(received.dtype)


def _wide(received: Array) -> Array:
    return received.astype(np.complex128 if received.dtype.kind == "c" else np.float64)


def _distance(wide: Array, expected: Array) -> Array:
    """The absolute error where both are finite, else zero."""
    finite = np.isfinite(wide) & np.isfinite(expected)
    with np.errstate(invalid="ignore"):
        return np.where(finite, np.abs(wide - expected), 0.0)


def _unstable(error: Array, standard: Standard, dtype: Any, about: Difference) -> str:
    """Where the error is only excused by a move that would excuse nearly anything."""
    strict = error / standard.budget(dtype, strict=True)
    spread = standard.spread
    endless = None if spread is None else _first(~np.isfinite(spread) & (error >= 0))
    if endless is not None and np.isfinite(standard.expected[endless]):
        return f"one roundoff moves {about.output}{list(endless)} without bound"
    worst = _place(strict)
    if strict[worst] <= 1:
        return ""
    moved = 0.0 if spread is None else float(np.abs(spread[worst]))
    return (
        f"one roundoff moves {about.output}{list(worst)} by {moved:.2g}, "
        f"where it is {as_text(standard.expected[worst])}"
    )


def _exact(received: Array, standard: Standard, about: Difference) -> Measured:
    """Whole numbers, truth values and text are equal or not.

    Those that one roundoff changes in the truth itself are nobody's fault.
    """
    expected = standard.expected
    unequal, guilty = _unequal(received, standard)
    worst = _first(guilty)
    if worst is None:
        flipped = _first(unequal)
        if flipped is None:
            return Measured(0.0, 0.0, 0.0)
        told = f"one roundoff changes {about.output}{list(flipped)}"
        return Measured(0.0, 0.0, 0.0, unstable=told)
    difference = replace(
        about,
        received=str(received[worst]),
        expected=str(expected[worst]),
        index=worst,
        detail=f"{int(np.sum(unequal))} of {unequal.size} elements",
    )
    return Measured(np.inf, np.inf, 0.0, difference)


def _unequal(received: Array, standard: Standard) -> tuple[Array, Array]:
    """Where answers are unequal, and where no roundoff excuses that."""
    unequal = np.asarray(received != standard.expected)
    flips = np.zeros(unequal.shape, bool)
    for moved in (standard.spread, *standard.noises):
        if moved is not None and moved.shape == flips.shape:
            flips |= np.asarray(moved, bool)
    return unequal, unequal & ~flips


def _nonfinite(
    received: Array, standard: Standard, about: Difference, dtype: str
) -> Difference | None:
    """What to report where numbers are missing, if they are."""
    unequal = _apart(received, standard, dtype)
    worst = _first(unequal)
    if worst is None:
        return None
    return replace(
        about,
        kind="nonfinite",
        received=as_text(received[worst]),
        expected=as_text(standard.expected[worst]),
        index=worst,
        detail=f"{int(np.sum(unequal))} of {unequal.size} elements",
    )


def _apart(received: Array, standard: Standard, dtype: str) -> Array:
    """Where NaN and infinities do not stand alike, or have another sign."""
    expected = standard.expected
    # What float64 holds and this dtype cannot is infinite in it, and rightly so.
    with np.errstate(over="ignore", invalid="ignore"):
        fitting = expected.astype(numpy_dtype(dtype)).astype(expected.dtype)
    unequal = np.zeros(received.shape, bool)
    for got, want in zip(_parts(received), _parts(fitting), strict=True):
        unequal |= np.isnan(got) != np.isnan(want)
        unequal |= np.isinf(got) != np.isinf(want)
        both = np.isinf(got) & np.isinf(want)
        unequal |= both & (np.sign(got) != np.sign(want))
    if standard.overflown is not None:
        unequal &= ~standard.overflown
    return unequal


def _parts(values: Array) -> tuple[Array, ...]:
    """A complex infinity has a direction: both parts count."""
    return (np.real(values), np.imag(values)) if values.dtype.kind == "c" else (values,)


def _first(where: Array) -> tuple[int, ...] | None:
    """The index of the first true element."""
    if not bool(np.any(where)):
        return None
    place = np.unravel_index(int(np.argmax(where)), where.shape)
    return tuple(int(i) for i in place)


def ulps(error: Any, expected: Any, dtype: Any) -> Array:
    """Errors in units in the last place of the expected numbers, in this dtype."""
    magnitude = np.abs(expected).astype(np.float64)
    _, exponent = np.frexp(magnitude)
    # A number from 2**(e-1) to 2**e has its last digit at roundoff * 2**(e-1).
    last = roundoff(dtype) * 2.0 ** (exponent.astype(np.float64) - 1)
    unit = np.where(magnitude > 0, last, 0.0)
    with np.errstate(over="ignore"):  # an error far beyond any digit is infinite
        return np.asarray(error / np.maximum(unit, np.finfo(np.float64).tiny))


def _place(ratio: Array) -> tuple[int, ...]:
    """The index of the largest element."""
    found = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    return tuple(int(i) for i in found)


def as_text(value: Any) -> str:
    """A number with all the digits that tell it from its neighbour."""
    return f"{value:.17g}" if np.asarray(value).dtype == np.float64 else str(value)
