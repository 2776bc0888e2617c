"""Controls: losses of classes and of overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import integers, normal, uniform
from multibackend.parity.cases.case import arguments
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import (
    Array,
    one_hot,
    probabilities,
    shares,
    wide,
)


def _binary() -> Any:
    return integers(8, 3, high=2), probabilities(8, 3)


def _binary_scores() -> Any:
    return integers(8, 3, high=2), normal(8, 3, std=3.0)


def _classes() -> Any:
    return one_hot(), shares(seed=1)


def _class_scores() -> Any:
    return one_hot(), normal(8, 4, std=3.0)


def _crossentropy(y: Any, scores: Array) -> Array:
    """Per row, of scores: log-sum-exp less the score of the class."""
    top = scores.max(axis=-1)
    whole = top + np.log(np.exp(scores - top[:, None]).sum(axis=-1))
    return whole - np.sum(wide(y) * scores, axis=-1)


def _binary_crossentropy(y: Any, p: Array) -> Array:
    return -np.mean(wide(y) * np.log(p) + (1 - wide(y)) * np.log1p(-p), axis=-1)


def _sparse(y: Any, scores: Array) -> Array:
    return _crossentropy(np.eye(4)[np.asarray(y)], scores)


def _sparse_ignoring_two(y: Any, scores: Array) -> Any:
    kept = np.asarray(y) != 2
    return np.sum(_sparse(y, scores) * kept) / np.sum(kept)


def _dice(y: Any, p: Array) -> Any:
    shared = 2 * np.sum(wide(y) * p)
    return 1 - shared / (np.sum(wide(y)) + np.sum(p) + 1e-7)


CONTROLS: Table = {
    "binary_crossentropy_none": (
        lambda: (keras.losses.BinaryCrossentropy(reduction=None), _binary()),
        _binary_crossentropy,
    ),
    "binary_crossentropy_smoothed": lambda: (
        keras.losses.BinaryCrossentropy(label_smoothing=0.25),
        _binary(),
    ),
    "binary_crossentropy_of_scores_sum": lambda: (
        keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum"),
        _binary_scores(),
    ),
    "binary_focal_crossentropy": lambda: (
        keras.losses.BinaryFocalCrossentropy(gamma=2.0),
        _binary(),
    ),
    "binary_focal_crossentropy_balanced": lambda: (
        keras.losses.BinaryFocalCrossentropy(
            apply_class_balancing=True, alpha=0.25, from_logits=True
        ),
        _binary_scores(),
    ),
    "categorical_crossentropy_of_scores": (
        lambda: (
            keras.losses.CategoricalCrossentropy(from_logits=True),
            _class_scores(),
        ),
        lambda y, scores: np.mean(_crossentropy(y, scores)),
    ),
    "categorical_crossentropy_none": lambda: (
        keras.losses.CategoricalCrossentropy(reduction=None),
        _classes(),
    ),
    "categorical_crossentropy_weighed": lambda: (
        keras.losses.CategoricalCrossentropy(label_smoothing=0.125),
        arguments(*_classes(), sample_weight=uniform(8, low=0.5, high=2.0)),
    ),
    "categorical_focal_crossentropy": lambda: (
        keras.losses.CategoricalFocalCrossentropy(alpha=0.25),
        _classes(),
    ),
    "categorical_generalized": lambda: (
        keras.losses.CategoricalGeneralizedCrossEntropy(q=0.5),
        (integers(8, high=4), shares(seed=2)),
    ),
    "categorical_hinge": lambda: (keras.losses.CategoricalHinge(), _class_scores()),
    "sparse_crossentropy_none": (
        lambda: (
            keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, reduction=None
            ),
            (integers(8, high=4), normal(8, 4, std=3.0)),
        ),
        _sparse,
    ),
    "sparse_crossentropy_ignoring_a_class": (
        lambda: (
            keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, ignore_class=2
            ),
            (integers(8, high=4), normal(8, 4, std=3.0)),
        ),
        _sparse_ignoring_two,
    ),
    "sparse_crossentropy_sum": lambda: (
        keras.losses.SparseCategoricalCrossentropy(reduction="sum"),
        (integers(8, high=4), shares(seed=3)),
    ),
    "dice": (lambda: (keras.losses.Dice(), _binary()), _dice),
    "dice_by_row": lambda: (keras.losses.Dice(axis=1, reduction=None), _binary()),
    "tversky": lambda: (keras.losses.Tversky(alpha=0.25, beta=0.75), _binary()),
    "circle": lambda: (
        keras.losses.Circle(gamma=8.0, margin=0.25),
        (integers(8, high=2), uniform(8, 4, low=-1.0, high=1.0)),
    ),
    "ctc": lambda: (
        keras.losses.CTC(),
        (integers(2, 3, low=1, high=5), normal(2, 8, 5)),
    ),
}

declare(CONTROLS)
