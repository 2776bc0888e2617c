"""Cases: `SimpleDense` in its variants, each with its formula in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal
from multibackend.parity.cases.case import case

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _affine(x: Array, *, weights: Weights) -> Array:
    """`x @ kernel + bias`, over the last axis whatever the others are."""
    return x @ weights["kernel"] + weights["bias"]


def _relu(x: Array, *, weights: Weights) -> Array:
    return np.maximum(_affine(x, weights=weights), 0)


def _tanh(x: Array, *, weights: Weights) -> Array:
    return np.tanh(_affine(x, weights=weights))


def _product(x: Array, *, weights: Weights) -> Array:
    return x @ weights["kernel"]


def _mean_of_unmasked(x: Array, *, weights: Weights) -> Array:
    """The outputs of the steps that are not all zero, averaged: `(batch, units)`."""
    kept = np.any(x != 0, axis=-1, keepdims=True)  # (batch, steps, 1)
    outputs = _affine(x, weights=weights)  # (batch, steps, units)
    return np.sum(outputs * kept, axis=1) / np.sum(kept, axis=1)


def _no_dense() -> Mapping[str, Any]:
    """What `SimpleDense(8)` over 16 inputs refuses, and what cannot be made at all."""
    from multibackend.layers import SimpleDense

    return {
        "other width": normal(4, 5),
        "one axis": normal(16),
        "no units": lambda: SimpleDense(0),
        "units that are no integer": lambda: SimpleDense(2.5),  # pyright: ignore[reportArgumentType]
        "unknown width": lambda: SimpleDense(8).build((None, None)),
    }


# Most kernels are 16 by 8: JAX compiles every operation anew for every shape.


@case(reference=_affine, bad=_no_dense)
def simple_dense() -> Any:
    from multibackend.layers import SimpleDense

    return SimpleDense(8), normal(4, 16)


@case(reference=_relu)
def simple_dense_relu() -> Any:
    from multibackend.layers import SimpleDense

    return SimpleDense(8, activation="relu"), normal(4, 16)


@case(reference=_tanh)
def simple_dense_tanh() -> Any:
    from multibackend.layers import SimpleDense

    return SimpleDense(8, activation="tanh"), normal(4, 16)


@case(reference=_product)
def simple_dense_no_bias() -> Any:
    from multibackend.layers import SimpleDense

    return SimpleDense(8, use_bias=False), normal(4, 16)


@case(reference=_affine)
def simple_dense_steps() -> Any:
    from multibackend.layers import SimpleDense

    return SimpleDense(8), normal(2, 5, 16)


@case(reference=_affine)
def simple_dense_images() -> Any:
    from multibackend.layers import SimpleDense

    return SimpleDense(8), normal(2, 3, 5, 16)


@case(reference=_affine)
def simple_dense_single() -> Any:
    from multibackend.layers import SimpleDense

    return SimpleDense(1), normal(1, 1)


@case(reference=_affine)
def simple_dense_wide() -> Any:
    from multibackend.layers import SimpleDense

    return SimpleDense(32), normal(2, 784)


@case(reference=_mean_of_unmasked)
def simple_dense_masked() -> Any:
    import keras

    from multibackend.layers import SimpleDense

    steps = normal(3, 5, 16)
    steps[0, 3:] = 0  # the last two steps of the first row are padding
    steps[1, 1:] = 0
    # The average sees the mask only if SimpleDense hands it on.
    layers = [
        keras.layers.Masking(),
        SimpleDense(8),
        keras.layers.GlobalAveragePooling1D(),
    ]
    return keras.Sequential(layers), steps
