"""Faults: a mask that is not heeded, and one that is not handed on."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import mask, normal
from multibackend.parity.cases.case import arguments
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

MASK = ("forward", "mask")


def _padded() -> Any:
    """Steps of which the last two of the first row are padding."""
    steps = normal(3, 5, 4)
    steps[0, 3:] = 0
    return steps


def _deaf(base: Any, plant: Plant) -> Any:
    """A class that takes a mask and does not look at it."""

    def call(self: Any, inputs: Any, mask: Any = None) -> Any:
        del mask
        return base.call(self, inputs)

    return altered(base, plant, call=call)


@planted("mask ignored", checks=MASK)
def average_of_padding(plant: Plant) -> Any:
    import keras

    pool = _deaf(keras.layers.GlobalAveragePooling1D, plant)
    return pool(), arguments(normal(3, 5, 4), mask=mask(3, 5))


@planted("mask ignored", checks=MASK)
def average_behind_masking(plant: Plant) -> Any:
    import keras

    pool = _deaf(keras.layers.GlobalAveragePooling1D, plant)
    return keras.Sequential([keras.layers.Masking(), pool()]), _padded()


@planted("mask ignored", checks=MASK)
def recurrent_reads_padding(plant: Plant) -> Any:
    import keras

    base = keras.layers.SimpleRNN

    def call(
        self: Any,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: Any = None,
    ) -> Any:
        del mask
        return base.call(
            self, sequences, initial_state=initial_state, training=training
        )

    layer = altered(base, plant, call=call)(4)
    return layer, arguments(normal(3, 5, 4), mask=mask(3, 5))


@planted("mask ignored", checks=MASK)
def softmax_of_masked(plant: Plant) -> Any:
    import keras

    base = keras.layers.Softmax
    kept = np.asarray(mask(4, 16))
    layer = _deaf(base, plant)()
    return layer, arguments(normal(4, 16), mask=kept)


@planted("mask ignored", checks=MASK)
def mask_upside_down(plant: Plant) -> Any:
    import keras

    base = keras.layers.GlobalAveragePooling1D

    def call(self: Any, inputs: Any, mask: Any = None) -> Any:
        shifted = None if mask is None else keras.ops.roll(mask, 1, axis=0)
        return base.call(self, inputs, mask=shifted)

    layer = altered(base, plant, call=call)()
    return layer, arguments(normal(3, 5, 4), mask=mask(3, 5))


@planted("mask not propagated", checks=MASK)
def dense_drops_the_mask(plant: Plant) -> Any:
    import keras

    def compute_mask(self: Any, inputs: Any, previous_mask: Any = None) -> None:
        del self, inputs, previous_mask

    dense = altered(keras.layers.Dense, plant, compute_mask=compute_mask)
    layers = [keras.layers.Masking(), dense(4), keras.layers.GlobalAveragePooling1D()]
    return keras.Sequential(layers), _padded()


@planted("mask not propagated", checks=MASK)
def embedding_makes_no_mask(plant: Plant) -> Any:
    import keras

    def compute_mask(self: Any, inputs: Any, mask: Any = None) -> None:
        del self, inputs, mask

    embedding = altered(keras.layers.Embedding, plant, compute_mask=compute_mask)
    layer = embedding(6, 4, mask_zero=True)
    ids = np.array([[1, 2, 0, 0], [3, 4, 5, 0]], np.int32)
    return keras.Sequential([layer, keras.layers.GlobalAveragePooling1D()]), ids


@planted("mask not propagated", checks=MASK)
def masking_makes_another_mask(plant: Plant) -> Any:
    import keras

    value = plant.pick(1.0, 0.0)
    layers = [
        keras.layers.Masking(mask_value=value),
        keras.layers.GlobalAveragePooling1D(),
    ]
    return keras.Sequential(layers), _padded()


@planted("mask not propagated", checks=MASK)
def dense_alone_drops_the_mask(plant: Plant) -> Any:
    import keras

    def compute_mask(self: Any, inputs: Any, previous_mask: Any = None) -> None:
        del self, inputs, previous_mask

    dense = altered(keras.layers.Dense, plant, compute_mask=compute_mask)
    return keras.Sequential([keras.layers.Masking(), dense(4)]), _padded()
