"""Functions of tensors, found by their annotations."""

from __future__ import annotations

import keras
from keras import KerasTensor


def soft_threshold(x: KerasTensor, threshold: float = 0.5) -> KerasTensor:
    """Shrinks every number towards zero by `threshold`."""
    size = keras.ops.maximum(keras.ops.abs(x) - threshold, 0.0)
    return keras.ops.sign(x) * size
