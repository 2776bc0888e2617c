"""Controls: attention, with masks and without."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import mask
from multibackend.parity.cases.case import arguments
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, steps


def _attended(inputs: list[Array], *, weights: Any) -> Array:
    """Query, value and key, each `(batch, steps, features)`."""
    del weights
    query, value, key = inputs
    scores = query @ np.swapaxes(key, 1, 2)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True) @ value


def _heads(**options: Any) -> Any:
    return keras.layers.MultiHeadAttention(num_heads=2, key_dim=4, **options)


CONTROLS: Table = {
    "attention": (
        lambda: (
            keras.layers.Attention(),
            arguments([steps(), steps(), steps()]),
        ),
        _attended,
    ),
    "attention_scaled": lambda: (
        keras.layers.Attention(use_scale=True),
        arguments([steps(), steps()]),
    ),
    "attention_concat": lambda: (
        keras.layers.Attention(score_mode="concat"),
        arguments([steps(), steps()]),
    ),
    "attention_masked": lambda: (
        keras.layers.Attention(),
        arguments([steps(), steps()], mask=[mask(2, 5), mask(2, 5)]),
    ),
    "attention_causal": lambda: (
        keras.layers.Attention(),
        arguments([steps(), steps()], use_causal_mask=True),
    ),
    "additive_attention": lambda: (
        keras.layers.AdditiveAttention(),
        arguments([steps(), steps()]),
    ),
    "multi_head_attention": lambda: (_heads(), arguments(steps(), steps())),
    "multi_head_attention_causal": lambda: (
        _heads(use_bias=False),
        arguments(steps(), steps(), use_causal_mask=True),
    ),
    "multi_head_attention_with_scores": lambda: (
        _heads(value_dim=3, output_shape=6),
        arguments(steps(), steps(), return_attention_scores=True),
    ),
    "multi_head_attention_masked": lambda: (
        _heads(),
        arguments(steps(), steps(), key_mask=mask(2, 5)),
    ),
    "grouped_query_attention": lambda: (
        keras.layers.GroupQueryAttention(
            head_dim=4, num_query_heads=4, num_key_value_heads=2
        ),
        arguments(steps(), steps()),
    ),
}

declare(CONTROLS)
