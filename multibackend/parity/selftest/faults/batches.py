"""Faults: a row that depends on its batch, and a state that does not start at zero."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered, scaled

BATCH = ("forward", "batch")
FORWARD = ("forward",)


@planted("batch dependence", checks=BATCH)
def centred_over_rows(plant: Plant) -> Any:
    import keras

    def centred(y: Any) -> Any:
        return y - keras.ops.mean(y, axis=0, keepdims=True)

    return scaled(keras.layers.Dense, plant, how=centred)(8), normal(4, 16)


@planted("batch dependence", checks=BATCH, sizes=("gross", "1e-3", "1e-5", "1e-11"))
def the_row_above_leaks(plant: Plant) -> Any:
    import keras

    def leaking(y: Any) -> Any:
        return y + plant.excess * keras.ops.roll(y, 1, axis=0)

    return scaled(keras.layers.Dense, plant, how=leaking)(8), normal(4, 16)


@planted("batch dependence", checks=BATCH)
def statistics_of_the_batch(plant: Plant) -> Any:
    import keras

    base = keras.layers.BatchNormalization

    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        del training
        return base.call(self, inputs, training=True, mask=mask)

    return altered(base, plant, call=call)(), normal(4, 4)


@planted("batch dependence", checks=BATCH)
def last_row_is_dropped(plant: Plant) -> Any:
    import keras

    def first_twice(y: Any) -> Any:
        return keras.ops.concatenate([y[:1], y[:-1]], axis=0)

    return scaled(keras.layers.Dense, plant, how=first_twice)(8), normal(4, 16)


@planted("initial state", checks=FORWARD)
def recurrent_starts_at_one(plant: Plant) -> Any:
    import keras

    base = keras.layers.SimpleRNN

    def get_initial_state(self: Any, batch_size: Any = None) -> Any:
        return [keras.ops.ones((batch_size, self.units), self.compute_dtype)]

    made = altered(base, plant, get_initial_state=get_initial_state)
    return made(4), normal(3, 5, 4)


@planted("initial state", checks=FORWARD, sizes=("gross", "1e-3"))
def recurrent_starts_a_little_off(plant: Plant) -> Any:
    import keras

    base = keras.layers.SimpleRNN

    def call(
        self: Any,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: Any = None,
    ) -> Any:
        del initial_state
        start = [keras.ops.full((3, 4), plant.excess, sequences.dtype)]
        return base.call(
            self, sequences, initial_state=start, mask=mask, training=training
        )

    return altered(base, plant, call=call)(4), normal(3, 5, 4)


@planted("initial state", checks=FORWARD)
def goes_backwards(plant: Plant) -> Any:
    import keras

    backwards = plant.pick(faulty=True, clean=False)
    return keras.layers.SimpleRNN(4, go_backwards=backwards), normal(3, 5, 4)
