"""A causal transformer: blocks of attention with rotary positions, and a cache."""

from __future__ import annotations

from typing import Any

import keras

from multibackend.layers import RotaryAttention

__all__ = ["LanguageModel"]


class LanguageModel(keras.Model):
    """Foretells the next character at each place.

    Args:
        characters: How many there are.
        width: The size of a character's embedding.
        blocks: How many blocks of attention and a network.
    """

    def __init__(self, characters: int, width: int = 64, blocks: int = 2) -> None:
        super().__init__()
        self.embedding = keras.layers.Embedding(characters, width)
        self.attention = [RotaryAttention(4, causal=True) for _ in range(blocks)]
        self.widen = [keras.layers.Dense(2 * width, "silu") for _ in range(blocks)]
        self.narrow = [keras.layers.Dense(width) for _ in range(blocks)]
        self.norms = [keras.layers.LayerNormalization() for _ in range(2 * blocks + 1)]
        self.scores = keras.layers.Dense(characters)

    def call(self, numbers: Any, caches: Any = None, position: Any = 0) -> Any:
        """Returns logits `(batch, steps, characters)`, and with caches the new ones."""
        x = self.embedding(numbers)  # (batch, steps, width)
        new: list[Any] = []
        for k, attention in enumerate(self.attention):
            seen = self.norms[2 * k](x)
            if caches is None:
                x = x + attention(seen)
            else:
                seen, cache = attention(seen, cache=caches[k], position=position)
                x = x + seen
                new.append(cache)
            x = x + self.narrow[k](self.widen[k](self.norms[2 * k + 1](x)))
        logits = self.scores(self.norms[-1](x))
        return logits if caches is None else (logits, new)
