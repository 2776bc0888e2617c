"""Faults: random numbers of another distribution, and seeds that stand still."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

KIND = "random statistics"
RANDOM = ("forward", "random")


@planted(KIND, checks=RANDOM)
def dropout_rate(plant: Plant) -> Any:
    import keras

    return keras.layers.Dropout(plant.pick(0.4, 0.5)), normal(16, 8)


@planted(KIND, checks=RANDOM)
def dropout_keeps_its_scale(plant: Plant) -> Any:
    import keras

    base = keras.layers.Dropout

    def call(self: Any, inputs: Any, training: Any = None) -> Any:
        outputs = base.call(self, inputs, training=training)
        return outputs * (1 - self.rate) if training else outputs

    return altered(base, plant, call=call)(0.5), normal(16, 8)


@planted(KIND, checks=RANDOM)
def variance_for_deviation(plant: Plant) -> Any:
    import keras

    return keras.layers.GaussianNoise(plant.pick(0.25, 0.5)), normal(16, 8)


@planted(KIND, checks=RANDOM)
def noise_is_uniform(plant: Plant) -> Any:
    import keras

    base = keras.layers.GaussianNoise

    def call(self: Any, inputs: Any, training: Any = None) -> Any:
        if not training:
            return inputs
        wide = 3**0.5 * self.stddev  # the same mean and variance
        noise = keras.random.uniform(
            keras.ops.shape(inputs),
            -wide,
            wide,
            dtype=inputs.dtype,
            seed=self.seed_generator,
        )
        return inputs + noise

    return altered(base, plant, call=call)(0.5), normal(16, 8)


@planted(KIND, checks=RANDOM)
def noise_shape_ignored(plant: Plant) -> Any:
    import keras

    noise_shape = plant.pick(None, (16, 1))
    return keras.layers.Dropout(0.5, noise_shape=noise_shape), normal(16, 8)


@planted(KIND, checks=RANDOM)
def seed_stands_still(plant: Plant) -> Any:
    import keras

    base = keras.layers.Dropout

    def call(self: Any, inputs: Any, training: Any = None) -> Any:
        if not training:
            return inputs
        return keras.random.dropout(inputs, self.rate, seed=1)

    return altered(base, plant, call=call)(0.5), normal(16, 8)


@planted(KIND, checks=RANDOM)
def noise_at_inference_too(plant: Plant) -> Any:
    import keras

    base = keras.layers.GaussianNoise

    def call(self: Any, inputs: Any, training: Any = None) -> Any:
        del training
        return base.call(self, inputs, training=True)

    return altered(base, plant, call=call)(0.5), normal(16, 8)
