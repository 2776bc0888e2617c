"""The Lovasz extension of the Jaccard loss, and the labels that it is taken of."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from multibackend._values import refuse_outside, values

__all__ = ["extension", "labels", "void_label"]

# Up to here every whole number has a place in the dtype.
_EXACT = {"bfloat16": 256, "float16": 2048}


def extension(errors: Any, members: Any, kept: Any) -> Any:
    """The extension over the last axis, which is taken off.

    Args:
        errors: How wrong each pixel is, `(..., pixels)`; below 0 counts as 0.
        members: True for the pixels of the class, of the same shape.
        kept: True for the pixels that count, of a shape that broadcasts to it.
    """
    zeros = keras.ops.zeros_like(errors)
    # What does not count has no error: it stands behind every pixel that has one, and a
    # pixel without an error adds nothing, wherever it stands.
    errors = keras.ops.where(kept, keras.ops.relu(errors), zeros)
    members = keras.ops.cast(keras.ops.logical_and(members, kept), errors.dtype)
    order = keras.ops.argsort(keras.ops.stop_gradient(-errors), axis=-1)
    order = keras.ops.cast(order, "int32")
    falling = keras.ops.take_along_axis(errors, order, axis=-1)
    inside = keras.ops.take_along_axis(members, order, axis=-1)
    count = keras.ops.sum(inside, axis=-1, keepdims=True)
    # Of the class and what is predicted as it, with all pixels up to here wrong.
    intersection = count - keras.ops.cumsum(inside, axis=-1)
    union = count + keras.ops.cumsum(1 - inside, axis=-1)
    # How the Jaccard loss 1 - intersection / union grows by this pixel, without a
    # difference of two close numbers. Where the class has no pixel, the first wrong
    # one costs everything and the others nothing.
    before = keras.ops.where(union > 1, union - 1, zeros + 1)
    outside = keras.ops.where(union > 1, intersection / (union * before), zeros + 1)
    growth = keras.ops.where(inside > 0, 1 / union, outside)  # a union has a pixel
    return keras.ops.sum(falling * growth, axis=-1)


def labels(y_true: Any, kept: Any, *, count: int, void: int | None) -> tuple[Any, Any]:
    """The labels as integers, and which pixels count.

    Args:
        y_true: The labels, `(batch_size, pixels)`.
        kept: What a mask leaves, of the same shape.
        count: How many labels there are.
        void: The label of pixels that do not count.

    Returns:
        The labels, int32, 0 where a pixel does not count; and which count.

    Raises:
        ValueError: A label is no whole number, or none of the labels.
    """
    if void is not None:
        kept = keras.ops.logical_and(kept, keras.ops.not_equal(y_true, void))
    y_true = keras.ops.where(kept, y_true, keras.ops.zeros_like(y_true))
    meaning = "A label is the number of a class, or the `ignore_index`."
    known = values(y_true)
    if known is not None:
        broken = known[np.not_equal(known, np.floor(known))]
        if broken.size:
            message = (
                f"Expected `y_true` to hold whole numbers, received "
                f"{float(broken[0])}. {meaning}"
            )
            raise ValueError(message)
    ids = keras.ops.cast(y_true, "int32")
    refuse_outside("y_true", ids, high=count, meaning=meaning)
    return ids, kept


def void_label(ignore_index: Any, dtype: str) -> int | None:
    """Returns the `ignore_index`, which must be whole and exact in the dtype.

    Raises:
        ValueError: It is not.
    """
    if ignore_index is not None:
        if type(ignore_index) is not int:
            message = (
                f"Expected `ignore_index` to be an integer or None, received "
                f"{ignore_index!r}. It is the label of pixels that do not count."
            )
            raise ValueError(message)
        refuse_rounded("ignore_index", ignore_index, dtype)
    return ignore_index


def refuse_rounded(name: str, label: int, dtype: str) -> None:
    """Refuses labels that the loss's dtype would round to others.

    Raises:
        ValueError: The label is too large.
    """
    most = _EXACT.get(dtype)
    if most is not None and abs(label) > most:
        message = (
            f"Expected `{name}` of at most {most} in {dtype}, received {label}. Larger "
            "labels are rounded to others there: use dtype='float32'."
        )
        raise ValueError(message)
