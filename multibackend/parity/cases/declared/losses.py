"""Cases: `SquareLoss`, against its formula in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal, uniform
from multibackend.parity.cases.case import arguments, case

Array = npt.NDArray[Any]


def _mean(y_true: Array, y_pred: Array) -> Any:
    return np.mean((y_true - y_pred) ** 2)


def _per_sample(y_true: Array, y_pred: Array) -> Array:
    return np.mean((y_true - y_pred) ** 2, axis=-1)


def _weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return np.mean(_per_sample(y_true, y_pred) * sample_weight)


def _no_pairs() -> Mapping[str, Any]:
    """Shapes that would broadcast, and shapes without an axis."""
    return {
        "a column for a row": (normal(8), normal(8, 1)),
        "other width": (normal(8, 3), normal(8, 2)),
        "scalars": (normal(), normal()),
    }


@case(reference=_mean, bad=_no_pairs)
def square_loss() -> Any:
    from multibackend.losses import SquareLoss

    return SquareLoss(), (normal(8, 3), normal(8, 3))


@case(reference=_mean)
def square_loss_steps() -> Any:
    from multibackend.losses import SquareLoss

    return SquareLoss(), (normal(2, 5, 3), normal(2, 5, 3))


@case(reference=_per_sample)
def square_loss_per_sample() -> Any:
    from multibackend.losses import SquareLoss

    return SquareLoss(reduction=None), (normal(8, 1), normal(8, 1))


@case(reference=_weighed)
def square_loss_weighed() -> Any:
    from multibackend.losses import SquareLoss

    weights = uniform(8, low=0.5, high=2.0)
    return SquareLoss(), arguments(normal(8, 3), normal(8, 3), sample_weight=weights)
