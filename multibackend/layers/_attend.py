"""Softmax attention in its plain form, in which every backend differentiates it twice.

PyTorch's fused kernels have no second derivative:
https://github.com/pytorch/pytorch/issues/116350
"""

from __future__ import annotations

from typing import Any

import keras

from multibackend._precision import widened

__all__ = ["attend", "softmax"]

# Far below any score, and far from the end of float32.
_NEVER = -1e30


def softmax(scores: Any, allowed: Any) -> Any:
    """The softmax over the last axis, in full precision.

    Where nothing is allowed all weights are equal: the caller drops such a row, as a
    zero here would cost one more pass over all scores.

    Args:
        scores: A tensor `(..., keys)`.
        allowed: Booleans that broadcast to the scores, or `None` for all.
    """
    scores = keras.ops.cast(scores, widened(scores.dtype))
    if scores.shape[-1] == 1:
        # Without a rounding in the derivatives, and without the warning of Keras.
        return keras.ops.ones_like(scores)
    if allowed is not None:
        # A sum, not a choice: its gradient is free.
        barred = keras.ops.cast(keras.ops.logical_not(allowed), scores.dtype)
        scores = keras.ops.add(scores, barred * _NEVER)
    return keras.ops.softmax(scores, axis=-1)


def attend(query: Any, key: Any, value: Any, allowed: Any, *, some: bool) -> Any:
    """Means of the values, weighed by the softmax of the products with the queries.

    Args:
        query: Scaled queries `(batch, queries, groups, heads in a group, size)`.
        key: Keys `(batch, keys, groups, size)`.
        value: Values, as the keys.
        allowed: Which query sees which key, `(1 or batch, 1 or queries, keys)`, or
            `None` for all.
        some: Whether each query sees a key in any case. Otherwise a query without any
            gives zeros.

    Returns:
        A tensor of the shape of the queries.
    """
    dtype = value.dtype
    if keras.backend.standardize_dtype(dtype) == "float16":
        # Products of float16 numbers leave its range soon; those of bfloat16 do not.
        query = keras.ops.cast(query, "float32")
        key = keras.ops.cast(key, "float32")
    scores = keras.ops.einsum("bqvgh,bkvh->bvqgk", query, key)
    wide = None
    if allowed is not None:
        wide = keras.ops.expand_dims(keras.ops.expand_dims(allowed, 1), 3)
    weights = keras.ops.cast(softmax(scores, wide), dtype)
    outputs = keras.ops.einsum("bvqgk,bkvh->bqvgh", weights, value)
    if allowed is None or some:
        return outputs
    sees = keras.ops.any(allowed, axis=-1)  # (1 or batch, 1 or queries)
    sees = keras.ops.reshape(sees, (*keras.ops.shape(sees), 1, 1, 1))
    return keras.ops.where(sees, outputs, keras.ops.zeros_like(outputs))
