"""Controls: layers that merge or reshape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, images, rows, steps

_MERGED: dict[str, Callable[[list[Array]], Any]] = {
    "Add": lambda all_: np.sum(all_, axis=0),
    "Average": lambda all_: np.mean(all_, axis=0),
    "Concatenate": lambda all_: np.concatenate(all_, axis=-1),
    "Maximum": lambda all_: np.maximum(*all_),
    "Minimum": lambda all_: np.minimum(*all_),
    "Multiply": lambda all_: np.multiply(*all_),
    "Subtract": lambda all_: all_[0] - all_[1],
}


def _merged(name: str, formula: Callable[[list[Array]], Any]) -> Any:
    def build() -> Any:
        return getattr(keras.layers, name)(), [steps(), steps()]

    return build, lambda given, **_: formula(given)


CONTROLS: Table = {
    "dot": lambda: (keras.layers.Dot(axes=2), [steps(), steps()]),
    "dot_normalized": lambda: (
        keras.layers.Dot(axes=1, normalize=True),
        [rows(), rows()],
    ),
    "concatenate_steps": lambda: (
        keras.layers.Concatenate(axis=1),
        [steps(), steps(), steps()],
    ),
    "add_broadcast": lambda: (keras.layers.Add(), [steps(), steps()[:, :1]]),
    "reshape": lambda: (keras.layers.Reshape((-1, 4)), rows()),
    "permute": (
        lambda: (keras.layers.Permute((2, 1)), steps()),
        lambda x, **_: np.swapaxes(x, 1, 2),
    ),
    "flatten": (
        lambda: (keras.layers.Flatten(), images()),
        lambda x, **_: x.reshape(2, -1),
    ),
    "repeat_vector": lambda: (keras.layers.RepeatVector(3), rows()),
    "cropping1d": lambda: (keras.layers.Cropping1D((1, 2)), steps()),
    "cropping2d": lambda: (keras.layers.Cropping2D(((1, 0), (2, 1))), images()),
    "zero_padding1d": lambda: (keras.layers.ZeroPadding1D((2, 1)), steps()),
    "zero_padding2d": lambda: (keras.layers.ZeroPadding2D(((1, 0), (0, 2))), images()),
    "up_sampling1d": (
        lambda: (keras.layers.UpSampling1D(2), steps()),
        lambda x, **_: np.repeat(x, 2, axis=1),
    ),
    "up_sampling2d": lambda: (keras.layers.UpSampling2D((2, 1)), images()),
    "up_sampling2d_bilinear": lambda: (
        keras.layers.UpSampling2D(2, interpolation="bilinear"),
        images(),
    ),
}

declare(CONTROLS)
declare({name.lower(): _merged(name, formula) for name, formula in _MERGED.items()})
