"""Cases: `Distillation`, against the divergence class by class in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal, uniform
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]


def _divergences(teacher: Array, student: Array, temperature: float) -> Array:
    """One row of logits after the other, by probabilities."""
    found = np.zeros(teacher.shape[:-1])
    for place in np.ndindex(found.shape):
        p = np.exp(teacher[place] / temperature)
        q = np.exp(student[place] / temperature)
        p, q = p / np.sum(p), q / np.sum(q)
        found[place] = temperature**2 * np.sum(p * np.log(p / q))
    return found


def _mean(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_divergences(y_true, y_pred, 2.0))


def _cold(y_true: Array, y_pred: Array) -> Array:
    return _divergences(y_true, y_pred, 0.5)


def _weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return np.mean(_divergences(y_true, y_pred, 4.0) * sample_weight)


def _no_logits() -> Mapping[str, Any]:
    """Logits of other classes, logits that would broadcast, and no temperature."""
    from multibackend.losses import Distillation

    return {
        "other classes": (normal(8, 5), normal(8, 4)),
        "one teacher for all": (normal(1, 5), normal(8, 5)),
        "scalars": (normal(), normal()),
        "no temperature": lambda: Distillation(0.0),
    }


@case(reference=_mean, bad=_no_logits)
def distillation() -> Any:
    from multibackend.losses import Distillation

    return Distillation(), (normal(8, 5), normal(8, 5))


@variant(reference=_cold)
def distillation_per_sample() -> Any:
    from multibackend.losses import Distillation

    return Distillation(0.5, reduction=None), (normal(8, 5), normal(8, 5))


@variant(reference=_weighed)
def distillation_steps() -> Any:
    from multibackend.losses import Distillation

    weights = uniform(2, 3, low=0.5, high=2.0)
    return Distillation(4.0), arguments(
        normal(2, 3, 5), normal(2, 3, 5), sample_weight=weights
    )


@variant(reference=_mean)
def distillation_single() -> Any:
    from multibackend.losses import Distillation

    return Distillation(), (normal(1, 5), normal(1, 5))
