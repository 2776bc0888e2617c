"""The dtype that sums, roots and exponentials need: half precision is widened first."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["at_least_float32", "constant", "widened"]


def widened(dtype: Any) -> str:
    """`"float32"` for a half-precision dtype, and the dtype itself otherwise.

    `keras.backend.result_type` does not say it: it narrows float64 with float32.
    """
    name: str = keras.backend.standardize_dtype(dtype)
    return "float32" if name in ("float16", "bfloat16") else name


def at_least_float32(tensor: Any) -> Any:
    """The tensor in float32 where its dtype is narrower, and as it is otherwise."""
    dtype = widened(tensor.dtype)
    if dtype == keras.backend.standardize_dtype(tensor.dtype):
        return tensor
    return keras.ops.cast(tensor, dtype)


def constant(value: float, like: Any) -> Any:
    """A number in the dtype of a tensor, with all the digits that this dtype has."""
    return keras.ops.convert_to_tensor(value, dtype=like.dtype)
