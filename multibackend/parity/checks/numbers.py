"""Tensors as NumPy arrays, and arrays as tensors, whatever their dtype and shape."""

from __future__ import annotations

from typing import Any

import keras

from multibackend.inputs import current

__all__ = ["as_numpy", "as_tensor"]

# What every backend keeps as it is; float64 only where the working dtype is that.
_KEPT = ("float32", "int32", "bool")


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


def as_tensor(array: Any) -> Any:
    """A NumPy array or number as a tensor of its dtype.

    The dtype is named where every backend has it: without it JAX 0.10.2 compiles a
    program for each new shape (`jnp.asarray(np.ones(3))`), and none with it.
    """
    dtype = str(array.dtype)
    named = dtype in _KEPT or dtype == current().dtype
    return keras.ops.convert_to_tensor(array, dtype if named else None)
