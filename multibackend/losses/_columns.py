"""Targets beside predictions that hold several numbers for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from multibackend._arguments import known_size
from multibackend._precision import at_least_float32
from multibackend._shapes import alike
from multibackend.losses._shapes import tensors

__all__ = ["columns", "packed"]


def columns(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as tensors of one rank: targets without a last axis get one of size 1."""
    y_true, y_pred = (at_least_float32(given) for given in tensors(y_true, y_pred))
    if len(y_true.shape) == len(y_pred.shape) - 1:
        y_true = keras.ops.expand_dims(y_true, -1)
    return y_true, y_pred


def packed(y_true: Any, y_pred: Any, parts: Sequence[str]) -> tuple[Any, ...]:
    """Takes the predictions apart along their last axis.

    Args:
        y_true: The targets, `(batch_size, ..., outputs)`, or without the last axis
            where there is one output.
        y_pred: The predictions, `(batch_size, ..., len(parts) * outputs)`.
        parts: What the predictions are, in the order in which they stand.

    Returns:
        The targets, then each part of the predictions, all of the targets' shape.

    Raises:
        ValueError: The shapes do not fit.
    """
    y_true, y_pred = columns(y_true, y_pred)
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    fits = len(true) == len(pred) >= 2 and alike(true[:-1], pred[:-1])
    if fits:
        width = known_size(pred, -1, "It is taken apart: name its size.")
        fits = width == len(parts) * (true[-1] or width // len(parts)) > 0
    if not fits:
        told = ", ".join(f"`{part}`" for part in parts)
        message = (
            f"Expected `y_true` of shape (batch_size, ..., outputs) and `y_pred` of "
            f"shape (batch_size, ..., {len(parts)} * outputs), received {true} and "
            f"{pred}. The last axis of the predictions holds {told}, each for every "
            "output."
        )
        raise ValueError(message)
    return y_true, *keras.ops.split(y_pred, len(parts), axis=-1)
