"""The dtype that losses sum and exponentiate in: half precision is widened first."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["constant", "wide"]


def wide(x: Any) -> Any:
    """The tensor in float32 where it has half precision, else as it is."""
    half = keras.backend.standardize_dtype(x.dtype) in ("float16", "bfloat16")
    return keras.ops.cast(x, "float32") if half else x


def constant(value: float, like: Any) -> Any:
    """A number in the dtype of a tensor, with all the digits that this dtype has."""
    return keras.ops.convert_to_tensor(value, dtype=like.dtype)
