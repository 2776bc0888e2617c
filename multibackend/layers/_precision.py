"""Sums, roots and splines of half-precision tensors are computed in float32."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["at_least_float32"]


def at_least_float32(tensor: Any) -> Any:
    """The tensor in float32 where its dtype is narrower, and as it is otherwise.

    `keras.backend.result_type` does not say it: it narrows float64 with float32.
    """
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype in {"float16", "bfloat16"}:
        return keras.ops.cast(tensor, "float32")
    return tensor
