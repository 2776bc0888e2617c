"""Controls: activation layers, and every activation by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import erf
from typing import Any

import numpy as np

from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, rows, steps, wide


def _softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _log_softmax(x: Array) -> Array:
    return np.log(_softmax(x))


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.vectorize(erf)(x / np.sqrt(2)))


# Each by its name, with its formula in float64.
FORMULAS: dict[str, Callable[[Array], Array]] = {
    "celu": lambda x: np.maximum(x, 0) + np.minimum(0, np.expm1(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "exponential": np.exp,
    "gelu": _gelu,
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0.0),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "linear": lambda x: x,
    "log_sigmoid": lambda x: -np.logaddexp(0, -x),
    "log_softmax": _log_softmax,
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: (
        1.05070098735548049342
        * np.where(x > 0, x, 1.67326324235437728481 * np.expm1(x))
    ),
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "softmax": _softmax,
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_sigmoid": lambda x: np.clip(0.5 * x + 0.5, 0, 1),
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}

# These have no short formula, or choose by sorting.
NAMES = ("glu", "sparsemax", "sparse_plus")


def _reference(formula: Callable[[Array], Array], x: Any, *, weights: Any) -> Array:
    del weights
    return formula(wide(x))


def _activation(name: str) -> Callable[[], Any]:
    return lambda: (keras.layers.Activation(name), rows())


CONTROLS: Table = {
    "elu_layer": lambda: (keras.layers.ELU(alpha=0.75), rows()),
    "leaky_relu_layer": lambda: (keras.layers.LeakyReLU(0.125), rows()),
    "prelu": lambda: (keras.layers.PReLU(), steps()),
    "prelu_shared": lambda: (keras.layers.PReLU(shared_axes=[1]), steps()),
    "relu_bounded": lambda: (
        keras.layers.ReLU(max_value=1.0, negative_slope=0.125, threshold=0.25),
        rows(),
    ),
    "softmax_over_steps": lambda: (keras.layers.Softmax(axis=1), steps()),
    "softmax_over_two_axes": lambda: (keras.layers.Softmax(axis=(1, 2)), steps()),
}

declare(CONTROLS)
declare({name: _activation(name) for name in NAMES})
declare(
    {
        name: (_activation(name), partial(_reference, formula))
        for name, formula in FORMULAS.items()
    }
)
