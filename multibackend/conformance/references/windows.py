"""Convolutions and poolings of any number of axes, tap by tap.

Images are `(batch, *space, channels)`. `same` pads as TensorFlow documents it: so that
the output has `ceil(length / stride)` places, one more behind than before if odd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["conv", "conv_transpose", "depthwise", "first", "pool", "separable"]

Array = npt.NDArray[Any]
Size = int | tuple[int, ...]
Weights = Mapping[str, Array]


def _each(size: Size, rank: int) -> tuple[int, ...]:
    return (size,) * rank if isinstance(size, int) else size


def _padded(
    x: Array,
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: str,
    value: float = 0.0,
) -> Array:
    pads = [(0, 0)]
    for length, size, stride, rate in zip(
        x.shape[1:-1], kernel, strides, dilation, strict=True
    ):
        reach = (size - 1) * rate + 1
        total = max((-(-length // stride) - 1) * stride + reach - length, 0)
        sides = {"valid": (0, 0), "causal": (reach - 1, 0)}
        pads.append(sides.get(padding, (total // 2, total - total // 2)))
    return np.pad(x, [*pads, (0, 0)], constant_values=value)


def _taps(
    x: Array,
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """For each place in the kernel: what it sees, `(batch, *out, channels)`."""
    space = x.shape[1:-1]
    lengths = [
        (n - (k - 1) * d - 1) // s + 1
        for n, k, s, d in zip(space, kernel, strides, dilation, strict=True)
    ]
    for tap in np.ndindex(*kernel):
        cut = tuple(
            slice(t * d, t * d + (length - 1) * s + 1, s)
            for t, d, s, length in zip(tap, dilation, strides, lengths, strict=True)
        )
        yield tap, x[(slice(None), *cut)]


def _slid(
    x: Array,
    kernel: tuple[int, ...],
    strides: Size,
    padding: str,
    dilation: Size,
    value: float = 0.0,
) -> Iterator[tuple[tuple[int, ...], Array]]:
    rank = x.ndim - 2
    steps, rates = _each(strides, rank), _each(dilation, rank)
    return _taps(_padded(x, kernel, steps, rates, padding, value), kernel, steps, rates)


def conv(
    x: Array,
    *,
    weights: Weights,
    strides: Size = 1,
    padding: str = "valid",
    dilation: Size = 1,
    groups: int = 1,
) -> Array:
    """A convolution with a kernel `(*size, channels / groups, filters)`."""
    kernel = weights["kernel"]
    inside, filters = x.shape[-1] // groups, kernel.shape[-1] // groups
    total: Any = 0
    for tap, seen in _slid(x, kernel.shape[:-2], strides, padding, dilation):
        parts = [
            seen[..., g * inside : (g + 1) * inside]
            @ kernel[tap][:, g * filters : (g + 1) * filters]
            for g in range(groups)
        ]
        total = total + np.concatenate(parts, axis=-1)
    return total + weights.get("bias", 0)


def depthwise(
    x: Array,
    *,
    weights: Weights,
    name: str = "kernel",
    strides: Size = 1,
    padding: str = "valid",
    dilation: Size = 1,
) -> Array:
    """Each channel by itself, with a kernel `(*size, channels, multiplier)`."""
    kernel = weights[name]
    total: Any = 0
    for tap, seen in _slid(x, kernel.shape[:-2], strides, padding, dilation):
        total = total + seen[..., None] * kernel[tap]
    return total.reshape(*total.shape[:-2], -1) + weights.get("bias", 0)


def separable(x: Array, *, weights: Weights, **options: Any) -> Array:
    """Each channel by itself, then all channels of a place."""
    name = "depthwise_kernel"
    between = depthwise(x, weights={name: weights[name]}, name=name, **options)
    pointwise = weights["pointwise_kernel"]
    return between @ pointwise.reshape(pointwise.shape[-2:]) + weights.get("bias", 0)


def conv_transpose(
    x: Array,
    *,
    weights: Weights,
    strides: Size = 1,
    padding: str = "valid",
    dilation: Size = 1,
    extra: Size | None = None,
) -> Array:
    """What the gradient of a convolution does, kernel `(*size, filters, channels)`.

    Each input adds its kernel to the places that the convolution would see.
    """
    kernel = weights["kernel"]
    rank, space = x.ndim - 2, x.shape[1:-1]
    steps, rates = _each(strides, rank), _each(dilation, rank)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel.shape[:-2], rates, strict=True)]
    lengths, starts = [], []
    for axis, (n, s, r) in enumerate(zip(space, steps, reach, strict=True)):
        if extra is None:
            length = n * s if padding == "same" else n * s + max(r - s, 0)
        else:
            more = _each(extra, rank)[axis]
            cut = 2 * (r // 2) if padding == "same" else 0
            length = (n - 1) * s + r - cut + more
        lengths.append(length)
        total = max((n - 1) * s + r - length, 0)
        starts.append(total // 2 if padding == "same" else 0)
    whole = [
        max((n - 1) * s + r, start + length)
        for n, s, r, start, length in zip(
            space, steps, reach, starts, lengths, strict=True
        )
    ]
    out = np.zeros((len(x), *whole, kernel.shape[-2]))
    for tap in np.ndindex(*kernel.shape[:-2]):
        cut = tuple(
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, d, s, n in zip(tap, rates, steps, space, strict=True)
        )
        out[(slice(None), *cut)] += x @ kernel[tap].T
    kept = tuple(
        slice(start, start + length)
        for start, length in zip(starts, lengths, strict=True)
    )
    return out[(slice(None), *kept)] + weights.get("bias", 0)


def pool(
    x: Array,
    *,
    kind: str,
    size: Size,
    strides: Size | None = None,
    padding: str = "valid",
    weights: Weights | None = None,
) -> Array:
    """The largest of each window, or the mean of what is no padding in it."""
    del weights
    kernel = _each(size, x.ndim - 2)
    steps = kernel if strides is None else strides
    if kind == "max":
        seen = _slid(x, kernel, steps, padding, 1, value=-np.inf)
        return np.max([each for _, each in seen], axis=0)
    total = sum(each for _, each in _slid(x, kernel, steps, padding, 1))
    ones = np.ones_like(x)
    return np.asarray(
        total / sum(each for _, each in _slid(ones, kernel, steps, padding, 1))
    )


def first(reference: Callable[..., Array]) -> Callable[..., Array]:
    """The same for images `(batch, channels, *space)`."""

    def moved(x: Array, **options: Any) -> Array:
        return np.moveaxis(reference(np.moveaxis(x, 1, -1), **options), -1, 1)

    return moved
