"""Rows set apart for validation, and weights of classes as weights of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

__all__ = ["split", "weighed"]


def split(parts: tuple[Any, ...], share: float) -> tuple[tuple[Any, ...], Any]:
    """The rows to train on, and the last ones, to validate on.

    Args:
        parts: `(x, y, sample_weight)`, arrays in any structure.
        share: Of the rows that are set apart, between 0 and 1.

    Raises:
        ValueError: One of the two would be empty, or `share` is out of range.
    """
    rows = len(next(leaf for leaf in keras.tree.flatten(parts) if leaf is not None))
    kept = int(rows * (1 - share))
    if not 0 < kept < rows:
        message = (
            f"Expected `validation_split` to leave rows on both sides of {rows}, "
            f"received {share}. Give a share between 0 and 1, or `validation_data`."
        )
        raise ValueError(message)

    def cut(rows: slice) -> tuple[Any, ...]:
        return keras.tree.map_structure(
            lambda leaf: None if leaf is None else leaf[rows], parts
        )

    return cut(slice(kept)), cut(slice(kept, None))


def weighed(y: Any, sample_weight: Any, class_weight: Mapping[int, float]) -> Any:
    """The weight of each row: that of its class, times its own.

    Args:
        y: Classes, `(rows,)` or `(rows, 1)`, or one row of shares each,
            `(rows, classes)`.
        sample_weight: Weights of the rows, `(rows,)`, or `None`.
        class_weight: The weight of each class; 1 where it is not named.

    Raises:
        ValueError: `y` is nothing that classes are read from.
    """
    labels = keras.ops.convert_to_numpy(y)
    if labels.ndim == 2 and labels.shape[-1] > 1:
        labels = labels.argmax(axis=-1)
    elif labels.ndim == 2:
        labels = labels[:, 0]
    if labels.ndim != 1:
        message = (
            "Expected `y` of shape (rows,), (rows, 1) or (rows, classes) for "
            f"`class_weight`, received {labels.shape}. Use `sample_weight` instead."
        )
        raise ValueError(message)
    weights = np.array([class_weight.get(int(label), 1.0) for label in labels])
    if sample_weight is not None:
        weights = weights * keras.ops.convert_to_numpy(sample_weight)
    return weights.astype(keras.config.floatx())
