"""Cases: layers that tell a network where a step or a point is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, integers, normal, uniform
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]

# A reference gets the weights by keyword; most layers here have none: `**_`.


def _turned(x: Array, offset: Any, wavelength: float, *, interleaved: bool) -> Array:
    """Complex numbers times `exp(i p w)`; the steps are the first axis but one."""
    half = x.shape[-1] // 2
    first, second = (
        (x[..., 0::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])
    )
    places = np.asarray(offset)[..., None] + np.arange(x.shape[-2])
    turns = np.array([wavelength ** (-2 * i / (2 * half)) for i in range(half)])
    angles = places[..., None] * turns  # (..., steps, half)
    while angles.ndim < x.ndim and angles.ndim > 2:
        angles = angles[:, None]
    z = (first + 1j * second) * np.exp(1j * angles)
    if not interleaved:
        return np.concatenate([z.real, z.imag], axis=-1)
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)


def _halves(x: Array, offset: Any = 0, **_: Any) -> Array:
    """`(batch, steps, heads, size)`, with the heads moved out of the way."""
    moved = np.swapaxes(x, 1, 2)
    turned = _turned(moved, offset, 10000.0, interleaved=False)
    return np.swapaxes(turned, 1, 2)


def _neighbours(x: Array, offset: Any = 0, **_: Any) -> Array:
    """`(batch, heads, steps, size)` or `(batch, steps, size)`."""
    return _turned(x, offset, 100.0, interleaved=True)


def _no_rotary() -> Mapping[str, Any]:
    from multibackend.layers import RotaryEmbedding

    return {
        "odd size": lambda: RotaryEmbedding()(normal(2, 5, 7)),
        "other size": normal(2, 5, 3, 6),
        "two axes": lambda: RotaryEmbedding()(normal(2, 8)),
        "steps at the last axis": lambda: RotaryEmbedding(axis=-1)(normal(2, 5, 8)),
        "steps at the batch": lambda: RotaryEmbedding(axis=0)(normal(2, 5, 8)),
        "steps at no axis": lambda: RotaryEmbedding(axis=4)(normal(2, 5, 8)),
        "wavelength": lambda: RotaryEmbedding(1.0),
        "text for an axis": lambda: RotaryEmbedding(axis="1"),  # pyright: ignore[reportArgumentType]
        "fractional offset": arguments(normal(2, 5, 3, 8), offset=0.5),
        "float offsets": arguments(normal(2, 5, 3, 8), offset=normal(2)),
        "offsets of too many rows": arguments(
            normal(2, 5, 3, 8), offset=integers(3, high=4)
        ),
        "matrix of offsets": arguments(
            normal(2, 5, 3, 8), offset=integers(2, 5, high=4)
        ),
        "unknown size": lambda: RotaryEmbedding().build((None, None, None)),
    }


@case(reference=_halves, bad=_no_rotary)
def rotary_embedding() -> Any:
    from multibackend.layers import RotaryEmbedding

    return RotaryEmbedding(), normal(2, 5, 3, 8)


@variant(reference=_halves)
def rotary_embedding_offset() -> Any:
    from multibackend.layers import RotaryEmbedding

    return RotaryEmbedding(), arguments(normal(2, 5, 3, 8), offset=7)


@variant(reference=_halves)
def rotary_embedding_offsets_by_row() -> Any:
    from multibackend.layers import RotaryEmbedding

    offset = array(np.array([3, -2], "int32"))
    return RotaryEmbedding(), arguments(normal(2, 5, 3, 8), offset=offset)


@variant(reference=_neighbours)
def rotary_embedding_interleaved() -> Any:
    from multibackend.layers import RotaryEmbedding

    layer = RotaryEmbedding(100.0, interleaved=True, axis=2)
    return layer, arguments(normal(2, 3, 5, 8), offset=2)


@variant(reference=_neighbours)
def rotary_embedding_without_heads() -> Any:
    from multibackend.layers import RotaryEmbedding

    return RotaryEmbedding(100.0, interleaved=True, axis=-2), normal(2, 5, 8)


@variant(reference=_halves)
def rotary_embedding_single_step() -> Any:
    from multibackend.layers import RotaryEmbedding

    return RotaryEmbedding(), arguments(normal(1, 1, 3, 8), offset=100)


def _waves(
    x: Array, offset: Any, *, wavelength: float = 10000.0, interleaved: bool = True
) -> Array:
    """Each encoding by itself, from the formula."""
    batch, steps, width = x.shape
    pairs = math.ceil(width / 2)
    starts = np.broadcast_to(np.asarray(offset), (batch,))
    y = np.array(x)
    for row in range(batch):
        for step in range(steps):
            for feature in range(width):
                pair = feature // 2 if interleaved else feature % pairs
                sine = feature % 2 == 0 if interleaved else feature < pairs
                angle = (starts[row] + step) / wavelength ** (2 * pair / width)
                wave = math.sin(angle) if sine else math.cos(angle)
                y[row, step, feature] += wave
    return y


def _encoded(x: Array, offset: Any = 0, **_: Any) -> Array:
    return _waves(x, offset)


def _encoded_in_halves(x: Array, offset: Any = 0, **_: Any) -> Array:
    return _waves(x, offset, wavelength=50.0, interleaved=False)


def _no_encoding() -> Mapping[str, Any]:
    from multibackend.layers import SinusoidalEncoding

    return {
        "other width": normal(2, 5, 4),
        "two axes": lambda: SinusoidalEncoding()(normal(2, 8)),
        "four axes": lambda: SinusoidalEncoding()(normal(2, 5, 3, 8)),
        "wavelength": lambda: SinusoidalEncoding(-1.0),
        "unknown width": lambda: SinusoidalEncoding().build((None, None, None)),
        "flag": lambda: SinusoidalEncoding(interleaved=1),  # pyright: ignore[reportArgumentType]
        "float offsets": arguments(normal(2, 5, 8), offset=normal(2)),
        "true for an offset": arguments(normal(2, 5, 8), offset=True),
    }


@case(reference=_encoded, bad=_no_encoding)
def sinusoidal_encoding() -> Any:
    from multibackend.layers import SinusoidalEncoding

    return SinusoidalEncoding(), normal(2, 5, 8)


@variant(reference=_encoded)
def sinusoidal_encoding_odd_width() -> Any:
    from multibackend.layers import SinusoidalEncoding

    return SinusoidalEncoding(), arguments(normal(2, 5, 7), offset=30)


@variant(reference=_encoded_in_halves)
def sinusoidal_encoding_in_halves() -> Any:
    from multibackend.layers import SinusoidalEncoding

    offset = array(np.array([0, 4], "int32"))
    layer = SinusoidalEncoding(50.0, interleaved=False)
    return layer, arguments(normal(2, 5, 7), offset=offset)


@variant(reference=_encoded)
def sinusoidal_encoding_single_step() -> Any:
    from multibackend.layers import SinusoidalEncoding

    return SinusoidalEncoding(), normal(1, 1, 8)


def _features(x: Array, *, weights: Weights) -> Array:
    """Real and imaginary parts of one complex exponential."""
    z = np.exp(2j * np.pi * np.einsum("...i,iu->...u", x, weights["projection"]))
    return np.concatenate([z.real, z.imag], axis=-1)


def _no_features() -> Mapping[str, Any]:
    from multibackend.layers import FourierFeatures

    return {
        "other width": normal(4, 2),
        "one axis": normal(3),
        "no units": lambda: FourierFeatures(0),
        "no scale": lambda: FourierFeatures(4, 0.0),
        "negative seed": lambda: FourierFeatures(4, seed=-1),
        "unknown width": lambda: FourierFeatures(4).build((None, None)),
    }


@case(reference=_features, bad=_no_features)
def fourier_features() -> Any:
    from multibackend.layers import FourierFeatures

    return FourierFeatures(8, seed=1), uniform(4, 3, low=-1.0, high=1.0)


@variant(reference=_features)
def fourier_features_trained() -> Any:
    from multibackend.layers import FourierFeatures

    layer = FourierFeatures(8, 2.0, train_projection=True, seed=1)
    return layer, uniform(2, 5, 3, low=-1.0, high=1.0)


@variant(reference=_features)
def fourier_features_of_a_number() -> Any:
    from multibackend.layers import FourierFeatures

    return FourierFeatures(1, seed=1), uniform(1, 1)


def _press(x: Array, offset: Any = None, **_: Any) -> Array:
    """Each bias by itself, the slopes by the recursion of the authors' code."""

    def slopes(heads: int) -> list[float]:
        if math.log2(heads).is_integer():
            start = 2 ** (-(2 ** -(math.log2(heads) - 3)))
            return [start * start**i for i in range(heads)]
        power = 2 ** int(math.log2(heads))
        return slopes(power) + slopes(2 * power)[0::2][: heads - power]

    batch, heads, queries, keys = x.shape
    starts = np.broadcast_to(keys - queries if offset is None else offset, (batch,))
    y = np.array(x)
    for row in range(batch):
        for head, slope in enumerate(slopes(heads)):
            for query in range(queries):
                for key in range(keys):
                    gap = abs(starts[row] + query - key)
                    y[row, head, query, key] -= slope * gap
    return y


def _no_alibi() -> Mapping[str, Any]:
    from multibackend.layers import ALiBi

    return {
        "three axes": lambda: ALiBi()(normal(4, 5, 5)),
        "other heads": normal(2, 3, 5, 5),
        "no slope": lambda: ALiBi(0.0),
        "unknown heads": lambda: ALiBi().build((None, None, 5, 5)),
        "float offsets": arguments(normal(2, 4, 5, 5), offset=normal(2)),
    }


@case(reference=_press, bad=_no_alibi)
def alibi() -> Any:
    from multibackend.layers import ALiBi

    return ALiBi(), normal(2, 4, 5, 5)


@variant(reference=_press)
def alibi_of_six_heads_in_decoding() -> Any:
    from multibackend.layers import ALiBi

    return ALiBi(), normal(2, 6, 2, 5)


@variant(reference=_press)
def alibi_offsets_by_row() -> Any:
    from multibackend.layers import ALiBi

    offset = array(np.array([0, 4], "int32"))
    return ALiBi(), arguments(normal(2, 4, 2, 5), offset=offset)


@variant(reference=_press)
def alibi_single() -> Any:
    from multibackend.layers import ALiBi

    return ALiBi(), normal(1, 1, 1, 1)
