"""What metrics are handed: labels beside scores, and what weighs each of them."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._shapes import alike
from multibackend._values import refuse_outside
from multibackend._weighing import weighed

__all__ = ["add_rows", "labelled", "mask_of", "weights_of"]


def mask_of(y_pred: Any, ones: Any) -> Any:
    """The ones, with zeros where the mask of the predictions says so.

    A layer before may have left a mask at its output. Keras' public way to it is a loss.
    """
    if not keras.ops.is_tensor(y_pred):
        return ones
    return keras.ops.reshape(weighed(ones, y_pred), keras.ops.shape(ones))


def weights_of(sample_weight: Any, ones: Any) -> Any:
    """The ones times the weights: one a sample, a row of samples, or anything between.

    Args:
        sample_weight: `None`, or numbers whose axes are the first ones of `ones`.
        ones: Ones or a mask, one for each sample: `(batch_size, ...)`.

    Raises:
        ValueError: The weights have another shape.
    """
    if sample_weight is None:
        return ones
    weights = keras.ops.convert_to_tensor(sample_weight, dtype=ones.dtype)
    due, given = tuple(ones.shape), tuple(weights.shape)
    if len(given) == len(due) + 1 and given[-1] == 1:
        weights = keras.ops.squeeze(weights, axis=-1)
    shape = tuple(weights.shape)
    fits = len(shape) <= len(due) and all(
        one in {None, 1} or size is None or one == size
        for one, size in zip(shape, due, strict=False)
    )
    if not fits:
        message = (
            f"Expected `sample_weight` of shape {due} or of its first axes, received "
            f"{given}. It holds one weight a sample, or one for a row of samples."
        )
        raise ValueError(message)
    for _ in range(len(due) - len(shape)):
        weights = keras.ops.expand_dims(weights, -1)
    return keras.ops.multiply(ones, weights)


def labelled(
    y_true: Any, y_pred: Any, sample_weight: Any, dtype: Any, *, ignored: Any = None
) -> tuple[Any, Any, Any]:
    """Labels, scores and weights of single samples, laid flat.

    Args:
        y_true: Whole numbers, of the shape of `y_pred` without its last axis, or with
            a last axis of size 1.
        y_pred: Scores `(batch_size, ..., classes)`; `(batch_size,)` and a last axis of
            size 1 are the scores of class 1 of two.
        sample_weight: As for `weights_of`; the mask of `y_pred` is applied as well.
        dtype: The float dtype of what is returned.
        ignored: A label whose samples get the weight zero.

    Returns:
        Labels `(samples,)` from 0 to `classes - 1` as int32, scores `(samples, classes)`
        or `(samples, 1)`, and weights `(samples,)`. Labels of weight zero may be
        anything and come as 0; so does one outside while a graph is traced, where it
        cannot be refused: it gets the weight zero.

    Raises:
        ValueError: The shapes do not fit, or a label is outside of the classes.
    """
    scores = keras.ops.convert_to_tensor(y_pred)
    labels = keras.ops.convert_to_tensor(y_true)
    given = tuple(labels.shape), tuple(scores.shape)
    if len(scores.shape) == 1:
        scores = keras.ops.expand_dims(scores, -1)
    due = tuple(scores.shape)[:-1]
    if len(given[0]) == len(due) + 1 and given[0][-1] == 1:
        labels = keras.ops.squeeze(labels, axis=-1)
    if not due or scores.shape[-1] is None or not alike(tuple(labels.shape), due):
        message = (
            "Expected `y_true` of shape (batch_size, ...) and `y_pred` of shape "
            f"(batch_size, ..., classes), received {given[0]} and {given[1]}. Labels "
            "are class ids, not one-hot rows."
        )
        raise ValueError(message)
    labels = keras.ops.cast(labels, "int32")
    ones = keras.ops.ones_like(labels, dtype=dtype)
    weights = weights_of(sample_weight, mask_of(y_pred, ones))
    if ignored is not None:
        kept = keras.ops.not_equal(labels, ignored)
        weights = keras.ops.where(kept, weights, keras.ops.zeros_like(weights))
    zeros = keras.ops.zeros_like(labels)
    labels = keras.ops.where(keras.ops.equal(weights, 0), zeros, labels)
    classes = max(scores.shape[-1], 2)
    refuse_outside(
        "y_true", labels, high=classes, meaning="It holds the class of each sample."
    )
    inside = keras.ops.logical_and(
        keras.ops.greater_equal(labels, 0), keras.ops.less(labels, classes)
    )
    labels = keras.ops.where(inside, labels, zeros)
    weights = keras.ops.where(inside, weights, keras.ops.zeros_like(weights))
    return (
        keras.ops.reshape(labels, (-1,)),
        keras.ops.cast(keras.ops.reshape(scores, (-1, scores.shape[-1])), dtype),
        keras.ops.reshape(weights, (-1,)),
    )


def add_rows(rows: Any, ids: Any, count: int) -> Any:
    """The sum of the rows of each id: `(count, ...)` from `(samples, ...)`."""
    zeros = keras.ops.zeros((count, *rows.shape[1:]), dtype=rows.dtype)
    return keras.ops.scatter_update(
        zeros, keras.ops.expand_dims(ids, -1), rows, reduction="add"
    )
