"""Attention: heads, masks and scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["attended", "heads", "softmax"]

Array = npt.NDArray[Any]


def softmax(scores: Array, axis: int = -1) -> Array:
    """Shares that sum to one; what is minus infinity gets none."""
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def _allowed(query: int, key: int, *, causal: bool, window: int | None) -> Array:
    rows, columns = np.arange(query)[:, None], np.arange(key)
    allowed = np.ones((query, key), bool)
    if causal:
        allowed &= columns <= rows
    if window is not None:
        allowed &= np.abs(rows - columns) < window
    return allowed


def attended(
    inputs: list[Array],
    *,
    weights: Mapping[str, Array],
    additive: bool = False,
    mask: Any = None,
    use_causal_mask: bool = False,
    return_attention_scores: bool = False,
) -> Any:
    """`Attention` and `AdditiveAttention` of query, value and key."""
    query, value = inputs[:2]
    key = inputs[2] if len(inputs) > 2 else value
    scale = weights.get("scale", 1.0)
    if additive:
        pairs = np.tanh(query[:, :, None] + key[:, None])
        scores = np.sum(scale * pairs, axis=-1)
    elif "concat_score_weight" in weights:
        pairs = np.tanh(scale * (query[:, :, None] + key[:, None]))
        scores = weights["concat_score_weight"] * np.sum(pairs, axis=-1)
    else:
        scores = scale * (query @ np.swapaxes(key, 1, 2))
    allowed = _allowed(
        scores.shape[1], scores.shape[2], causal=use_causal_mask, window=None
    )
    allowed = np.broadcast_to(allowed, scores.shape)
    if mask is not None and mask[1] is not None:
        allowed = allowed & np.asarray(mask[1], bool)[:, None]
    shares = softmax(np.where(allowed, scores, -np.inf))
    found = shares @ value
    if mask is not None and mask[0] is not None:
        found = found * np.asarray(mask[0], bool)[:, :, None]
    return [found, shares] if return_attention_scores else found


def heads(
    query: Array,
    value: Array,
    key: Array | None = None,
    *,
    weights: Mapping[str, Array],
    window: int | None = None,
    attention_mask: Array | None = None,
    query_mask: Array | None = None,
    value_mask: Array | None = None,
    key_mask: Array | None = None,
    use_causal_mask: bool = False,
    return_attention_scores: bool = False,
) -> Any:
    """`MultiHeadAttention`, and with fewer key heads `GroupQueryAttention`."""

    def dense(x: Array, name: str) -> Array:
        made = np.einsum("bti,ihd->bthd", x, weights[f"{name}/kernel"])
        return made + weights.get(f"{name}/bias", 0)

    key = value if key is None else key
    q, k, v = dense(query, "query"), dense(key, "key"), dense(value, "value")
    times = q.shape[2] // k.shape[2]
    k, v = np.repeat(k, times, axis=2), np.repeat(v, times, axis=2)
    scores = np.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(q.shape[-1])
    allowed = _allowed(q.shape[1], k.shape[1], causal=use_causal_mask, window=window)[
        None
    ]
    if attention_mask is not None:
        allowed = allowed & np.asarray(attention_mask, bool)
    if query_mask is not None:
        allowed = allowed & np.asarray(query_mask, bool)[:, :, None]
    for mask in (value_mask, key_mask):
        if mask is not None:
            allowed = allowed & np.asarray(mask, bool)[:, None]
    shares = softmax(np.where(allowed[:, None], scores, -1e30))
    mixed = np.einsum("bhqk,bkhd->bqhd", shares, v)
    kernel = weights["attention_output/kernel"]
    found = np.einsum("bqhd,hdo->bqo", mixed, kernel)
    found = found + weights.get("attention_output/bias", 0)
    return [found, shares] if return_attention_scores else found
