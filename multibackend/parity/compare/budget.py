r"""The error that rounding may cause: measured on the referee, never typed in by hand.

For an output element $i$ with the float64 value $r_i$:

$$budget_i = c\,(s_i + \bar s + \bar n) + k\,\epsilon\,|r_i| + m_i$$

$s_i$ is how far $r_i$ moves when inputs and weights move by one unit roundoff of
float32, $\bar s$ its root mean square over the output; $\bar n$ is the same for the
float32 runs themselves, whose intermediate results round too (a gradient that is
exactly zero moves nowhere in float64, and is noise in float32). $\bar n$ is that of the
middle backend, so that a noisy one cannot excuse itself. In float64 the budget
is the same, times the ratio of the two roundoffs; so it is in float16.

$m_i$ is the error that all backends make there in float32 (of one alone, none): what
every backend does alike, such as rounding `1 - 0.999` to float32, is the formula's and
nobody's fault. In float64 nothing is excused that way.

`C` and `K` hold for every case. `benchmarks/calibrate.py` fits them to clean controls
and keeps them in `calibration.toml`, with the versions and with what the controls need.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from multibackend.parity.record.arrays import numpy_dtype

__all__ = ["UNSTABLE", "C", "K", "budget", "common", "moves", "roundoff"]

_CALIBRATION = tomllib.loads(
    resources.files("multibackend.parity.compare")
    .joinpath("calibration.toml")
    .read_text("utf-8")
)
C: float = _CALIBRATION["c"]
K: float = _CALIBRATION["k"]

#: An element that one roundoff moves by more than this share of the output's typical
#: size is unstable: a kink, a tie, a near-cancellation. It excuses nobody by itself.
UNSTABLE = 1e-3

Array = npt.NDArray[Any]

# Noise that is this many times the spread, and this many last digits of the output, is
# all that float32 has to say.
_MOSTLY = 100.0

_SINGLE = float(np.finfo(np.float32).eps)
_DOUBLE = float(np.finfo(np.float64).eps)


def roundoff(dtype: Any) -> float:
    """The distance from 1 to the next number of a float or complex dtype."""
    kind = numpy_dtype(dtype) if isinstance(dtype, str) else np.dtype(dtype)
    if kind.kind == "c":
        return float(np.finfo(kind).eps)
    return float(ml_dtypes.finfo(kind).eps)


def budget(
    referee: Array,
    spread: Array | None,
    noises: Sequence[Array],
    *,
    shared: Array | float = 0.0,
    precision: str,
    dtype: Any,
    compute: str = "float32",
    strict: bool = False,
) -> Array:
    """Returns the error that rounding may cause in each element.

    Args:
        referee: The float64 values, shape `(...)`.
        spread: How far they move, the same shape; `None` where nothing was moved.
        noises: How far the float32 run of each backend moves.
        shared: The error that all backends make, the referee's shape.
        precision: `"float32"` or `"float64"`: the run to be judged.
        dtype: The dtype of the output to be judged.
        compute: The dtype that the run to be judged computed in.
        strict: Leaves out what makes an output unstable: a move of more than
            `UNSTABLE` of the typical size is cut to that.

    Returns:
        A float64 array of the referee's shape.
    """
    moved = moves(referee, spread, noises, strict=strict)
    magnitude = np.where(np.isfinite(referee), np.abs(referee), 0.0).astype(np.float64)
    narrow = roundoff(compute)
    if precision == "float32":
        unit, last = narrow, max(narrow, roundoff(dtype))
    else:
        # A layer that computes in half precision by its own policy does so here too.
        unit = last = narrow if narrow > _SINGLE else _DOUBLE
    least = _tiny(compute if precision == "float32" else precision)
    with np.errstate(over="ignore"):  # near the largest number anything may happen
        own = C * moved * (unit / _SINGLE) + K * last * magnitude
        return own + shared + least


def moves(
    referee: Array, spread: Array | None, noises: Sequence[Array], *, strict: bool
) -> Array:
    """The spread of each element, the typical one, and the middle backend's noise."""
    moved = np.zeros(referee.shape)
    if spread is not None:
        moved = np.abs(spread).astype(np.float64)
    # Where the truth is no number it does not move; where its move is none, endlessly.
    finite = np.isfinite(referee)
    cap = UNSTABLE * _rms(referee)
    typical = _typical(np.where(finite, moved, np.nan), cap)
    noise = _middle(sorted(_typical(each, cap) for each in noises))
    moved = np.where(finite, np.where(np.isnan(moved), np.inf, moved), 0.0)
    if noise > _MOSTLY * max(typical, _SINGLE * _rms(referee)):
        # Float32 makes nothing but noise of this on the middle backend too, as of the
        # weight that a zero gradient and Adam move: the noisiest one counts.
        loudest = np.max([np.nan_to_num(np.abs(each)) for each in noises], axis=0)
        moved = moved + loudest
        noise = max(_rms(each) for each in noises)
    if strict:
        moved = np.minimum(moved, cap)
        # Exact zeros, such as the gradient of a bias before a batch normalization, are
        # float32 noise that float64 has not: their noise is no instability.
        if typical > cap and typical > 1e-2 * noise:
            typical = noise = cap
    return moved + typical + noise


def _typical(moves: Array, cap: float) -> float:
    """The root mean square of the moves, without the few that stand out.

    One element at a kink moves by its whole size, and must not excuse the others.
    """
    moves = moves.astype(np.float64)
    steady = moves[np.isfinite(moves) & (moves <= cap)]
    return _rms(steady) if 2 * steady.size >= moves.size else _rms(moves)


def common(errors: Sequence[Array]) -> Array | float:
    """The error that all backends make in each element; of one backend, none."""
    if len(errors) < 2:
        return 0.0
    least = np.fmin.reduce(np.stack(errors), axis=0)
    return np.where(np.isfinite(least), least, 0.0)


def _middle(ordered: Sequence[float]) -> float:
    """The middle one; of two the smaller, so that neither can excuse itself."""
    return ordered[(len(ordered) - 1) // 2] if ordered else 0.0


def _rms(values: Array) -> float:
    """The root mean square of the finite values; zero where there are none."""
    finite = np.abs(values[np.isfinite(values)]).astype(np.float64)
    largest = float(finite.max()) if finite.size else 0.0
    if not largest:
        return 0.0
    # Squares of 1e200 overflow, of their shares none does. Called millions of times in
    # a large comparison, where `np.mean` takes longer than the sum in it.
    shares = finite / largest
    return largest * math.sqrt(np.add.reduce(shares * shares) / shares.size)


def _tiny(dtype: str) -> float:
    """Below the smallest normal number a float rounds to a fixed step, or to zero.

    float16 keeps its subnormal numbers everywhere; the others are flushed by some.
    """
    limits = ml_dtypes.finfo(numpy_dtype(dtype))
    return float(C * limits.smallest_subnormal if dtype == "float16" else limits.tiny)
