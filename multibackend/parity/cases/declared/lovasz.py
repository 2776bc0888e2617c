"""Cases: Lovasz extensions, against the integral over thresholds of the set function.

`J(S)` is the Jaccard loss where the pixels in `S` are wrong. Its extension at errors
`m >= 0` is the integral over `t > 0` of `J(pixels with m >= t)`: no sorting, no ties.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, integers, normal, uniform
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]


def _jaccard(wrong: set[int], members: set[int]) -> float:
    """One minus what is right of the class, over the class and what is taken for it."""
    union = members | wrong
    return 1 - len(members - wrong) / len(union) if union else 0.0


def _extension(errors: Array, members: set[int]) -> float:
    total, below = 0.0, 0.0
    for threshold in sorted({float(e) for e in errors if e > 0}):
        wrong = {place for place, e in enumerate(errors) if e >= threshold}
        total += (threshold - below) * _jaccard(wrong, members)
        below = threshold
    return total


def _members(labels: Array, label: int) -> set[int]:
    return {place for place, given in enumerate(labels) if given == label}


def _images(y_true: Array, y_pred: Array, void: int | None) -> list[tuple[Any, Any]]:
    """The labels and predictions of each image, without its void pixels."""
    found: list[tuple[Any, Any]] = []
    for labels, pred in zip(y_true.reshape(len(y_true), -1), y_pred, strict=True):
        kept = np.array([label != void for label in labels])
        found.append((labels[kept], pred.reshape(len(labels), -1)[kept]))
    return found


# ------------------------------------------------------------------- LovaszHinge


def _hinge(y_true: Array, y_pred: Array, void: int | None = None) -> Array:
    found: list[float] = []
    for labels, logits in _images(y_true, y_pred, void):
        signs = np.where(labels == 1, 1, -1)
        errors = np.maximum(1 - signs * logits[:, 0], 0)
        found.append(_extension(errors, _members(labels, 1)))
    return np.array(found)


def _hinge_mean(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_hinge(y_true, y_pred))


def _hinge_void(y_true: Array, y_pred: Array) -> Array:
    return _hinge(y_true, y_pred, void=255)


def _hinge_weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return np.sum(_hinge(y_true, y_pred) * sample_weight)


def _no_hinge() -> Mapping[str, Any]:
    """Labels that are none, and what are no images of one size."""
    from multibackend.losses import LovaszHinge

    return {
        "a third class": (integers(2, 7, high=3, seed=1), normal(2, 7)),
        "a label below zero": (-integers(2, 7, high=2, seed=1), normal(2, 7)),
        "half a label": (0.5 * normal(2, 7), normal(2, 7)),
        "another size": (integers(2, 7, high=2), normal(2, 8)),
        "no pixels": (integers(2, high=2), normal(2)),
        "scalars": (integers(high=2), normal()),
        "no integer": lambda: LovaszHinge(ignore_index=2.5),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_hinge_mean, bad=_no_hinge)
def lovasz_hinge() -> Any:
    from multibackend.losses import LovaszHinge

    return LovaszHinge(), (integers(2, 3, 5, high=2), normal(2, 3, 5))


@variant(reference=_hinge_void)
def lovasz_hinge_void() -> Any:
    """The second image has class 0 only, the third no pixel that counts."""
    from multibackend.losses import LovaszHinge

    labels = [[1, 0, 255, 1, 0, 1, 0], [0, 255, 0, 0, 0, 255, 0], [255] * 7]
    loss = LovaszHinge(ignore_index=255, reduction=None)
    return loss, (np.array(labels, "int32"), normal(3, 7, std=2.0))


@variant(reference=_hinge_weighed)
def lovasz_hinge_weighed_channels() -> Any:
    from multibackend.losses import LovaszHinge

    weights = uniform(2, low=0.5, high=2.0)
    labels = integers(2, 3, 5, 1, high=2)
    loss = LovaszHinge(reduction="sum")
    return loss, arguments(labels, normal(2, 3, 5, 1), sample_weight=weights)


# ----------------------------------------------------------------- LovaszSoftmax


def _softmax(
    y_true: Array, y_pred: Array, *, every: bool = False, void: int | None = None
) -> Array:
    found: list[float] = []
    for labels, chances in _images(y_true, y_pred, void):
        each: list[float] = []
        for label in range(y_pred.shape[-1]):
            members = _members(labels, label)
            wanted = np.where(labels == label, 1.0, 0.0)
            if members or every:
                each.append(_extension(np.abs(wanted - chances[:, label]), members))
        found.append(float(np.mean(each)) if each else 0.0)
    return np.array(found)


def _shares(logits: Array) -> Array:
    powers = np.exp(logits)
    return powers / np.sum(powers, axis=-1, keepdims=True)


def _softmax_mean(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_softmax(y_true, y_pred))


def _softmax_all(y_true: Array, y_pred: Array) -> Array:
    return _softmax(y_true, _shares(y_pred), every=True)


def _softmax_void(y_true: Array, y_pred: Array) -> Array:
    return _softmax(y_true, _shares(y_pred), void=-1)


def _no_softmax() -> Mapping[str, Any]:
    """Labels that are none, and shapes that do not fit."""
    from multibackend.losses import LovaszSoftmax

    chances = uniform(2, 7, 4, seed=1)
    return {
        "a fifth class": (array([[4] * 7] * 2), chances),
        "a label below zero": (array([[-1] * 7] * 2), chances),
        "half a label": (0.5 * normal(2, 7), chances),
        "another size": (integers(2, 8, high=4), chances),
        "labels of each class": (integers(2, 7, 4, high=2), chances),
        "no pixels": (integers(2, high=4), uniform(2, 4, seed=2)),
        "scalars": (integers(high=4), normal()),
        "other classes": lambda: LovaszSoftmax(classes="some"),
        "a flag that is none": lambda: LovaszSoftmax(from_logits=1),  # pyright: ignore[reportArgumentType]
        "no integer": lambda: LovaszSoftmax(ignore_index="255"),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_softmax_mean, bad=_no_softmax)
def lovasz_softmax() -> Any:
    from multibackend.losses import LovaszSoftmax

    return LovaszSoftmax(), (
        integers(2, 3, 5, high=4),
        array(_shares(normal(2, 3, 5, 4).astype("float64"))),
    )


@variant(reference=_softmax_all)
def lovasz_softmax_all() -> Any:
    """Class 3 is in no image."""
    from multibackend.losses import LovaszSoftmax

    loss = LovaszSoftmax(classes="all", from_logits=True, reduction=None)
    return loss, (integers(2, 3, 5, 1, high=3), normal(2, 3, 5, 4))


@variant(reference=_softmax_void)
def lovasz_softmax_void() -> Any:
    """The second image has one class only, the third no pixel that counts."""
    from multibackend.losses import LovaszSoftmax

    labels = [[0, 1, 2, 3, -1, 0, 1], [2, -1, 2, 2, -1, 2, 2], [-1] * 7]
    loss = LovaszSoftmax(from_logits=True, ignore_index=-1, reduction=None)
    return loss, (np.array(labels, "int32"), normal(3, 7, 4))
