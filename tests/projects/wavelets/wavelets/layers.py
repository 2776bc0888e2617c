"""A layer without declared cases: `multibackend check wavelets.layers` finds it."""

from __future__ import annotations

import keras
from keras import ops

from wavelets.functions import soft_threshold


class HaarDenoise(keras.layers.Layer):
    """Splits a sequence into means and differences, and shrinks the differences.

    Args:
        threshold: Differences below this vanish.

    Input shape:
        `(batch_size, steps, features)` with an even number of steps.
    """

    def __init__(self, threshold: float = 0.1, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold

    def build(self, input_shape):
        self.gain = self.add_weight(
            name="gain", shape=(input_shape[-1],), initializer="ones"
        )

    def call(self, inputs):
        _, steps, features = inputs.shape
        pairs = ops.reshape(inputs, (-1, steps // 2, 2, features))
        mean = (pairs[:, :, 0] + pairs[:, :, 1]) / 2
        half = soft_threshold((pairs[:, :, 0] - pairs[:, :, 1]) / 2, self.threshold)
        both = ops.stack([mean + self.gain * half, mean - self.gain * half], axis=2)
        return ops.reshape(both, (-1, steps, features))

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}
