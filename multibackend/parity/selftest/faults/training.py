"""Faults: what only training shows: outputs, state that stays, momentum of averages.

Hyperparameters are sums of powers of two: `keras.ops.cast` on tensorflow takes a Python
float to float32 first, which is a known difference of its own.
"""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

TRAINING = ("forward", "training")
STATE = ("forward", "training", "state")


@planted("training only", checks=TRAINING, sizes=("gross", "1e-3", "1e-11"))
def dense_in_training(plant: Plant) -> Any:
    import keras

    class InTraining(keras.layers.Dense):
        def call(self, inputs: Any, training: Any = None) -> Any:
            outputs = super().call(inputs)
            return plant.off(outputs) if training else outputs

    return InTraining(8), normal(4, 16)


@planted("training only", checks=TRAINING)
def statistics_of_inference(plant: Plant) -> Any:
    import keras

    base = keras.layers.BatchNormalization

    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        del training
        return base.call(self, inputs, training=False, mask=mask)

    return altered(base, plant, call=call)(), normal(8, 4)


@planted("training only", checks=TRAINING, sizes=("gross", "1e-3"))
def activity_penalty(plant: Plant) -> Any:
    import keras

    penalty = keras.regularizers.L2(2**-7 * plant.factor)
    return keras.layers.Dense(8, activity_regularizer=penalty), normal(4, 16)


@planted("training only", checks=TRAINING)
def variance_without_the_mean(plant: Plant) -> Any:
    import keras

    base = keras.layers.BatchNormalization

    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        outputs = base.call(self, inputs, training=training, mask=mask)
        if training:
            count = inputs.shape[0]
            # Bessel's correction, as torch does for the average only.
            outputs = (outputs - self.beta) * ((count - 1) / count) ** 0.5 + self.beta
        return outputs

    return altered(base, plant, call=call)(), normal(8, 4)


@planted("state not updated", checks=STATE)
def averages_stay(plant: Plant) -> Any:
    import keras

    base = keras.layers.BatchNormalization

    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        mean, variance = self.moving_mean + 0.0, self.moving_variance + 0.0
        outputs = base.call(self, inputs, training=training, mask=mask)
        self.moving_mean.assign(mean)
        self.moving_variance.assign(variance)
        return outputs

    return altered(base, plant, call=call)(), normal(8, 4)


@planted("state not updated", checks=STATE)
def variance_stays(plant: Plant) -> Any:
    import keras

    base = keras.layers.BatchNormalization

    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        variance = self.moving_variance + 0.0
        outputs = base.call(self, inputs, training=training, mask=mask)
        self.moving_variance.assign(variance)
        return outputs

    return altered(base, plant, call=call)(), normal(8, 4)


@planted("state not updated", checks=STATE, sizes=("gross", "1e-3", "1e-11"))
def running_sum(plant: Plant) -> Any:
    import keras

    class RunningSum(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            del input_shape
            self.total = self.add_weight(
                name="total", shape=(), initializer="ones", trainable=False
            )

        def call(self, inputs: Any, training: Any = None) -> Any:
            if training:
                step = keras.ops.mean(inputs**2) * (1 - plant.excess)
                self.total.assign(self.total + step)
            return inputs * 2.0

    return RunningSum(), normal(4, 16)


@planted("state not updated", checks=STATE)
def counter_stays(plant: Plant) -> Any:
    import keras

    class Counting(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            del input_shape
            self.seen = self.add_weight(
                name="seen",
                shape=(),
                dtype="int32",
                initializer="zeros",
                trainable=False,
            )

        def call(self, inputs: Any, training: Any = None) -> Any:
            if training:
                self.seen.assign(self.seen + plant.pick(0, 1))
            return inputs * 2.0

    return Counting(), normal(4, 16)


@planted("momentum convention", checks=TRAINING)
def momentum_or_its_rest(plant: Plant) -> Any:
    import keras

    momentum = plant.pick(0.01, 0.99)
    return keras.layers.BatchNormalization(momentum=momentum), normal(8, 4)


@planted("momentum convention", checks=TRAINING, sizes=("1e-3", "1e-11"))
def momentum_a_little_off(plant: Plant) -> Any:
    import keras

    momentum = 0.9 * (1 - plant.excess)
    return keras.layers.BatchNormalization(momentum=momentum), normal(8, 4)


@planted("momentum convention", checks=("fit",))
def dampening(plant: Plant) -> Any:
    import keras

    base = keras.optimizers.SGD

    def update_step(self: Any, gradient: Any, variable: Any, rate: Any) -> None:
        base.update_step(self, gradient, variable, rate * (1 - self.momentum))

    return altered(base, plant, update_step=update_step)(0.125, momentum=0.75)


@planted("momentum convention", checks=("fit",))
def nesterov_lost(plant: Plant) -> Any:
    import keras

    return keras.optimizers.SGD(
        0.125, momentum=0.75, nesterov=plant.pick(faulty=False, clean=True)
    )


@planted("momentum convention", checks=("fit",))
def betas_swapped(plant: Plant) -> Any:
    import keras

    first, second = plant.pick((0.96875, 0.875), (0.875, 0.96875))
    return keras.optimizers.Adam(0.125, beta_1=first, beta_2=second)
