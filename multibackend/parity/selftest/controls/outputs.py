"""Controls: outputs of every kind: whole, true or false, complex, empty, nested, half."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import array, integers, normal, uniform
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import rows, steps


def _halved(dtype: str) -> Any:
    """Computed in the working dtype, handed out in half of it."""
    return lambda: (lambda x: keras.ops.cast(keras.ops.tanh(x), dtype), rows())


def _half_inside(dtype: str) -> Any:
    """One product of halves; each number holds few digits, so that it is exact."""

    def product(x: Any) -> Any:
        short = keras.ops.cast(keras.ops.round(x * 4) / 4, dtype)
        return keras.ops.multiply(short, short)

    return lambda: (product, uniform(4, 16, low=0.5, high=2.0))


def _nested(x: Any) -> Any:
    first, second = keras.ops.split(x, 2, axis=-1)
    return {
        "sums": [keras.ops.sum(first), keras.ops.sum(second, axis=0)],
        "pair": (first * 2, {"signs": second > 0, "shape": keras.ops.shape(x)}),
    }


def _complex(x: Any, y: Any) -> Any:
    number = keras.ops.view_as_complex(keras.ops.stack([x, y], axis=-1))
    return number * number


CONTROLS: Table = {
    "whole_numbers": (
        lambda: (
            lambda x, y: x * y - x,
            integers(4, 16, high=100),
            integers(4, 16, high=100),
        ),
        lambda x, y: x * y - x,
    ),
    "whole_division": lambda: (
        lambda x, y: [keras.ops.floor_divide(x, y), keras.ops.mod(x, y)],
        integers(4, 16, low=-50, high=50),
        integers(4, 16, low=1, high=9),
    ),
    "whole_sum": lambda: (keras.ops.sum, integers(4, 16, high=1000)),
    "bits": lambda: (
        keras.ops.bitwise_xor,
        integers(4, 16, high=1000),
        integers(4, 16, high=1000),
    ),
    "rounded": lambda: (
        lambda x: keras.ops.cast(keras.ops.round(x * 3), "int32"),
        rows(),
    ),
    "truths": (lambda: (keras.ops.greater, rows(), rows()), np.greater),
    "any_and_all": lambda: (
        lambda x: [keras.ops.any(x > 1.5, axis=0), keras.ops.all(x < 3)],
        rows(),
    ),
    "complex_numbers": lambda: (_complex, rows(), rows()),
    "complex_inputs": lambda: (
        lambda x: x * x,
        array(normal(4, 8) + 1j * normal(4, 8)),
    ),
    "complex_to_real": (
        lambda: (keras.ops.absolute, array(normal(4, 8) + 1j * normal(4, 8))),
        np.abs,
    ),
    "empty": lambda: (lambda x: [x[:0], keras.ops.sum(x[:0])], rows()),
    "empty_rows_through_a_layer": lambda: (keras.layers.Dense(8), normal(0, 16)),
    "no_dimension": (lambda: (lambda x: x * x + 1, normal()), lambda x: x * x + 1),
    "nested": lambda: (_nested, rows()),
    "half": _halved("float16"),
    "brain_half": _halved("bfloat16"),
    "half_product": _half_inside("float16"),
    "brain_half_product": _half_inside("bfloat16"),
    "dense_in_half": lambda: (
        keras.layers.Dense(8, dtype="mixed_bfloat16"),
        rows(),
    ),
    "infinities": lambda: (
        lambda x: [1 / x, keras.ops.exp(1000 * x)],
        array([[-1.0, 1.0, 0.0, 4.0], [2.0, -2.0, 8.0, 0.0]]),
    ),
    "not_numbers": lambda: (
        lambda x: [keras.ops.isnan(x), keras.ops.log(x)],
        array([[-1.0, 0.5, 2.0, 4.0], [0.25, -2.0, 8.0, -4.0]]),
    ),
    "argmax_over_steps": lambda: (lambda x: keras.ops.argmax(x, axis=1), steps()),
    "top_k_places": lambda: (lambda x: keras.ops.top_k(x, 2)[1], rows()),
    "one_hot": lambda: (
        lambda x: keras.ops.one_hot(x, 6),
        integers(4, 3, high=6),
    ),
    "arrays_alone": lambda: {"sum": keras.ops.sum(normal(8)), "ids": np.arange(3)},
}

declare(CONTROLS)
