"""Twins of the layers of attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twins import Twin

_BATCH, _STEPS, _WIDTH, _HEADS, _GROUPS = 4, 128, 512, 8, 2


def _steps() -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(_BATCH, _STEPS, _WIDTH)).astype("float32")


def _grouped(*, causal: bool) -> Callable[[], tuple[Any, Any, tuple[Any, ...]]]:
    """Self-attention by the layer of Keras, which takes query and value and turns none."""

    def make() -> tuple[Any, Any, tuple[Any, ...]]:
        import keras

        from multibackend.layers import RotaryAttention

        ours = RotaryAttention(_HEADS, num_key_value_heads=_GROUPS, causal=causal)
        steps = keras.Input((_STEPS, _WIDTH))
        layer = keras.layers.GroupQueryAttention(_WIDTH // _HEADS, _HEADS, _GROUPS)
        theirs = keras.Model(steps, layer(steps, steps, use_causal_mask=causal))
        return ours, theirs, (_steps(),)

    return make


def _pooling() -> tuple[Any, Any, tuple[Any, ...]]:
    """Attention of one learned query by the layer of Keras."""
    import keras

    from multibackend.layers import AttentionPooling

    class Pooling(keras.layers.Layer):
        def build(self, input_shape: tuple[int | None, ...]) -> None:
            width = input_shape[-1]
            self.query = self.add_weight(name="query", shape=(1, 1, width))
            self.attention = keras.layers.MultiHeadAttention(_HEADS, _WIDTH // _HEADS)
            self.attention.build((None, 1, width), input_shape)

        def call(self, inputs: Any) -> Any:
            batch = keras.ops.shape(inputs)[0]
            return self.attention(keras.ops.tile(self.query, (batch, 1, 1)), inputs)

    return AttentionPooling(1, _HEADS), Pooling(), (_steps(),)


TWINS = [
    Twin(
        "RotaryAttention",
        "keras.layers.GroupQueryAttention, causal",
        _grouped(causal=True),
    ),
    Twin(
        "RotaryAttention",
        "keras.layers.GroupQueryAttention, not causal",
        _grouped(causal=False),
    ),
    Twin(
        "AttentionPooling",
        "keras.layers.MultiHeadAttention of a learned query",
        _pooling,
    ),
]
