"""How far numbers move when inputs and weights move, and what that says of float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["PROOF_STEP", "fits_float32", "responds", "widened"]

Named = Mapping[str, npt.NDArray[Any]]

#: A move that float64 follows and float32 does not see.
PROOF_STEP = 1e-13

# What answers a move a million times smaller is smaller by far, were it noisy too.
_FOLLOWS = 1e-2
_NARROW = {"f": np.float32, "c": np.complex64}
# A spread below this share of the largest numbers is float64's own noise.
_NOISE = 1e-11


def widened(spread: Named, still: Named, moved: Named) -> dict[str, npt.NDArray[Any]]:
    """The larger of the spread so far and the move of one more twin.

    Args:
        spread: The spread so far, empty before the first twin.
        still: The run on the numbers themselves.
        moved: The run on moved numbers.

    Returns:
        For floats the distance, for everything else whether it changed, by name.
    """
    wider: dict[str, npt.NDArray[Any]] = {}
    for name, value in still.items():
        other = moved.get(name)
        if other is None or other.shape != value.shape:
            continue
        if value.dtype.kind in "fcV":
            with np.errstate(invalid="ignore", over="ignore"):
                move = np.abs(_wide(other) - _wide(value))
            wider[name] = np.fmax(spread[name], move) if name in spread else move
        else:
            flip = np.asarray(other != value)
            wider[name] = spread[name] | flip if name in spread else flip
    return wider


def responds(still: Named, spread: Named, moved: Named) -> bool:
    """Whether a run in float64 is float64 inside: it answers a move of `PROOF_STEP`.

    What computes in float32 somewhere answers not at all, or by a whole float32 step.
    Outputs that nothing moves prove nothing, and are taken as they are.

    Args:
        still: The float64 run.
        spread: How far it moves under one roundoff of float32.
        moved: The run on numbers moved by `PROOF_STEP`.
    """
    floats = [n for n, v in still.items() if v.dtype.kind in "fc" and n in spread]
    largest = max((_largest(still[name]) for name in floats), default=0.0)
    told = stuck = 0
    for name in floats:
        other = moved.get(name)
        if other is None or other.shape != still[name].shape:
            return False
        with np.errstate(invalid="ignore"):
            answer = np.abs(other - still[name])
        moving = np.isfinite(spread[name]) & (spread[name] > _NOISE * largest)
        told += int(np.sum(moving))
        stuck += int(np.sum(moving & ~_follows(answer, spread[name])))
    return stuck <= told / 2


def fits_float32(values: Named) -> bool:
    """Whether float32 holds every number: then nothing shows that float64 computed."""
    floats = [value for value in values.values() if value.dtype.kind in "fc"]
    return all(
        np.array_equal(value.astype(_NARROW[value.dtype.kind]), value, equal_nan=True)
        for value in floats
    )


def _follows(answer: npt.NDArray[Any], spread: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return (answer > 0) & (answer < _FOLLOWS * spread)


def _largest(values: npt.NDArray[Any]) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def _wide(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """bfloat16 and its kin know no arithmetic of their own; complex stays complex."""
    return values.astype(np.float64) if values.dtype.kind == "V" else values
