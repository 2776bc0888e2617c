"""Controls: pooling layers; the largest of a window is far from the second largest."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import normal
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, images, steps


def _squares(x: Array) -> Array:
    """Windows of 2 by 2, shape `(batch, 4, 2, 4, 2, channels)`."""
    return x.reshape(2, 4, 2, 4, 2, 3)


def _averages(x: Array, *, weights: Any) -> Array:
    del weights
    return _squares(x).mean(axis=(2, 4))


def _largest(x: Array, *, weights: Any) -> Array:
    del weights
    return _squares(x).max(axis=(2, 4))


CONTROLS: Table = {
    "average_pooling1d": lambda: (keras.layers.AveragePooling1D(2), steps()),
    "average_pooling1d_same": lambda: (
        keras.layers.AveragePooling1D(3, strides=2, padding="same"),
        steps(),
    ),
    "average_pooling2d": (
        lambda: (keras.layers.AveragePooling2D(2), images()),
        _averages,
    ),
    "average_pooling2d_same": lambda: (
        keras.layers.AveragePooling2D(3, strides=2, padding="same"),
        images(),
    ),
    "average_pooling3d": lambda: (
        keras.layers.AveragePooling3D(2),
        normal(1, 4, 4, 4, 2),
    ),
    "max_pooling1d": lambda: (keras.layers.MaxPooling1D(2, strides=1), steps()),
    "max_pooling2d": (lambda: (keras.layers.MaxPooling2D(2), images()), _largest),
    "max_pooling2d_same": lambda: (
        keras.layers.MaxPooling2D(3, strides=2, padding="same"),
        images(),
    ),
    "max_pooling3d": lambda: (keras.layers.MaxPooling3D(2), normal(1, 4, 4, 4, 2)),
    "global_average_pooling1d": (
        lambda: (keras.layers.GlobalAveragePooling1D(), steps()),
        lambda x, **_: np.mean(x, axis=1),
    ),
    "global_average_pooling2d": (
        lambda: (keras.layers.GlobalAveragePooling2D(keepdims=True), images()),
        lambda x, **_: np.mean(x, axis=(1, 2), keepdims=True),
    ),
    "global_max_pooling1d": (
        lambda: (keras.layers.GlobalMaxPooling1D(), steps()),
        lambda x, **_: np.max(x, axis=1),
    ),
    "global_max_pooling2d": lambda: (keras.layers.GlobalMaxPooling2D(), images()),
    "adaptive_average_pooling2d": lambda: (
        keras.layers.AdaptiveAveragePooling2D((3, 4)),
        images(),
    ),
    "adaptive_max_pooling1d": lambda: (
        keras.layers.AdaptiveMaxPooling1D(2),
        steps(),
    ),
}

declare(CONTROLS)
