"""Controls: layers that regularize; those that draw do so in training only."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import images, rows, steps


def _same(x: Any, *, weights: Any) -> Any:
    del weights
    return x


def _affine(x: Any, *, weights: Any) -> Any:
    return x @ weights["kernel"] + weights["bias"]


def _penalized(kind: str) -> Any:
    """A dense layer whose kernel is penalized: the penalty is an added loss."""
    regularizer = {
        "l1": lambda: keras.regularizers.L1(0.125),
        "l1_l2": lambda: keras.regularizers.L1L2(0.125, 0.25),
        "orthogonal": lambda: keras.regularizers.OrthogonalRegularizer(0.125),
    }[kind]()
    return keras.layers.Dense(8, kernel_regularizer=regularizer), rows()


CONTROLS: Table = {
    "dropout": (lambda: (keras.layers.Dropout(0.5), rows()), _same),
    "dropout_of_nothing": (lambda: (keras.layers.Dropout(0.0), rows()), _same),
    "spatial_dropout": (lambda: (keras.layers.SpatialDropout2D(0.3), images()), _same),
    "gaussian_noise": (lambda: (keras.layers.GaussianNoise(0.1), steps()), _same),
    "activity_regularization": lambda: (
        keras.layers.ActivityRegularization(l1=0.125, l2=0.25),
        rows(),
    ),
    "dense_activity": lambda: (
        keras.layers.Dense(8, activity_regularizer=keras.regularizers.L2(0.5)),
        rows(),
    ),
    "dense_l1": (lambda: _penalized("l1"), _affine),
    "dense_l1_l2": (lambda: _penalized("l1_l2"), _affine),
    "dense_orthogonal": (lambda: _penalized("orthogonal"), _affine),
    "dense_max_norm": lambda: (
        keras.layers.Dense(8, "tanh", kernel_constraint=keras.constraints.MaxNorm(1)),
        rows(),
    ),
    "dense_unit_norm": (
        lambda: (
            keras.layers.Dense(8, "tanh", kernel_constraint="unit_norm"),
            rows(),
        ),
        lambda x, *, weights: np.tanh(_affine(x, weights=weights)),
    ),
}

declare(CONTROLS)
