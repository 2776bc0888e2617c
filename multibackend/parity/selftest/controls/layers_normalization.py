"""Controls: normalization layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from multibackend.inputs import mask
from multibackend.parity.cases.case import arguments
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, images, rows, steps

Weights = Mapping[str, Array]


def _layer(x: Array, *, weights: Weights) -> Array:
    centered = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centered**2, axis=-1, keepdims=True)
    return centered / np.sqrt(variance + 1e-3) * weights["gamma"] + weights["beta"]


def _batch(x: Array, *, weights: Weights) -> Array:
    """Inference: the moving statistics, not those of the batch."""
    centered = x - weights["moving_mean"]
    scale = weights["gamma"] / np.sqrt(weights["moving_variance"] + 1e-3)
    return centered * scale + weights["beta"]


def _root_mean_square(x: Array, *, weights: Weights) -> Array:
    square = np.mean(x**2, axis=-1, keepdims=True)
    return x / np.sqrt(square + 1e-6) * weights["scale"]


def _unit(x: Array, *, weights: Weights) -> Array:
    del weights
    return x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True))


CONTROLS: Table = {
    "layer_normalization": (
        lambda: (keras.layers.LayerNormalization(), steps()),
        _layer,
    ),
    "layer_normalization_two_axes": lambda: (
        keras.layers.LayerNormalization(axis=(1, 2), center=False),
        steps(),
    ),
    "batch_normalization": (
        lambda: (keras.layers.BatchNormalization(), rows()),
        _batch,
    ),
    "batch_normalization_on_images": lambda: (
        keras.layers.BatchNormalization(momentum=0.5, epsilon=1e-5),
        images(),
    ),
    "batch_normalization_plain": lambda: (
        keras.layers.BatchNormalization(center=False, scale=False),
        rows(),
    ),
    "batch_normalization_masked": lambda: (
        keras.layers.BatchNormalization(),
        arguments(steps(), mask=mask(2, 5)),
    ),
    "group_normalization": lambda: (
        keras.layers.GroupNormalization(groups=4),
        steps(),
    ),
    "group_normalization_by_channel": lambda: (
        keras.layers.GroupNormalization(groups=-1),
        images(),
    ),
    "rms_normalization": (
        lambda: (keras.layers.RMSNormalization(), steps()),
        _root_mean_square,
    ),
    "unit_normalization": (
        lambda: (keras.layers.UnitNormalization(), rows()),
        _unit,
    ),
    "spectral_normalization": lambda: (
        keras.layers.SpectralNormalization(keras.layers.Dense(8)),
        rows(),
    ),
}

declare(CONTROLS)
