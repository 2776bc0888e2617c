"""A layer without declared cases: `multibackend check wavelets.layers` finds it."""

from __future__ import annotations

import keras
from keras import ops

from wavelets.functions import soft_threshold


class HaarDenoise(keras.layers.Layer):
    """Splits neighbours into means and differences, and shrinks the differences.

    Args:
        threshold: Differences below this vanish.

    Input shape:
        `(batch_size, ..., features)` with an even number of features.
    """

    def __init__(self, threshold: float = 0.1, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold

    def build(self, input_shape):
        self.gain = self.add_weight(
            name="gain", shape=(input_shape[-1] // 2,), initializer="ones"
        )

    def call(self, inputs):
        *outer, features = inputs.shape[1:]
        pairs = ops.reshape(inputs, (-1, *outer, features // 2, 2))
        left, right = pairs[..., 0], pairs[..., 1]
        half = self.gain * soft_threshold((left - right) / 2, self.threshold)
        mean = (left + right) / 2
        both = ops.stack([mean + half, mean - half], axis=-1)
        return ops.reshape(both, (-1, *outer, features))

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}
