"""Cases: `BarlowTwins` and `VICReg`, against their formulas feature by feature in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]

#: Whole numbers, so that a reference may repeat rows: the third and sixth are absent.
WEIGHTS = [1.0, 2.0, 0.0, 1.0, 3.0, 0.0, 1.0, 1.0]


def _standard(column: Array) -> Array:
    return (column - np.mean(column)) / np.sqrt(np.var(column) + 1e-5)


def _twins(y_true: Array, y_pred: Array) -> Any:
    """Each feature of the one view with each of the other."""
    width, total = y_true.shape[1], 0.0
    for i in range(width):
        for j in range(width):
            c = np.mean(_standard(y_true[:, i]) * _standard(y_pred[:, j]))
            total += (1 - c) ** 2 if i == j else 0.005 * c**2
    return total


def _twins_each(y_true: Array, y_pred: Array) -> Array:
    return np.full(len(y_true), _twins(y_true, y_pred))


def _weighed(values: Array, weights: Array) -> Any:
    """A mean with weights."""
    return sum(w * v for w, v in zip(weights, values, strict=True)) / np.sum(weights)


def _twins_weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    """As above with weighed moments, in their other form: mean of products less product of means."""
    width, total, w = y_true.shape[1], 0.0, sample_weight
    for i in range(width):
        for j in range(width):
            x, y = y_true[:, i], y_pred[:, j]
            mx, my = _weighed(x, w), _weighed(y, w)
            vx, vy = _weighed(x * x, w) - mx**2, _weighed(y * y, w) - my**2
            c = (_weighed(x * y, w) - mx * my) / np.sqrt((vx + 1e-5) * (vy + 1e-5))
            total += (1 - c) ** 2 if i == j else 0.005 * c**2
    return total


def _regularized(view: Array, weights: Array, target: float) -> tuple[Any, Any]:
    """The variance and the covariance term of one view."""
    width, w = view.shape[1], weights / np.sum(weights)
    # Of n equal weights this is n / (n - 1).
    bessel = 1 / (1 - np.sum(w**2)) if np.count_nonzero(w) > 1 else 0.0
    means = [np.sum(w * view[:, j]) for j in range(width)]

    def covariance(i: int, j: int) -> Any:
        product = (view[:, i] - means[i]) * (view[:, j] - means[j])
        return bessel * np.sum(w * product)

    hinges = [max(0.0, target - np.sqrt(covariance(j, j) + 1e-4)) for j in range(width)]
    others = [
        covariance(i, j) ** 2 for i in range(width) for j in range(width) if i != j
    ]
    return np.mean(hinges), np.sum(others) / width


def _vicreg(y_true: Array, y_pred: Array, sample_weight: Array | None = None) -> Any:
    weights = np.ones(len(y_true)) if sample_weight is None else sample_weight
    errors = np.mean((y_true - y_pred) ** 2, axis=1)
    v_a, c_a = _regularized(y_true, weights, 1.0)
    v_b, c_b = _regularized(y_pred, weights, 1.0)
    return 25 * _weighed(errors, weights) + 25 * (v_a + v_b) + c_a + c_b


def _vicreg_other(y_true: Array, y_pred: Array) -> Any:
    weights = np.ones(len(y_true))
    v_a, c_a = _regularized(y_true, weights, 2.0)
    v_b, c_b = _regularized(y_pred, weights, 2.0)
    return np.mean((y_true - y_pred) ** 2) + 2 * (v_a + v_b) + 3 * (c_a + c_b)


def _no_twins() -> Mapping[str, Any]:
    """What two views cannot be, and what the loss cannot be made with."""
    from multibackend.losses import BarlowTwins

    return {
        "another batch": (normal(8, 4), normal(6, 4)),
        "another width": (normal(8, 4), normal(8, 3)),
        "one axis": (normal(8), normal(8)),
        "a negative redundancy": lambda: BarlowTwins(-0.1),
        "no epsilon": lambda: BarlowTwins(epsilon=0.0),
    }


def _no_pair() -> Mapping[str, Any]:
    """What two views cannot be, and what the loss cannot be made with."""
    from multibackend.losses import VICReg

    return {
        "another batch": (normal(8, 4), normal(6, 4)),
        "another width": (normal(8, 4), normal(8, 3)),
        "one axis": (normal(8), normal(8)),
        "a negative weight": lambda: VICReg(variance=-1.0),
        "no target": lambda: VICReg(target=0.0),
    }


@case(reference=_twins, bad=_no_twins)
def barlow_twins() -> Any:
    from multibackend.losses import BarlowTwins

    return BarlowTwins(), (normal(8, 4), normal(8, 4))


@variant(reference=_twins_each)
def barlow_twins_per_sample() -> Any:
    from multibackend.losses import BarlowTwins

    return BarlowTwins(reduction=None), (normal(8, 4), normal(8, 4))


@variant(reference=_twins_weighed)
def barlow_twins_weighed() -> Any:
    from multibackend.losses import BarlowTwins

    return BarlowTwins(), arguments(
        normal(8, 4), normal(8, 4), sample_weight=array(WEIGHTS)
    )


@variant(reference=_twins)
def barlow_twins_single() -> Any:
    from multibackend.losses import BarlowTwins

    return BarlowTwins(), (normal(1, 4), normal(1, 4))


@case(reference=_vicreg, bad=_no_pair)
def vicreg() -> Any:
    from multibackend.losses import VICReg

    return VICReg(), (normal(8, 4), normal(8, 4))


@variant(reference=_vicreg_other)
def vicreg_other_weights() -> Any:
    from multibackend.losses import VICReg

    return VICReg(1.0, 2.0, 3.0, target=2.0), (normal(8, 4), normal(8, 4))


@variant(reference=_vicreg)
def vicreg_weighed() -> Any:
    from multibackend.losses import VICReg

    return VICReg(), arguments(normal(8, 4), normal(8, 4), sample_weight=array(WEIGHTS))


@variant(reference=_vicreg)
def vicreg_single() -> Any:
    from multibackend.losses import VICReg

    return VICReg(), (normal(1, 4), normal(1, 4))
