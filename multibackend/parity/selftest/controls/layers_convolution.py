"""Controls: convolutions, in one to three dimensions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from multibackend.inputs import normal
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, images, steps

Weights = Mapping[str, Array]


def _slid(x: Array, *, weights: Weights) -> Array:
    """A kernel of 3 steps over `(batch, steps, channels)`, without padding."""
    kernel = weights["kernel"]  # (3, in, out)
    taps = [x[:, tap : x.shape[1] - 2 + tap] @ kernel[tap] for tap in range(3)]
    return np.sum(taps, axis=0) + weights["bias"]


def _causal(x: Array, *, weights: Weights) -> Array:
    return _slid(np.pad(x, ((0, 0), (2, 0), (0, 0))), weights=weights)


def _windows(x: Array, *, weights: Weights) -> Array:
    """A 3 by 3 kernel over `(batch, height, width, channels)`, without padding."""
    seen = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    return np.einsum("bhwcij,ijco->bhwo", seen, weights["kernel"]) + weights["bias"]


CONTROLS: Table = {
    "conv1d": (lambda: (keras.layers.Conv1D(4, 3), steps()), _slid),
    "conv1d_causal": (
        lambda: (keras.layers.Conv1D(4, 3, padding="causal"), steps()),
        _causal,
    ),
    "conv1d_same_strided": lambda: (
        keras.layers.Conv1D(4, 3, strides=2, padding="same"),
        steps(),
    ),
    "conv1d_dilated": lambda: (keras.layers.Conv1D(4, 2, dilation_rate=2), steps()),
    "conv2d": (lambda: (keras.layers.Conv2D(4, 3), images()), _windows),
    "conv2d_same_even_kernel": lambda: (
        keras.layers.Conv2D(4, 4, padding="same", activation="silu"),
        images(),
    ),
    "conv2d_same_strided": lambda: (
        keras.layers.Conv2D(4, 3, strides=2, padding="same"),
        images(),
    ),
    "conv2d_dilated": lambda: (
        keras.layers.Conv2D(4, 3, dilation_rate=(1, 2)),
        images(),
    ),
    "conv2d_groups": lambda: (
        keras.layers.Conv2D(6, 3, groups=3, use_bias=False),
        images(),
    ),
    "conv3d": lambda: (keras.layers.Conv3D(2, 2), normal(1, 4, 4, 4, 2)),
    "conv1d_transpose": lambda: (
        keras.layers.Conv1DTranspose(4, 3, strides=2),
        steps(),
    ),
    "conv2d_transpose": lambda: (
        keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
        images(),
    ),
    "conv2d_transpose_valid": lambda: (
        keras.layers.Conv2DTranspose(4, (3, 2)),
        images(),
    ),
    "depthwise_conv1d": lambda: (
        keras.layers.DepthwiseConv1D(3, depth_multiplier=2),
        steps(),
    ),
    "depthwise_conv2d": lambda: (
        keras.layers.DepthwiseConv2D(3, padding="same"),
        images(),
    ),
    "separable_conv1d": lambda: (
        keras.layers.SeparableConv1D(4, 3, padding="same"),
        steps(),
    ),
    "separable_conv2d": lambda: (
        keras.layers.SeparableConv2D(4, 3, strides=2),
        images(),
    ),
}

declare(CONTROLS)
