"""Controls: core, embedding and preprocessing layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from multibackend.inputs import integers, normal, tokens
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import (
    Array,
    images,
    rows,
    steps,
    wide,
)

Weights = Mapping[str, Array]


def _affine(x: Array, *, weights: Weights) -> Array:
    return x @ weights["kernel"] + weights["bias"]


def _tanh(x: Array, *, weights: Weights) -> Array:
    return np.tanh(_affine(x, weights=weights))


def _product(x: Array, *, weights: Weights) -> Array:
    return x @ weights["kernel"]


def _heads(x: Array, *, weights: Weights) -> Array:
    """`(batch, steps, in)` by `(in, heads, out)`."""
    return np.einsum("abc,cde->abde", x, weights["kernel"]) + weights["bias"]


def _rows_of(ids: Array, *, weights: Weights) -> Array:
    return weights["embeddings"][ids]


def _counts(ids: Array, *, weights: Weights) -> Array:
    """How often each of 6 ids stands in a row."""
    del weights
    return (np.asarray(ids)[:, :, None] == np.arange(6)).sum(axis=1).astype(float)


def _standardized(x: Array, *, weights: Weights) -> Array:
    del weights
    mean, variance = np.arange(8) / 4, np.arange(1, 9) / 2
    return (wide(x) - mean) / np.sqrt(variance)


def _same(x: Array, *, weights: Weights) -> Array:
    del weights
    return x


def _masked_steps() -> Any:
    padded = steps()
    padded[0, 3:] = 0
    # The average sees the mask that Masking made.
    layers = [keras.layers.Masking(), keras.layers.GlobalAveragePooling1D()]
    return keras.Sequential(layers), padded


def _tied() -> Any:
    """An embedding whose transpose gives the scores."""
    inputs = keras.Input((5,), dtype="int32")
    embedding = keras.layers.ReversibleEmbedding(12, 8)
    outputs = embedding(embedding(inputs), reverse=True)
    return keras.Model(inputs, outputs), tokens(2, 5, vocabulary=12)


CONTROLS: Table = {
    "dense": (lambda: (keras.layers.Dense(8), rows()), _affine),
    "dense_tanh": (lambda: (keras.layers.Dense(8, "tanh"), rows()), _tanh),
    "dense_no_bias": (
        lambda: (keras.layers.Dense(8, use_bias=False), rows()),
        _product,
    ),
    "dense_on_steps": (lambda: (keras.layers.Dense(4), steps()), _affine),
    "dense_penalized_bias": lambda: (
        keras.layers.Dense(8, bias_regularizer=keras.regularizers.L2(0.125)),
        rows(),
    ),
    "einsum_dense": (
        lambda: (
            keras.layers.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="de"),
            steps(),
        ),
        _heads,
    ),
    "einsum_dense_over_two_axes": lambda: (
        keras.layers.EinsumDense("abc,bcd->ad", 6, activation="silu"),
        steps(),
    ),
    "embedding": (
        lambda: (keras.layers.Embedding(12, 8), tokens(2, 5, vocabulary=12)),
        _rows_of,
    ),
    "embedding_masked": lambda: (
        keras.Sequential(
            [
                keras.layers.Embedding(12, 8, mask_zero=True),
                keras.layers.GlobalAveragePooling1D(),
            ]
        ),
        tokens(2, 5, vocabulary=12),
    ),
    "embedding_tied": _tied,
    "identity": (lambda: (keras.layers.Identity(), rows()), _same),
    "masking": _masked_steps,
    "category_counts": (
        lambda: (
            keras.layers.CategoryEncoding(6, output_mode="count"),
            integers(4, 5, high=6),
        ),
        _counts,
    ),
    "category_multi_hot": lambda: (
        keras.layers.CategoryEncoding(6, output_mode="multi_hot"),
        integers(4, 5, high=6),
    ),
    "discretization": lambda: (
        keras.layers.Discretization(bin_boundaries=[-1.0, 0.0, 1.0]),
        rows(),
    ),
    "standardization": (
        lambda: (
            keras.layers.Normalization(
                mean=np.arange(8) / 4, variance=np.arange(1, 9) / 2
            ),
            steps(),
        ),
        _standardized,
    ),
    "rescaling": (
        lambda: (keras.layers.Rescaling(0.5, offset=-1.0), images()),
        lambda x, **_: wide(x) * 0.5 - 1.0,
    ),
    "center_crop": lambda: (keras.layers.CenterCrop(4, 6), images()),
    "resizing_bilinear": lambda: (keras.layers.Resizing(4, 6), images()),
    "resizing_nearest": lambda: (
        keras.layers.Resizing(16, 16, interpolation="nearest"),
        images(),
    ),
    "spectrogram": lambda: (
        keras.layers.STFTSpectrogram(frame_length=16, frame_step=8, fft_length=16),
        normal(1, 64, 1),
    ),
}

declare(CONTROLS)
