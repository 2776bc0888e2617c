"""Cases: distances between two samples, against sums over pairs and plain scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]

WEIGHTS = [1.0, 2.0, 0.0, 0.5, 3.0, 1.0]


def _kernel(u: Array, v: Array, bandwidths: tuple[float, ...]) -> Any:
    square = np.sum((u - v) ** 2)
    return np.mean([np.exp(-square / (2 * b * b)) for b in bandwidths])


def _mean_kernel(
    x: Array, y: Array, weights: Array, bandwidths: tuple[float, ...], *, skip: bool
) -> Any:
    """The weighed mean of the kernel over pairs, without `i = j` where they are skipped."""
    total = whole = 0.0
    for i, u in enumerate(x):
        for j, v in enumerate(y):
            if not (skip and i == j):
                total += weights[i] * weights[j] * _kernel(u, v, bandwidths)
                whole += weights[i] * weights[j]
    return total / whole


def _discrepancy(
    x: Array,
    y: Array,
    *,
    weights: Array | None = None,
    bandwidths: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0),
    unbiased: bool = False,
) -> Any:
    w = np.ones(len(x)) if weights is None else weights
    return (
        _mean_kernel(x, x, w, bandwidths, skip=unbiased)
        + _mean_kernel(y, y, w, bandwidths, skip=unbiased)
        - 2 * _mean_kernel(x, y, w, bandwidths, skip=False)
    )


def _biased(y_true: Array, y_pred: Array) -> Any:
    return _discrepancy(y_true, y_pred)


def _unbiased(y_true: Array, y_pred: Array) -> Any:
    return _discrepancy(y_true, y_pred, bandwidths=(1.5,), unbiased=True)


def _biased_weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return _discrepancy(y_true, y_pred, weights=sample_weight)


def _unbiased_weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return _discrepancy(
        y_true, y_pred, weights=sample_weight, bandwidths=(1.5,), unbiased=True
    )


def _cost(x: Array, y: Array, weights: Array, epsilon: float) -> Any:
    """Scales the kernel to its margins until nothing moves, and prices the plan."""
    here = weights > 0
    x, y, a = x[here], y[here], weights[here] / np.sum(weights)
    costs = np.array([[np.sum((u - v) ** 2) / 2 for v in y] for u in x])
    kernel = np.exp(-costs / epsilon)
    left, right = np.ones(len(x)), np.ones(len(y))
    for _ in range(100):
        left = a / (kernel @ right)
        right = a / (kernel.T @ left)
    plan = left[:, None] * kernel * right[None, :]
    entropy = np.sum(plan * np.log(plan / (a[:, None] * a[None, :])))
    return np.sum(plan * costs) + epsilon * entropy


def _debiased(x: Array, y: Array, weights: Array, epsilon: float) -> Any:
    own = _cost(x, x, weights, epsilon) + _cost(y, y, weights, epsilon)
    return _cost(x, y, weights, epsilon) - own / 2


def _divergence(y_true: Array, y_pred: Array) -> Any:
    return _debiased(y_true, y_pred, np.ones(len(y_true)), 8.0)


def _transport(y_true: Array, y_pred: Array) -> Any:
    return _cost(y_true, y_pred, np.ones(len(y_true)), 8.0)


def _divergence_weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return _debiased(y_true, y_pred, sample_weight, 8.0)


def _no_discrepancy() -> Mapping[str, Any]:
    """What two samples cannot be, and what no kernel is."""
    from multibackend.losses import MaximumMeanDiscrepancy

    return {
        "another size": (normal(6, 3), normal(5, 3)),
        "another width": (normal(6, 3), normal(6, 2)),
        "one axis": (normal(6), normal(6)),
        "no bandwidth": lambda: MaximumMeanDiscrepancy([]),
        "a bandwidth of zero": lambda: MaximumMeanDiscrepancy([1.0, 0.0]),
        "unbiased by a number": lambda: MaximumMeanDiscrepancy(unbiased=1),  # pyright: ignore[reportArgumentType]
    }


def _no_transport() -> Mapping[str, Any]:
    """What two samples cannot be, and what Sinkhorn's algorithm cannot do."""
    from multibackend.losses import SinkhornDivergence

    return {
        "another size": (normal(6, 3), normal(5, 3)),
        "another width": (normal(6, 3), normal(6, 2)),
        "one axis": (normal(6), normal(6)),
        "no epsilon": lambda: SinkhornDivergence(0.0),
        "no iteration": lambda: SinkhornDivergence(iterations=0),
    }


@case(reference=_biased, bad=_no_discrepancy)
def maximum_mean_discrepancy() -> Any:
    from multibackend.losses import MaximumMeanDiscrepancy

    return MaximumMeanDiscrepancy(), (normal(6, 3), normal(6, 3, mean=0.5))


@variant(reference=_unbiased)
def maximum_mean_discrepancy_unbiased() -> Any:
    from multibackend.losses import MaximumMeanDiscrepancy

    loss = MaximumMeanDiscrepancy([1.5], unbiased=True)
    return loss, (normal(6, 3), normal(6, 3, mean=0.5))


@variant(reference=_biased_weighed)
def maximum_mean_discrepancy_weighed() -> Any:
    from multibackend.losses import MaximumMeanDiscrepancy

    return MaximumMeanDiscrepancy(), arguments(
        normal(6, 3), normal(6, 3, mean=0.5), sample_weight=array(WEIGHTS)
    )


@variant(reference=_unbiased_weighed)
def maximum_mean_discrepancy_unbiased_weighed() -> Any:
    from multibackend.losses import MaximumMeanDiscrepancy

    return MaximumMeanDiscrepancy([1.5], unbiased=True), arguments(
        normal(6, 3), normal(6, 3, mean=0.5), sample_weight=array(WEIGHTS)
    )


@case(reference=_divergence, bad=_no_transport)
def sinkhorn_divergence() -> Any:
    from multibackend.losses import SinkhornDivergence

    loss = SinkhornDivergence(8.0, iterations=15)
    return loss, (normal(6, 3), normal(6, 3, mean=0.5))


@variant(reference=_transport)
def sinkhorn_transport() -> Any:
    from multibackend.losses import SinkhornDivergence

    loss = SinkhornDivergence(8.0, iterations=15, debias=False)
    return loss, (normal(6, 3), normal(6, 3, mean=0.5))


@variant(reference=_divergence_weighed)
def sinkhorn_divergence_weighed() -> Any:
    from multibackend.losses import SinkhornDivergence

    return SinkhornDivergence(8.0, iterations=15), arguments(
        normal(6, 3), normal(6, 3, mean=0.5), sample_weight=array(WEIGHTS)
    )
