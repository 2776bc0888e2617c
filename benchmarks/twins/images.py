"""Twins of the layers of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twins import Twin

_LAYOUT = "channels_last"


def _images(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def _patches() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import PatchEmbedding

    twin = keras.Sequential(
        [
            keras.Input((224, 224, 3)),
            keras.layers.Conv2D(192, 16, strides=16, data_format=_LAYOUT),
            keras.layers.Reshape((-1, 192)),
        ]
    )
    ours = PatchEmbedding(16, 192, data_format=_LAYOUT)
    return ours, twin, (_images(4, 224, 224, 3),)


def _gate() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import SqueezeExcitation

    inputs = keras.Input((56, 56, 64))
    mean = keras.layers.GlobalAveragePooling2D(data_format=_LAYOUT, keepdims=True)
    gate = keras.layers.Dense(16, activation="relu")(mean(inputs))
    gate = keras.layers.Dense(64, activation="sigmoid")(gate)
    twin = keras.Model(inputs, keras.layers.Multiply()([inputs, gate]))
    return SqueezeExcitation(4, data_format=_LAYOUT), twin, (_images(8, 56, 56, 64),)


def _pixels(*, shuffle: bool) -> Callable[[], tuple[Any, Any, tuple[Any, ...]]]:
    """PyTorch's own layers, whose channels come first."""

    def make() -> tuple[Any, Any, tuple[Any, ...]]:
        import torch

        from multibackend.layers import PixelShuffle, PixelUnshuffle

        if shuffle:
            ours: Any = PixelShuffle(2, data_format="channels_first")
            return ours, torch.nn.PixelShuffle(2), (_images(8, 64, 56, 56),)
        ours = PixelUnshuffle(2, data_format="channels_first")
        return ours, torch.nn.PixelUnshuffle(2), (_images(8, 16, 112, 112),)

    return make


def _blur() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import BlurPool

    twin = keras.layers.DepthwiseConv2D(
        3, strides=2, padding="same", use_bias=False, data_format=_LAYOUT
    )
    ours = BlurPool(3, padding="zeros", data_format=_LAYOUT)
    return ours, twin, (_images(4, 56, 56, 64),)


TWINS = [
    Twin("PatchEmbedding", "keras.layers.Conv2D of the same strides", _patches),
    Twin("SqueezeExcitation", "a mean, two Dense and a product of Keras", _gate),
    Twin("PixelShuffle", "torch.nn.PixelShuffle", _pixels(shuffle=True), ("torch",)),
    Twin(
        "PixelUnshuffle", "torch.nn.PixelUnshuffle", _pixels(shuffle=False), ("torch",)
    ),
    Twin("BlurPool", "keras.layers.DepthwiseConv2D of the same size", _blur),
]
