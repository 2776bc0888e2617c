"""`Evidence`: what a report shows of one difference, besides its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BINS", "Curve", "Element", "Evidence"]

#: The upper edges of a histogram's bins, in units in the last place: 0, then the powers
#: of two from a half. One more bin holds what is beyond, and what is no number.
BINS: tuple[float, ...] = (0.0, *(2.0**k for k in range(-1, 25)))


@dataclass(frozen=True)
class Element:
    """One element of an output, on every backend.

    Attributes:
        index: Its place; empty for a scalar.
        expected: What it should be, as text.
        received: What it is, by label.
        ulps: The error in units in the last place, by label; empty for what is no float.
    """

    index: tuple[int, ...]
    expected: str
    received: Mapping[str, str]
    ulps: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Curve:
    """Something that each training step leaves, on every backend.

    Attributes:
        name: What it is, such as `loss`.
        steps: The steps.
        lines: A number a step, by label; NaN where there is none.
    """

    name: str
    steps: tuple[int, ...]
    lines: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Evidence:
    """What a report shows of one difference, besides its numbers.

    Attributes:
        output: The output that all of it is of, but for the curves.
        backend: The label of the record that is farthest off there.
        precision: The run, `"float32"` or `"float64"`.
        shape: The shape of the output.
        elements: The elements with the largest error, worst first.
        map: The error of that backend in budgets, a row a row: the last axis across,
            all others down; of a larger array the largest of those in each cell.
        histogram: How many elements lie in each bin of `BINS`, by label.
        curves: Of a training run, the error by step, the loss and the metrics.
    """

    output: str
    backend: str
    precision: str
    shape: tuple[int, ...]
    elements: tuple[Element, ...] = ()
    map: tuple[tuple[float, ...], ...] = ()
    histogram: Mapping[str, tuple[int, ...]] = field(
        default_factory=dict[str, tuple[int, ...]]
    )
    curves: tuple[Curve, ...] = ()
