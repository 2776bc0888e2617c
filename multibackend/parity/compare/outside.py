"""What stands around the values: structure, shape and dtype of every output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from multibackend.parity.compare.truth import odd_ones
from multibackend.parity.compare.verdict import Difference, Kind
from multibackend.parity.record.observation import Arrays, Observation

__all__ = ["outside", "unlike_truth"]


@dataclass(frozen=True)
class _Aspect:
    """Something that all backends must have in common, such as the shape."""

    kind: Kind
    of: Callable[[Any], str]


_ASPECTS = (
    _Aspect("shape", lambda array: str(array.shape)),
    _Aspect(
        "dtype", lambda array: "text" if array.dtype.kind in "US" else str(array.dtype)
    ),
)


def outside(found: Mapping[str, Observation]) -> list[Difference]:
    """Structure, then shape and dtype of every output: before any value is looked at."""
    structures = {
        label: f"{o.structure} of {sorted(o.outputs)}" for label, o in found.items()
    }
    unlike = _unlike("structure", "", structures)
    if unlike:
        return unlike
    some = next(iter(found.values()))
    differences: list[Difference] = []
    for name in some.outputs:
        for aspect in _ASPECTS:
            said = {label: aspect.of(o.outputs[name]) for label, o in found.items()}
            differences += _unlike(aspect.kind, name, said)
    return differences


def _unlike(kind: Kind, output: str, said: Mapping[str, str]) -> list[Difference]:
    most, others, sure = odd_ones(said)
    return [
        Difference(
            kind=kind,
            backend=label,
            output=output,
            precision="float32",
            received=said[label],
            expected=most,
            detail="" if sure else "no majority: either may be the one that is off",
        )
        for label in others
    ]


def unlike_truth(
    received: Arrays, truth: Arrays, label: str, precision: str
) -> list[Difference]:
    """Where a run has other outputs than the truth, or others' shapes.

    Args:
        received: The outputs of one backend.
        truth: What it is judged by.
        label: The backend.
        precision: Which run it is; a float32 run may have more outputs than those
            that its own backend's plain run tells.
    """
    blank = Difference("structure", label, "", precision, "", "")
    odd = set(received) ^ set(truth) if precision == "float64" else set[str]()
    differences = [
        replace(
            blank,
            output=name,
            received="an output" if name in received else "no output",
            expected="an output" if name in truth else "no output",
        )
        for name in sorted(odd)
    ]
    for name in sorted(set(received) & set(truth)):
        got, want = str(received[name].shape), str(truth[name].shape)
        if got != want:
            differences.append(
                replace(blank, kind="shape", output=name, received=got, expected=want)
            )
    return differences
