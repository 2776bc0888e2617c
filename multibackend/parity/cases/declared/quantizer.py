"""Cases: `VectorQuantizer` with a learned and with an averaged codebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import mask, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _quantized(x: Array, codes: Array) -> Array:
    """Each vector's nearest code, by its distances one by one."""
    found = np.empty_like(x, dtype=np.float64)
    for place in np.ndindex(x.shape[:-1]):
        distances = [float(np.sum((x[place] - code) ** 2)) for code in codes]
        found[place] = codes[distances.index(min(distances))]
    return found


def _learned(x: Array, mask: Any = None, *, weights: Weights) -> Array:  # noqa: ARG001 - it changes the losses only
    return _quantized(x, weights["codebook"])


def _averaged(x: Array, mask: Any = None, *, weights: Weights) -> Array:  # noqa: ARG001 - it changes the losses only
    """Codes are sums over smoothed sizes."""
    sizes = weights["code_sizes"].astype(np.float64)
    total = sizes.sum()
    codes = np.empty_like(weights["code_sums"], dtype=np.float64)
    for place, size in enumerate(sizes):
        smoothed = total * (size + 1e-5) / (total + 1e-5 * len(sizes))
        codes[place] = weights["code_sums"][place] / smoothed
    return _quantized(x, codes)


def _plainly_averaged(x: Array, *, weights: Weights) -> Array:
    return _quantized(x, weights["code_sums"] / weights["code_sizes"][:, None])


def _straight(x: Array, mask: Any = None, *, weights: Weights) -> Array:  # noqa: ARG001 - as the references
    """The identity: gradients pass the codes by."""
    return x


#: What the gradients belong to: outputs are steps of their inputs.
SURROGATES = dict.fromkeys(
    [
        "vector_quantizer",
        "vector_quantizer_steps",
        "vector_quantizer_images_masked",
        "vector_quantizer_single_code",
        "vector_quantizer_average",
        "vector_quantizer_average_masked",
        "vector_quantizer_average_not_smoothed",
    ],
    _straight,
)


def _no_vectors() -> Mapping[str, Any]:
    """What `VectorQuantizer(6)` over 4 numbers refuses, and what cannot be made."""
    from multibackend.layers import VectorQuantizer

    def built() -> Any:
        layer = VectorQuantizer(6)
        layer.build((None, 4))
        return layer

    return {
        "other width": normal(5, 3),
        "one axis": normal(4),
        "mask of another length": arguments(normal(2, 5, 4), mask=mask(2, 3)),
        "no codes": lambda: VectorQuantizer(0),
        "negative commitment": lambda: VectorQuantizer(6, commitment=-1.0),
        "decay above one": lambda: VectorQuantizer(6, decay=1.1),
        "negative smoothing": lambda: VectorQuantizer(6, smoothing=-1e-5),
        "unknown width": lambda: VectorQuantizer(6).build((None, None)),
        "index of no code": lambda: built().decode([0, 6]),
        "negative index": lambda: built().decode([-1]),
        "vectors to encode of another width": lambda: built().encode(normal(2, 3)),
        "not built": lambda: VectorQuantizer(6).decode([0]),
    }


@case(reference=_learned, bad=_no_vectors)
def vector_quantizer() -> Any:
    from multibackend.layers import VectorQuantizer

    return VectorQuantizer(6), normal(5, 4)


@variant(reference=_learned)
def vector_quantizer_steps() -> Any:
    from multibackend.layers import VectorQuantizer

    return VectorQuantizer(6, commitment=1.0), normal(2, 3, 4)


@variant(reference=_learned)
def vector_quantizer_images_masked() -> Any:
    from multibackend.layers import VectorQuantizer

    x = normal(2, 3, 2, 4)
    return VectorQuantizer(6), arguments(x, mask=mask(2, 3))


@variant(reference=_learned)
def vector_quantizer_single_code() -> Any:
    from multibackend.layers import VectorQuantizer

    return VectorQuantizer(1), normal(1, 2)


@variant(reference=_averaged)
def vector_quantizer_average() -> Any:
    from multibackend.layers import VectorQuantizer

    return VectorQuantizer(6, moving_average=True, decay=0.8), normal(5, 4)


@variant(reference=_averaged)
def vector_quantizer_average_masked() -> Any:
    from multibackend.layers import VectorQuantizer

    x = normal(2, 5, 4)
    layer = VectorQuantizer(6, moving_average=True)
    return layer, arguments(x, mask=mask(2, 5))


@variant(reference=_plainly_averaged)
def vector_quantizer_average_not_smoothed() -> Any:
    from multibackend.layers import VectorQuantizer

    layer = VectorQuantizer(6, moving_average=True, decay=0.5, smoothing=0.0)
    return layer, normal(2, 3, 4)


def _autoencoder(*, moving_average: bool) -> Any:
    import keras

    from multibackend.layers import VectorQuantizer

    layers = [
        keras.Input((4,)),
        keras.layers.Dense(3),
        VectorQuantizer(6, moving_average=moving_average, decay=0.7),
        keras.layers.Dense(4),
    ]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.1), loss=keras.losses.MeanSquaredError())
    return model


@case
def vector_quantizer_in_an_autoencoder() -> Any:
    x = normal(16, 4)
    return _autoencoder(moving_average=False), (x, x)


@case
def vector_quantizer_average_in_an_autoencoder() -> Any:
    x = normal(16, 4)
    return _autoencoder(moving_average=True), (x, x)
