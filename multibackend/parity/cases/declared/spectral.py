"""Cases: spectral convolutions, each against sums over all pairs of places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal
from multibackend.parity.cases.case import case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _circular(x: Array, response: Array) -> Array:
    """The circular convolution of every row with a response `(..., channels, filters)`."""
    space = x.shape[1:-1]
    y = np.zeros((*x.shape[:-1], response.shape[-1]))
    for target in np.ndindex(space):
        for source in np.ndindex(space):
            shift = tuple(np.subtract(target, source) % space)
            y[(slice(None), *target)] += x[(slice(None), *source)] @ response[shift]
    return y


def _kernel(weights: Weights) -> Array:
    return np.asarray(weights["kernel_real"] + 1j * weights["kernel_imag"])


def _line(x: Array, *, weights: Weights) -> Array:
    """The same layer as a convolution with the waves of its frequencies."""
    kernel, (_, steps, _) = _kernel(weights), x.shape
    response = np.zeros((steps, *kernel.shape[1:]))
    for k, matrix in enumerate(kernel):
        for n in range(steps):
            wave = matrix * np.exp(2j * np.pi * k * n / steps)
            # A frequency and its negative, unless both are the same.
            response[n] += wave.real * (1 if 2 * k % steps == 0 else 2) / steps
    return _circular(x, response)


def _plane(x: Array, *, weights: Weights) -> Array:
    """The same in two dimensions, by the inverse of the fast transform of NumPy.

    The last step of the inverse drops imaginary parts of the columns 0 and half of
    the width, and so does this: they are made symmetric before.
    """
    kernel, (_, high, broad, _) = _kernel(weights), x.shape
    modes = kernel.shape[0] // 2
    whole = np.zeros((high, broad, *kernel.shape[2:]), complex)
    for place, i in enumerate([*range(modes), *range(-modes, 0)]):
        for j in range(kernel.shape[1]):
            # Half for the frequency, half conjugated for its negative.
            share = 0.5 if 2 * j % broad == 0 else 1.0
            whole[i % high, j] += share * kernel[place, j]
            whole[-i % high, -j % broad] += share * np.conj(kernel[place, j])
    return _circular(x, np.fft.ifft2(whole, axes=(0, 1)).real)


def _line_first(x: Array, *, weights: Weights) -> Array:
    return np.moveaxis(_line(np.moveaxis(x, 1, -1), weights=weights), -1, 1)


def _plane_first(x: Array, *, weights: Weights) -> Array:
    return np.moveaxis(_plane(np.moveaxis(x, 1, -1), weights=weights), -1, 1)


def _bad_line() -> Mapping[str, Any]:
    from multibackend.layers import SpectralConv1D

    return {
        "two axes": normal(2, 8),
        "other channels": normal(2, 8, 2),
        "too few steps": normal(2, 3, 3),
        "no modes": lambda: SpectralConv1D(4, 0),
        "no filters": lambda: SpectralConv1D(0, 3),
        "unknown channels": lambda: SpectralConv1D(
            4, 3, data_format="channels_last"
        ).build((None, 8, None)),
        "a layout that is none": lambda: SpectralConv1D(4, 3, data_format="last"),
    }


def _bad_plane() -> Mapping[str, Any]:
    from multibackend.layers import SpectralConv2D

    return {
        "three axes": normal(2, 8, 3),
        "other channels": normal(2, 6, 8, 2),
        "too low": normal(2, 3, 8, 3),
        "too narrow": normal(2, 6, 3, 3),
        "three modes": lambda: SpectralConv2D(4, (2, 2, 2)),  # pyright: ignore[reportArgumentType]
        "modes that are no integers": lambda: SpectralConv2D(4, (2.0, 2)),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_line, bad=_bad_line)
def spectral_conv1d() -> Any:
    from multibackend.layers import SpectralConv1D

    return SpectralConv1D(4, 3, data_format="channels_last"), normal(2, 8, 3)


@variant(reference=_line)
def spectral_conv1d_all_modes() -> Any:
    from multibackend.layers import SpectralConv1D

    # The last of them is half of the length, which is its own negative.
    return SpectralConv1D(4, 5, data_format="channels_last"), normal(2, 8, 3)


@variant(reference=_line_first)
def spectral_conv1d_channels_first() -> Any:
    from multibackend.layers import SpectralConv1D

    return SpectralConv1D(2, 4, data_format="channels_first"), normal(2, 3, 7)


@variant(reference=_line)
def spectral_conv1d_single() -> Any:
    from multibackend.layers import SpectralConv1D

    return SpectralConv1D(2, 1, data_format="channels_last"), normal(1, 1, 3)


@case(reference=_plane, bad=_bad_plane)
def spectral_conv2d() -> Any:
    from multibackend.layers import SpectralConv2D

    return SpectralConv2D(4, (2, 3), data_format="channels_last"), normal(2, 6, 8, 3)


@variant(reference=_plane)
def spectral_conv2d_all_modes() -> Any:
    from multibackend.layers import SpectralConv2D

    return SpectralConv2D(2, (2, 3), data_format="channels_last"), normal(2, 4, 4, 3)


@variant(reference=_plane_first)
def spectral_conv2d_channels_first() -> Any:
    from multibackend.layers import SpectralConv2D

    return SpectralConv2D(2, 2, data_format="channels_first"), normal(2, 3, 5, 7)
