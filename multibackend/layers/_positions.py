"""Positions of steps and the angles that they stand for."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from multibackend._precision import widened

__all__ = ["angles", "checked_offset", "positions", "rates"]


def rates(size: int, max_wavelength: float) -> tuple[float, ...]:
    """How fast each pair of features turns: `max_wavelength ** (-2 i / size)`.

    Plain numbers, as `torch.compile` converts no array in a graph, and as a tuple, as
    Keras keeps a list of its own in its place.

    Args:
        size: The number of features; an odd one has half a pair at its end.
        max_wavelength: The wavelength of the slowest pair, divided by 2 pi.
    """
    pairs = np.arange((size + 1) // 2)
    return tuple(float(rate) for rate in max_wavelength ** (-2.0 * pairs / size))


def checked_offset(offset: Any, batch_size: int | None, name: str = "offset") -> Any:
    """Returns the position of the first step, as an integer or an int32 tensor.

    Args:
        offset: What was passed.
        batch_size: The number of rows, where it is known.
        name: What the argument is called.

    Raises:
        ValueError: It is neither a whole number, nor one for each row.
    """
    if type(offset) is int:
        return offset
    if isinstance(offset, bool | float | str) or offset is None:
        _refuse_offset(name, repr(offset))
    offset = keras.ops.convert_to_tensor(offset)
    dtype = keras.backend.standardize_dtype(offset.dtype)
    shape = tuple(offset.shape)
    rows = shape[0] if len(shape) == 1 else None
    fits = rows is None or batch_size is None or rows == batch_size
    if not keras.backend.is_int_dtype(dtype) or len(shape) > 1 or not fits:
        _refuse_offset(name, f"{dtype} of shape {shape}")
    return keras.ops.cast(offset, "int32")


def _refuse_offset(name: str, received: str) -> None:
    message = (
        f"Expected `{name}` to be an integer, or integers of shape () or "
        f"(batch_size,), received {received}. It is the position of the first step."
    )
    raise ValueError(message)


def positions(steps: Any, offset: Any) -> Any:
    """The positions of consecutive steps: `(1, steps)`, or `(batch, steps)`.

    Args:
        steps: How many there are.
        offset: The position of the first, from `checked_offset`.
    """
    counted = keras.ops.expand_dims(keras.ops.arange(steps, dtype="int32"), 0)
    if type(offset) is not int and len(offset.shape) == 1:
        offset = keras.ops.expand_dims(offset, -1)
    # Not keras.ops.add: on TensorFlow it takes (batch, 1) for a bias.
    return counted + offset


def angles(where: Any, turns: tuple[float, ...], dtype: Any) -> Any:
    """`position * rate` of each pair, `(1 or batch, steps, pairs)`, in full precision.

    Args:
        where: The positions, `(1 or batch, steps)`.
        turns: The rates, `(pairs,)`.
        dtype: What is computed in; half precision is widened.
    """
    wide = widened(dtype)
    where = keras.ops.expand_dims(keras.ops.cast(where, wide), -1)
    return keras.ops.multiply(where, keras.ops.convert_to_tensor(turns, dtype=wide))
