"""Shapes of targets and predictions, checked before anything broadcasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from multibackend._shapes import alike

__all__ = ["refuse_other_rank", "refuse_other_shape", "tensors"]

Shape = tuple[int | None, ...]


def tensors(*given: Any) -> tuple[Any, ...]:
    """The arguments as tensors: nested lists arrive in a loss as lists of tensors."""
    return tuple(keras.ops.convert_to_tensor(value) for value in given)


def refuse_other_shape(y_true: Any, y_pred: Any) -> None:
    """Refuses shapes that would broadcast; an unknown size fits every size.

    Raises:
        ValueError: The shapes differ, or are scalars.
    """
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if not true or not alike(true, pred):
        message = (
            "Expected `y_true` and `y_pred` of one shape with at least one axis, "
            f"received {true} and {pred}. Reshape the targets like the predictions."
        )
        raise ValueError(message)


def refuse_other_rank(name: str, tensor: Any, axes: Sequence[str]) -> None:
    """Refuses a tensor that has not the axes named.

    Args:
        name: What it is called.
        tensor: The tensor.
        axes: The name of each axis, such as `("batch_size", "dim")`.

    Raises:
        ValueError: It has more or fewer axes.
    """
    if len(tensor.shape) != len(axes):
        message = (
            f"Expected `{name}` of shape ({', '.join(axes)}), received "
            f"{tuple(tensor.shape)}. It must have {len(axes)} axes."
        )
        raise ValueError(message)
