"""Twins of the normalizations that Keras does not have."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from twins import Twin


def _response() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import GlobalResponseNormalization

    # One group a channel: a sum over space too, and one factor a channel.
    twin = keras.layers.GroupNormalization(groups=-1, axis=-1)
    layer = GlobalResponseNormalization(data_format="channels_last")
    return layer, twin, (normal(16, 28, 28, 96, seed=1),)


def _modulated() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import FeatureModulation

    steps, condition = keras.Input((196, 256)), keras.Input((128,))
    normal_steps = keras.layers.LayerNormalization(
        center=False, scale=False, epsilon=1e-6
    )(steps)
    scale = keras.layers.Reshape((1, 256))(keras.layers.Dense(256)(condition))
    shift = keras.layers.Reshape((1, 256))(keras.layers.Dense(256)(condition))
    scaled = keras.layers.Multiply()([normal_steps, scale])
    twin = keras.Model([steps, condition], keras.layers.Add()([scaled, shift]))
    inputs = [normal(16, 196, 256, seed=1), normal(16, 128, seed=2)]
    return FeatureModulation(normalize=True), twin, (inputs,)


TWINS = [
    Twin(
        "GlobalResponseNormalization",
        "keras.layers.GroupNormalization of one channel a group",
        _response,
    ),
    Twin(
        "FeatureModulation",
        "keras.layers.LayerNormalization, two Dense, a product and a sum",
        _modulated,
    ),
]
