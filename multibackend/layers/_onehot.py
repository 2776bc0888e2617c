"""One-hot vectors by comparison, in one pass."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["one_hot"]


def one_hot(indices: Any, count: int, dtype: Any) -> Any:
    """One where the last axis stands at the index, zero elsewhere: `(..., count)`.

    `keras.ops.one_hot` goes through three tensors of int64 on torch.

    Args:
        indices: An int32 tensor.
        count: The size of the last axis.
        dtype: The dtype of the ones.
    """
    places = keras.ops.arange(count, dtype="int32")
    found = keras.ops.equal(keras.ops.expand_dims(indices, -1), places)
    return keras.ops.cast(found, dtype)
