"""Controls: metrics of numbers, each on two batches: the second adds to the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from multibackend.inputs import normal, uniform
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import (
    probabilities,
    shares,
    signs,
    wide,
)

# Metrics of two arrays of numbers, by class, and those of positive numbers.
PLAIN = (
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "PearsonCorrelation",
    "R2Score",
    "RootMeanSquaredError",
)
POSITIVE = ("MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Poisson")
SIGNED = ("Hinge", "SquaredHinge")

Batches = list[tuple[Any, ...]]


def _pairs() -> Batches:
    return [(normal(8, 3), normal(8, 3)) for _ in range(2)]


def _positive() -> Batches:
    return [
        (uniform(8, 3, low=0.5, high=2.0), uniform(8, 3, low=0.5, high=2.0))
        for _ in range(2)
    ]


def _signed() -> Batches:
    return [(signs(8, 3), normal(8, 3)) for _ in range(2)]


def _means(batches: Batches) -> list[Any]:
    """The mean of all numbers so far, weighed."""
    total, weight, found = 0.0, 0.0, list[Any]()
    for values, weights in batches:
        total += (wide(values) * wide(weights)).sum()
        weight += wide(weights).sum()
        found.append(total / weight)
    return found


def _of(name: str, batches: Callable[[], Batches]) -> Any:
    return lambda: (getattr(keras.metrics, name)(), batches())


CONTROLS: Table = {
    "mean_weighed": (
        lambda: (
            keras.metrics.Mean(),
            [(normal(8), uniform(8, low=0.5, high=2.0)) for _ in range(2)],
        ),
        _means,
    ),
    "sum": lambda: (keras.metrics.Sum(), [(normal(8),), (normal(8),)]),
    "mean_squared_error_weighed": lambda: (
        keras.metrics.MeanSquaredError(),
        [(normal(8, 3), normal(8, 3), uniform(8, low=0.5, high=2.0))],
    ),
    "r2_score_of_each_output": lambda: (
        keras.metrics.R2Score(class_aggregation=None),
        _pairs(),
    ),
    "kl_divergence": lambda: (
        keras.metrics.KLDivergence(),
        [(shares(seed=1), shares(seed=2)), (shares(seed=3), shares(seed=4))],
    ),
    "wrapped_function": lambda: (
        keras.metrics.MeanMetricWrapper(keras.losses.huber, delta=0.5),
        _pairs(),
    ),
    "binary_crossentropy": lambda: (
        keras.metrics.BinaryCrossentropy(),
        [(probabilities(8, 3), probabilities(8, 3)) for _ in range(2)],
    ),
}

declare(CONTROLS)
declare({name: _of(name, _pairs) for name in PLAIN})
declare({name: _of(name, _positive) for name in POSITIVE})
declare({name: _of(name, _signed) for name in SIGNED})
