"""Faults: values that are off, from gross to barely above rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import integers, normal, uniform
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import SIZES, Plant, altered, scaled

KIND = "values"
FORWARD = ("forward",)


@planted(KIND, checks=FORWARD, sizes=tuple(SIZES))
def dense(plant: Plant) -> Any:
    import keras

    return scaled(keras.layers.Dense, plant)(8), normal(4, 16)


@planted(KIND, checks=FORWARD, sizes=("1e-3", "1e-11"))
def dense_one_unit(plant: Plant) -> Any:
    import keras

    units = 1 + plant.excess * (np.arange(8) == 3)
    factors = units.astype(keras.config.floatx())
    layer = scaled(
        keras.layers.Dense,
        plant,
        how=lambda y: y * keras.ops.convert_to_tensor(factors),
    )
    return layer(8), normal(4, 16)


@planted(KIND, checks=FORWARD, sizes=("gross", "1e-3", "1e-11"))
def dense_bias_twice(plant: Plant) -> Any:
    import keras

    base = keras.layers.Dense

    def call(self: Any, inputs: Any) -> Any:
        return base.call(self, inputs) + plant.excess * self.bias

    return altered(base, plant, call=call)(8), normal(4, 16)


@planted(KIND, checks=FORWARD, sizes=("gross", "1e-11"))
def convolution(plant: Plant) -> Any:
    import keras

    return scaled(keras.layers.Conv1D, plant)(4, 3), normal(2, 8, 4)


@planted(KIND, checks=FORWARD, sizes=("1e-3", "1e-11"))
def embedding(plant: Plant) -> Any:
    import keras

    return scaled(keras.layers.Embedding, plant)(10, 8), integers(4, 5, high=10)


@planted(KIND, checks=FORWARD, sizes=tuple(SIZES))
def softmax(plant: Plant) -> Any:
    import keras

    return lambda x: plant.off(keras.ops.softmax(x)), normal(4, 16)


@planted(KIND, checks=FORWARD, sizes=("1e-3", "1e-5", "1e-11"))
def tanh(plant: Plant) -> Any:
    import keras

    return lambda x: plant.off(keras.ops.tanh(x)), normal(4, 16)


@planted(KIND, checks=FORWARD, sizes=("1e-3",))
def gelu_by_another_formula(plant: Plant) -> Any:
    import keras

    ops = keras.ops

    def gelu(x: Any) -> Any:
        if plant.here:
            # The approximation by tanh, off by up to 5e-4.
            inner = (2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)
            return 0.5 * x * (1 + ops.tanh(inner))
        return 0.5 * x * (1 + ops.erf(x / 2**0.5))

    return gelu, normal(4, 16)


@planted(KIND, checks=FORWARD, sizes=tuple(SIZES))
def square_loss(plant: Plant) -> Any:
    import keras

    loss = scaled(keras.losses.MeanSquaredError, plant)
    return loss(), (normal(4, 8), normal(4, 8))


@planted(KIND, checks=FORWARD, sizes=("gross", "1e-3", "1e-11"))
def huber_delta(plant: Plant) -> Any:
    import keras

    return keras.losses.Huber(delta=plant.factor), (normal(4, 8), 3 * normal(4, 8))


@planted(KIND, checks=FORWARD, sizes=("1e-3", "1e-5", "1e-11"))
def mean_metric(plant: Plant) -> Any:
    import keras

    metric = scaled(keras.metrics.Mean, plant, "result")
    return metric(), [(uniform(8),), (uniform(8),)]


@planted(KIND, checks=FORWARD, sizes=("gross", "1e-11"))
def halving_schedule(plant: Plant) -> Any:
    import keras

    # Keras' own schedules compute in float32 on tensorflow whatever is asked.
    class Halving(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            steps = keras.ops.cast(step, keras.config.floatx())
            return plant.off(0.1 / (1.0 + steps))

        def get_config(self) -> Any:
            return {}

    return Halving()


@planted(KIND, checks=("fit",), sizes=("gross", "1e-3", "1e-11"))
def learning_rate(plant: Plant) -> Any:
    import keras

    base = keras.optimizers.SGD

    def update_step(self: Any, gradient: Any, variable: Any, rate: Any) -> None:
        base.update_step(self, gradient, variable, rate * plant.factor)

    return altered(base, plant, update_step=update_step)(0.1)
