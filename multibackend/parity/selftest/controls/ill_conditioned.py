"""Controls: correct, and hard on float32: the judge must know that rounding did it."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import array, integers, normal, uniform
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, rows

LONG = 8192


def _near(value: float, spread: float) -> Array:
    """Data that is nearly constant, shape `(4, 16)`."""
    return array(value + spread * np.random.default_rng(3).normal(size=(4, 16)))


def _variance(x: Any) -> Any:
    return keras.ops.var(x, axis=-1)


def _log_sum_exp(x: Array) -> Array:
    top = x.max(axis=-1)
    return top + np.log(np.exp(x - top[..., None]).sum(axis=-1))


def _softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _far_scores() -> Array:
    """Scores from -10,000 to 10,000, with neighbours that still compete."""
    return array(np.linspace(-1e4, 1e4, 16)[None, :] + np.array([[0.0], [0.5]]))


def _sparse_loss() -> Any:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return loss, (integers(4, high=16), normal(4, 16, std=1e3))


def _normalized() -> Any:
    return keras.layers.LayerNormalization(epsilon=2.0**-10), _near(100.0, 0.1)


CONTROLS: Table = {
    "long_sum": (lambda: (keras.ops.sum, normal(LONG)), np.sum),
    "long_mean_of_positives": (
        lambda: (keras.ops.mean, uniform(LONG, low=0.5, high=1.5)),
        np.mean,
    ),
    "long_product_of_vectors": (
        lambda: (keras.ops.dot, normal(LONG), normal(LONG)),
        np.dot,
    ),
    "long_matrix_product": (
        lambda: (keras.ops.matmul, normal(2, LONG), normal(LONG, 2)),
        np.matmul,
    ),
    "long_cumulative_sum": (lambda: (keras.ops.cumsum, normal(LONG)), np.cumsum),
    "longer_sum": (
        lambda: (keras.ops.sum, uniform(4 * LONG, low=0.5, high=1.5)),
        np.sum,
    ),
    "long_dense": lambda: (keras.layers.Dense(2), normal(2, LONG)),
    "near_cancellation": (
        lambda: (lambda x, y: (x + 1000 * y) - 1000 * y, rows(), rows()),
        lambda x, y: (x + 1000 * y) - 1000 * y,
    ),
    "difference_of_cubes": lambda: (
        lambda x: (x + 1) * (x + 1) * (x + 1) - x * x * x,
        normal(4, 16, std=100.0),
    ),
    "sum_that_cancels": lambda: (
        lambda x: keras.ops.sum(keras.ops.concatenate([1e4 * x, -1e4 * x, x])),
        normal(256),
    ),
    "big_softmax": (
        lambda: (keras.ops.softmax, normal(2, 4096, std=4.0)),
        _softmax,
    ),
    "big_log_softmax": lambda: (keras.ops.log_softmax, normal(2, 4096, std=4.0)),
    "softmax_of_far_scores": (lambda: (keras.ops.softmax, _far_scores()), _softmax),
    "crossentropy_of_far_scores": _sparse_loss,
    "log_sum_exp_of_large_numbers": (
        lambda: (
            lambda x: keras.ops.logsumexp(x, axis=-1),
            normal(4, 16, mean=5000.0),
        ),
        _log_sum_exp,
    ),
    "variance_of_nearly_constant_data": (
        lambda: (_variance, _near(100.0, 0.01)),
        lambda x: np.var(x, axis=-1),
    ),
    "deviation_of_nearly_constant_data": (
        lambda: (lambda x: keras.ops.std(x, axis=-1), _near(10.0, 0.01)),
        lambda x: np.std(x, axis=-1),
    ),
    "normalization_of_nearly_constant_data": _normalized,
    "norm_of_tiny_numbers": (
        lambda: (lambda x: keras.ops.norm(x, axis=-1), normal(4, 16, std=1e-12)),
        lambda x: np.linalg.norm(x, axis=-1),
    ),
    "norm_of_huge_numbers": (
        lambda: (lambda x: keras.ops.norm(x, axis=-1), normal(4, 16, std=1e12)),
        lambda x: np.linalg.norm(x, axis=-1),
    ),
    "division_by_small_numbers": (
        lambda: (keras.ops.divide, rows(), uniform(4, 16, low=1e-6, high=1e-5)),
        np.divide,
    ),
    "inverse_of_a_bad_matrix": (
        lambda: (keras.ops.inv, array(np.vander([1.0, 1.125, 1.25, 1.5]))),
        np.linalg.inv,
    ),
    "logarithm_near_one": (
        lambda: (keras.ops.log, array(1 + 1e-4 * np.arange(1.0, 17.0))),
        np.log,
    ),
    "sine_of_large_numbers": (lambda: (keras.ops.sin, normal(4, 16, std=1e3)), np.sin),
    "power_of_large_exponents": lambda: (
        lambda x: keras.ops.power(x, 25.0),
        uniform(4, 16, low=0.5, high=2.0),
    ),
    "sigmoid_of_far_scores": lambda: (keras.ops.sigmoid, normal(4, 16, std=40.0)),
    "hyperbolic_tangent_of_tiny_numbers": (
        lambda: (keras.ops.tanh, normal(4, 16, std=1e-6)),
        np.tanh,
    ),
}

declare(CONTROLS)
