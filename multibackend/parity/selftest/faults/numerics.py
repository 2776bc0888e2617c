"""Faults: where epsilon stands and how large it is, and what becomes of NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import array, normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant

FORWARD = ("forward",)
SPECIAL = [[1.0, np.nan, -2.0, 0.5], [np.inf, 3.0, -np.inf, 0.0]]


@planted("epsilon", checks=FORWARD, sizes=("1e-3",))
def layer_norm_epsilon(plant: Plant) -> Any:
    import keras

    epsilon = plant.pick(1e-5, 1e-3)
    return keras.layers.LayerNormalization(epsilon=epsilon), normal(4, 16)


@planted("epsilon", checks=FORWARD, sizes=("1e-3",))
def batch_norm_epsilon(plant: Plant) -> Any:
    import keras

    epsilon = plant.pick(1e-5, 1e-3)
    return keras.layers.BatchNormalization(epsilon=epsilon), normal(8, 4)


@planted("epsilon", checks=FORWARD, sizes=("1e-3",))
def epsilon_outside_the_root(plant: Plant) -> Any:
    import keras

    ops = keras.ops

    def normalized(x: Any) -> Any:
        mean = ops.mean(x, axis=-1, keepdims=True)
        variance = ops.mean((x - mean) ** 2, axis=-1, keepdims=True)
        inside = ops.sqrt(variance + 1e-3)
        return (x - mean) / plant.pick(ops.sqrt(variance) + 1e-3, inside)

    return normalized, normal(4, 16)


@planted("epsilon", checks=FORWARD, sizes=("1e-3", "1e-11"))
def epsilon_a_little_off(plant: Plant) -> Any:
    import keras

    # A third of the variance, so that what it is off by shows whole.
    epsilon = 0.3 * plant.factor
    return keras.layers.LayerNormalization(epsilon=epsilon), normal(4, 16)


@planted("epsilon", checks=("fit",), sizes=("1e-3",))
def adam_epsilon(plant: Plant) -> Any:
    import keras

    return keras.optimizers.Adam(
        0.125, 0.875, 0.96875, epsilon=plant.pick(1e-3, 2**-23)
    )


@planted("epsilon", checks=FORWARD, sizes=("1e-3",))
def clipped_probability(plant: Plant) -> Any:
    import keras

    ops = keras.ops
    least = plant.pick(1e-3, 1e-7)
    return lambda x: ops.log(ops.clip(ops.softmax(4 * x), least, 1.0)), normal(4, 16)


@planted("NaN handling", checks=FORWARD)
def nan_becomes_zero(plant: Plant) -> Any:
    import keras

    kept = plant.pick(keras.ops.nan_to_num, lambda x: x * 1.0)
    return kept, array(SPECIAL)


@planted("NaN handling", checks=FORWARD)
def maximum_skips_nan(plant: Plant) -> Any:
    import keras

    ops = keras.ops

    def highest(x: Any) -> Any:
        if plant.here:
            return ops.max(ops.where(ops.isnan(x), -5.0, x), axis=-1)
        return ops.where(ops.any(ops.isnan(x), -1), float("nan"), ops.max(x, -1))

    return highest, array(SPECIAL)


@planted("NaN handling", checks=FORWARD)
def infinity_is_clipped(plant: Plant) -> Any:
    import keras

    clipped = plant.pick(lambda x: keras.ops.clip(x, -1e30, 1e30), lambda x: x * 1.0)
    return clipped, array([[1.0, np.inf, -2.0], [-np.inf, 3.0, 0.0]])


@planted("NaN handling", checks=FORWARD)
def root_of_the_negative(plant: Plant) -> Any:
    import keras

    def root(x: Any) -> Any:
        return keras.ops.sqrt(plant.pick(keras.ops.maximum(x, 0.0), x))

    return root, normal(4, 16)


@planted("NaN handling", checks=FORWARD)
def infinity_of_the_other_sign(plant: Plant) -> Any:
    sign = plant.pick(-1.0, 1.0)
    return lambda x: sign * 1.0 / x**2, array([[0.0, 2.0], [1.0, 0.0]])
