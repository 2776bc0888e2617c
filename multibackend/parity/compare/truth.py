"""Who is right in float64: the NumPy reference, else the referee that most agree with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.parity.compare.budget import budget
from multibackend.parity.record.observation import Observation

__all__ = ["Truth", "find_truth", "majority", "odd_ones"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Truth:
    """The float64 values that every run is judged by.

    Attributes:
        label: Whose referee it is, or `"reference"` for the case's NumPy function.
        values: The float64 values by output name.
        spread: How far they move under one roundoff, by output name.
        sure: Whether most of the referees agree with it, or a reference does.
    """

    label: str
    values: Mapping[str, Array]
    spread: Mapping[str, Array]
    sure: bool


def odd_ones(values: Mapping[str, Any]) -> tuple[Any, tuple[str, ...], bool]:
    """Finds who deviates from what most labels say.

    Args:
        values: Something hashable, by label.

    Returns:
        What most say, who says otherwise, and whether it is a true majority.
    """
    said = list(values.values())
    most = max(said, key=said.count)
    others = tuple(label for label, value in values.items() if value != most)
    return most, others, 2 * said.count(most) > len(said)


def majority(found: Mapping[str, Observation]) -> Truth | None:
    """What most backends say, for answers that are equal or not.

    Args:
        found: Observations whose outputs are text, whole numbers or bits.

    Returns:
        The truth, sure where it is a true majority; `None` for no outputs.
    """
    names = dict.fromkeys(name for seen in found.values() for name in seen.outputs)
    values: dict[str, Array] = {}
    certain = True
    for name in names:
        # Only of those that no rule of the check relates to their own run.
        said = {k: o.outputs[name] for k, o in found.items() if name in o.outputs}
        most, _, sure = odd_ones({label: v.tobytes() for label, v in said.items()})
        values[name] = next(v for v in said.values() if v.tobytes() == most)
        certain = certain and sure
    return Truth("most", values, {}, sure=certain) if values else None


def find_truth(found: Mapping[str, Observation]) -> Truth | None:
    """Chooses the float64 values to judge by, or `None` where nobody has any.

    A reference goes before all. Otherwise it is the referee that most others agree
    with to the float64 budget; of equals, the first.
    """
    reference = next((seen.reference for seen in found.values() if seen.reference), None)
    able = {label: seen for label, seen in found.items() if seen.referee}
    if not able:
        # Of whole numbers a backend may compute in float32 in its float64 run too.
        return Truth("reference", reference, {}, sure=True) if reference else None
    noises = {
        name: [seen.noise[name] for seen in found.values() if name in seen.noise]
        for seen in able.values()
        for name in seen.referee
    }
    some = next((seen.spread for seen in able.values() if seen.spread), {})
    followers = {
        label: sum(
            _agree(seen, other, seen.spread or some, noises) for other in able.values()
        )
        for label, seen in able.items()
    }
    best = max(able, key=lambda label: followers[label])
    chosen = able[best]
    spread = chosen.spread or some
    if reference is not None:
        return Truth("reference", reference, spread, sure=True)
    return Truth(best, chosen.referee, spread, sure=2 * followers[best] > len(able))


def _agree(
    one: Observation,
    other: Observation,
    spread: Mapping[str, Array],
    noises: Mapping[str, Sequence[Array]],
) -> bool:
    if set(one.referee) != set(other.referee):
        return False
    return all(
        _close(value, other.referee[name], spread.get(name), noises.get(name, ()))
        for name, value in one.referee.items()
    )


def _close(
    one: Array, other: Array, spread: Array | None, noises: Sequence[Array]
) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind not in "fc":
        return bool(np.array_equal(one, other))
    allowed = budget(one, spread, noises, precision="float64", dtype=one.dtype)
    with np.errstate(invalid="ignore"):
        near = np.abs(one - other) <= allowed
    return bool(np.all(near | (one == other) | (np.isnan(one) & np.isnan(other))))
