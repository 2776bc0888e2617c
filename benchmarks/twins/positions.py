"""Twins of the layers that tell positions: Keras has one for Fourier features only."""

from __future__ import annotations

from typing import Any

import numpy as np

from twins import Twin

Made = tuple[Any, Any, tuple[Any, ...]]


def _normal(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def _rotary() -> Made:
    from multibackend.layers import RotaryEmbedding

    return RotaryEmbedding(), None, (_normal(8, 256, 8, 64),)


def _sinusoidal() -> Made:
    from multibackend.layers import SinusoidalEncoding

    return SinusoidalEncoding(), None, (_normal(16, 256, 256),)


def _alibi() -> Made:
    from multibackend.layers import ALiBi

    return ALiBi(), None, (_normal(4, 8, 256, 256),)


def _fourier() -> Made:
    """As many products and sines, of angles as large: each output is a sine there."""
    import math

    import keras

    from multibackend.layers import FourierFeatures

    units = 128
    theirs = keras.layers.Dense(
        2 * units,
        activation=keras.ops.sin,
        use_bias=False,
        # Larger angles take XLA twice as long.
        kernel_initializer=keras.initializers.RandomNormal(stddev=2 * math.pi),
    )
    return FourierFeatures(units), theirs, (_normal(4096, 3),)


TWINS = [
    Twin("RotaryEmbedding", "", _rotary),
    Twin("SinusoidalEncoding", "", _sinusoidal),
    Twin("ALiBi", "", _alibi),
    Twin("FourierFeatures", "keras.layers.Dense with sines", _fourier),
]
