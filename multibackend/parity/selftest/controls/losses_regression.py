"""Controls: losses of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import normal, uniform
from multibackend.parity.cases.case import arguments
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, shares, signs


def _pair() -> Any:
    return normal(8, 3), normal(8, 3)


def _positive() -> Any:
    return uniform(8, 3, low=0.5, high=2.0), uniform(8, 3, low=0.5, high=2.0)


def _signed() -> Any:
    return signs(8, 3), normal(8, 3)


def _weighed() -> Any:
    weights = uniform(8, low=0.5, high=2.0)
    return arguments(normal(8, 3), normal(8, 3), sample_weight=weights)


def _squares(y: Array, p: Array) -> Array:
    return np.mean((y - p) ** 2, axis=-1)


def _log_cosh(y: Array, p: Array) -> Any:
    return np.mean(np.logaddexp(p - y, y - p) - np.log(2))


def _logarithms(y: Array, p: Array) -> Any:
    return np.mean((np.log1p(y) - np.log1p(p)) ** 2)


def _huber(y: Array, p: Array) -> Any:
    error = np.abs(y - p)
    return np.mean(np.where(error <= 0.5, error**2 / 2, 0.5 * error - 0.125))


def _divergence(y: Array, p: Array) -> Any:
    return np.mean(np.sum(y * np.log(y / p), axis=-1))


def _sum_of_weighed(y: Array, p: Array, sample_weight: Array) -> Any:
    return np.sum(_squares(y, p) * sample_weight)


CONTROLS: Table = {
    "absolute_error": (
        lambda: (keras.losses.MeanAbsoluteError(), _pair()),
        lambda y, p: np.mean(np.abs(y - p)),
    ),
    "absolute_error_none": lambda: (
        keras.losses.MeanAbsoluteError(reduction=None),
        _pair(),
    ),
    "percentage_error": (
        lambda: (keras.losses.MeanAbsolutePercentageError(), _positive()),
        lambda y, p: 100 * np.mean(np.abs((y - p) / y)),
    ),
    "logarithmic_error": (
        lambda: (keras.losses.MeanSquaredLogarithmicError(), _positive()),
        _logarithms,
    ),
    "squared_error_sum": (
        lambda: (keras.losses.MeanSquaredError(reduction="sum"), _pair()),
        lambda y, p: np.sum(_squares(y, p)),
    ),
    "squared_error_none": (
        lambda: (keras.losses.MeanSquaredError(reduction=None), _pair()),
        _squares,
    ),
    "squared_error_weighed_sum": (
        lambda: (keras.losses.MeanSquaredError(reduction="sum"), _weighed()),
        _sum_of_weighed,
    ),
    "squared_error_mean_with_sample_weight": lambda: (
        keras.losses.MeanSquaredError(reduction="mean_with_sample_weight"),
        _weighed(),
    ),
    "cosine_similarity_none": lambda: (
        keras.losses.CosineSimilarity(axis=-1, reduction=None),
        _pair(),
    ),
    "huber": (lambda: (keras.losses.Huber(delta=0.5), _pair()), _huber),
    "log_cosh": (lambda: (keras.losses.LogCosh(), _pair()), _log_cosh),
    "hinge": (
        lambda: (keras.losses.Hinge(), _signed()),
        lambda y, p: np.mean(np.maximum(1 - y * p, 0)),
    ),
    "squared_hinge": (
        lambda: (keras.losses.SquaredHinge(), _signed()),
        lambda y, p: np.mean(np.maximum(1 - y * p, 0) ** 2),
    ),
    "poisson": lambda: (keras.losses.Poisson(), _positive()),
    "divergence_sum": (
        lambda: (keras.losses.KLDivergence(), (shares(seed=1), shares(seed=2))),
        _divergence,
    ),
}

declare(CONTROLS)
