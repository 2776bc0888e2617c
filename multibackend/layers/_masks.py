"""Masks: `True` is a step that counts. Their shapes are checked before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from multibackend._shapes import alike

__all__ = ["checked", "wide"]


def checked(
    mask: Any, shape: Sequence[int | None], *, name: str = "mask", axes: str = "steps"
) -> Any:
    """Returns the mask as a boolean tensor of the expected shape.

    Args:
        mask: What was passed, `True` where something counts.
        shape: The shape it must have; `None` fits every size.
        name: What the mask is called.
        axes: What its last axis stands for, for the message.

    Raises:
        ValueError: It has another shape.
    """
    mask = keras.ops.convert_to_tensor(mask)
    given = tuple(mask.shape)
    if not alike(given, shape):
        message = (
            f"Expected `{name}` of shape {tuple(shape)}, received {given}. "
            f"It holds one truth value for each of the {axes}."
        )
        raise ValueError(message)
    return keras.ops.cast(mask, "bool")


def wide(mask: Any, rank: int) -> Any:
    """The mask with axes of size 1 behind it, up to `rank`: `(batch, steps, 1, ...)`."""
    for _ in range(rank - len(mask.shape)):
        mask = keras.ops.expand_dims(mask, -1)
    return mask
