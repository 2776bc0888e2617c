"""Tensors as NumPy arrays, whatever their dtype and shape."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["as_numpy"]


def as_numpy(tensor: Any) -> Any:
    """A tensor or variable as a NumPy array.

    A bfloat16 scalar goes as a vector: TensorFlow 2.21 hands NumPy 2.4 no array of it
    (`np.array(tf.constant(1.5, "bfloat16"))` raises).
    """
    scalar = len(tensor.shape) == 0
    if scalar and keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        vector = keras.ops.reshape(keras.ops.convert_to_tensor(tensor), (1,))
        return keras.ops.convert_to_numpy(vector).reshape(())
    return keras.ops.convert_to_numpy(tensor)
