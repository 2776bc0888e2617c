"""Cases: patches, gates of channels, pixels and blur, in both layouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal
from multibackend.parity.cases.case import case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]
Reference = Callable[..., Array]


def _first(reference: Reference) -> Reference:
    """The same of images with channels first, whose outputs are too if they are images."""

    def turned(x: Array, *, weights: Weights) -> Array:
        y = reference(np.moveaxis(x, 1, -1), weights=weights)
        return np.moveaxis(y, -1, 1) if y.ndim == x.ndim else y

    return turned


def _patches(x: Array, *, weights: Weights) -> Array:
    """Each patch by itself, row by row: the sum of its elements times the kernel's."""
    kernel = weights["kernel"]  # (height, width, channels, units)
    high, broad = kernel.shape[:2]
    found = [
        np.tensordot(x[:, i : i + high, j : j + broad], kernel, axes=3)
        for i in range(0, x.shape[1], high)
        for j in range(0, x.shape[2], broad)
    ]
    return np.stack(found, axis=1) + weights.get("bias", 0.0)


def _gated(x: Array, *, weights: Weights) -> Array:
    """Each image by itself, by sums over its places."""
    y = np.empty(x.shape)
    for row in range(x.shape[0]):
        flat = x[row].reshape(-1, x.shape[-1])
        means = sum(flat) / len(flat)
        hidden = means @ weights["squeeze_kernel"] + weights.get("squeeze_bias", 0.0)
        hidden = np.where(hidden > 0, hidden, 0)
        gate = hidden @ weights["excite_kernel"] + weights.get("excite_bias", 0.0)
        y[row] = x[row] / (1 + np.exp(-gate))
    return y


def _shuffled(factor: int) -> Reference:
    def reference(x: Array, *, weights: Weights) -> Array:
        del weights
        batch, high, broad, channels = x.shape
        shape = (batch, high * factor, broad * factor, channels // factor**2)
        y = np.empty(shape)
        for _, h, w, c in np.ndindex(1, *shape[1:]):
            i, j = h % factor, w % factor
            channel = c * factor**2 + i * factor + j
            y[:, h, w, c] = x[:, h // factor, w // factor, channel]
        return y

    return reference


def _unshuffled(factor: int) -> Reference:
    def reference(x: Array, *, weights: Weights) -> Array:
        del weights
        batch, high, broad, channels = x.shape
        shape = (batch, high // factor, broad // factor, channels * factor**2)
        y = np.empty(shape)
        for _, h, w, channel in np.ndindex(1, *shape[1:]):
            c, place = divmod(channel, factor**2)
            i, j = divmod(place, factor)
            y[:, h, w, channel] = x[:, h * factor + i, w * factor + j, c]
        return y

    return reference


def _blurred(kernel: list[int], strides: int, padding: str) -> Reference:
    """Reads every place by its index, which is turned back at the edges."""

    def along(x: Array, axis: int) -> Array:
        x = np.moveaxis(x, axis, 0)
        size, left = len(x), (len(kernel) - 1) // 2
        rows: list[Array] = []
        for start in range(0, size, strides):
            total = np.zeros(x.shape[1:])
            for t, weight in enumerate(kernel):
                place = start + t - left
                if padding == "reflect":
                    place = abs(place)
                    place = min(place, 2 * (size - 1) - place)
                if 0 <= place < size:
                    total = total + weight / sum(kernel) * x[place]
            rows.append(total)
        return np.moveaxis(np.stack(rows), 0, axis)

    def reference(x: Array, *, weights: Weights) -> Array:
        del weights
        for axis in range(1, x.ndim - 1):
            x = along(x, axis)
        return x

    return reference


def _bad_patches() -> Mapping[str, Any]:
    from multibackend.layers import PatchEmbedding

    return {
        "three axes": normal(2, 6, 3),
        "other channels": normal(2, 6, 4, 2),
        "a rest of rows": normal(2, 5, 4, 3),
        "a rest of columns": normal(2, 6, 5, 3),
        "no patch": lambda: PatchEmbedding(0, 5),
        "three sizes": lambda: PatchEmbedding((2, 2, 2), 5),  # pyright: ignore[reportArgumentType]
        "no units": lambda: PatchEmbedding(2, 0),
        "a layout that is none": lambda: PatchEmbedding(2, 5, data_format="last"),
        "unknown channels": lambda: PatchEmbedding(
            2, 5, data_format="channels_last"
        ).build((None, 4, 4, None)),
    }


def _bad_gate() -> Mapping[str, Any]:
    from multibackend.layers import SqueezeExcitation

    return {
        "two axes": normal(2, 8),
        "other channels": normal(2, 3, 4, 6),
        "no ratio": lambda: SqueezeExcitation(0),
        "a ratio that is no integer": lambda: SqueezeExcitation(2.5),  # pyright: ignore[reportArgumentType]
        "an unknown activation": lambda: SqueezeExcitation(activation="no such"),
    }


def _bad_pixels() -> Mapping[str, Any]:
    from multibackend.layers import PixelShuffle

    return {
        "three axes": normal(2, 3, 8),
        "channels with a rest": normal(2, 3, 4, 6),
        "no factor": lambda: PixelShuffle(0),
    }


def _bad_squares() -> Mapping[str, Any]:
    from multibackend.layers import PixelUnshuffle

    return {
        "three axes": normal(2, 6, 4),
        "a rest of rows": normal(2, 5, 4, 3),
        "a rest of columns": normal(2, 6, 5, 3),
        "a factor that is no integer": lambda: PixelUnshuffle(2.0),  # pyright: ignore[reportArgumentType]
    }


def _bad_blur() -> Mapping[str, Any]:
    from multibackend.layers import BlurPool

    return {
        "two axes": normal(2, 8),
        "too short to be mirrored": normal(2, 1, 5, 3),
        "no kernel": lambda: BlurPool(0),
        "no strides": lambda: BlurPool(strides=0),
        "an unknown padding": lambda: BlurPool(padding="same"),
    }


@case(reference=_patches, bad=_bad_patches)
def patch_embedding() -> Any:
    from multibackend.layers import PatchEmbedding

    return PatchEmbedding(2, 5, data_format="channels_last"), normal(2, 6, 4, 3)


@variant(reference=_first(_patches))
def patch_embedding_channels_first() -> Any:
    from multibackend.layers import PatchEmbedding

    layer = PatchEmbedding((3, 2), 5, use_bias=False, data_format="channels_first")
    return layer, normal(2, 3, 6, 4)


@variant(reference=_patches)
def patch_embedding_one_patch() -> Any:
    from multibackend.layers import PatchEmbedding

    return PatchEmbedding((2, 4), 5, data_format="channels_last"), normal(1, 2, 4, 3)


@case(reference=_gated, bad=_bad_gate)
def squeeze_excitation() -> Any:
    from multibackend.layers import SqueezeExcitation

    return SqueezeExcitation(2, data_format="channels_last"), normal(2, 3, 4, 8)


@variant(reference=_first(_gated))
def squeeze_excitation_channels_first() -> Any:
    from multibackend.layers import SqueezeExcitation

    layer = SqueezeExcitation(16, use_bias=False, data_format="channels_first")
    return layer, normal(2, 8, 3, 4)


@variant(reference=_gated)
def squeeze_excitation_of_sequences() -> Any:
    from multibackend.layers import SqueezeExcitation

    return SqueezeExcitation(4, data_format="channels_last"), normal(2, 5, 8)


@case(reference=_shuffled(2), bad=_bad_pixels)
def pixel_shuffle() -> Any:
    from multibackend.layers import PixelShuffle

    return PixelShuffle(2, data_format="channels_last"), normal(2, 3, 4, 8)


@variant(reference=_first(_shuffled(3)))
def pixel_shuffle_channels_first() -> Any:
    from multibackend.layers import PixelShuffle

    return PixelShuffle(3, data_format="channels_first"), normal(2, 9, 2, 3)


@variant(reference=_shuffled(1))
def pixel_shuffle_by_one() -> Any:
    from multibackend.layers import PixelShuffle

    return PixelShuffle(1, data_format="channels_last"), normal(1, 3, 4, 2)


@case(reference=_unshuffled(2), bad=_bad_squares)
def pixel_unshuffle() -> Any:
    from multibackend.layers import PixelUnshuffle

    return PixelUnshuffle(2, data_format="channels_last"), normal(2, 6, 4, 3)


@variant(reference=_first(_unshuffled(3)))
def pixel_unshuffle_channels_first() -> Any:
    from multibackend.layers import PixelUnshuffle

    return PixelUnshuffle(3, data_format="channels_first"), normal(2, 2, 3, 6)


@case(reference=_blurred([1, 2, 1], 2, "reflect"), bad=_bad_blur)
def blur_pool() -> Any:
    from multibackend.layers import BlurPool

    return BlurPool(data_format="channels_last"), normal(2, 6, 5, 3)


@variant(reference=_first(_blurred([1, 3, 3, 1], 2, "reflect")))
def blur_pool_channels_first() -> Any:
    from multibackend.layers import BlurPool

    return BlurPool(4, data_format="channels_first"), normal(2, 3, 6, 5)


@variant(reference=_blurred([1, 4, 6, 4, 1], 3, "zeros"))
def blur_pool_zeros() -> Any:
    from multibackend.layers import BlurPool

    layer = BlurPool(5, strides=3, padding="zeros", data_format="channels_last")
    return layer, normal(2, 7, 4, 3)


@variant(reference=_blurred([1, 2, 1], 1, "reflect"))
def blur_pool_of_sequences() -> Any:
    from multibackend.layers import BlurPool

    return BlurPool(strides=1, data_format="channels_last"), normal(2, 2, 3)


@variant(reference=_first(_blurred([1, 1], 2, "zeros")))
def blur_pool_of_volumes() -> Any:
    from multibackend.layers import BlurPool

    layer = BlurPool(2, padding="zeros", data_format="channels_first")
    return layer, normal(1, 2, 4, 3, 2)
