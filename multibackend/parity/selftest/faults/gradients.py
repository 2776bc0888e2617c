"""Faults: the values are right to the bit, and a derivative of them is off."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import SIZES, Plant, altered, scaled

FIRST = ("forward", "grad_inputs", "grad_weights")
INPUTS = ("forward", "grad_inputs")
SECOND = (*INPUTS, "hvp")


@planted("gradients only", checks=FIRST, sizes=tuple(SIZES))
def dense_slope(plant: Plant) -> Any:
    import keras

    layer = scaled(keras.layers.Dense, plant, how=plant.slope_off)
    return layer(8), normal(4, 16)


@planted("gradients only", checks=INPUTS, sizes=("gross", "1e-3", "1e-11"))
def tanh_slope(plant: Plant) -> Any:
    import keras

    return lambda x: plant.slope_off(keras.ops.tanh(x)), normal(4, 16)


@planted("gradients only", checks=INPUTS, sizes=("1e-3",))
def loss_slope(plant: Plant) -> Any:
    import keras

    loss = scaled(keras.losses.MeanSquaredError, plant, how=plant.slope_off)
    return loss(), (normal(4, 8), normal(4, 8))


@planted("gradients only", checks=INPUTS)
def gradient_stopped(plant: Plant) -> Any:
    import keras

    stop = plant.pick(keras.ops.stop_gradient, lambda x: x)
    return lambda x: keras.ops.tanh(x) * stop(x), normal(4, 16)


@planted("gradients only", checks=FIRST)
def bias_gets_no_gradient(plant: Plant) -> Any:
    import keras

    base = keras.layers.Dense

    def call(self: Any, inputs: Any) -> Any:
        bias = keras.ops.stop_gradient(self.bias + 0.0)
        return keras.ops.matmul(inputs, self.kernel) + bias

    return altered(base, plant, call=call)(8), normal(4, 16)


@planted("second order only", checks=SECOND, sizes=("gross", "1e-3", "1e-11"))
def tanh_curvature(plant: Plant) -> Any:
    import keras

    return lambda x: plant.curvature_off(keras.ops.tanh(x)), normal(4, 16)


@planted("second order only", checks=SECOND, sizes=("gross", "1e-11"))
def dense_curvature(plant: Plant) -> Any:
    import keras

    layer = scaled(keras.layers.Dense, plant, how=plant.curvature_off)
    return layer(8, activation="tanh"), normal(4, 16)
