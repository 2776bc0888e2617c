"""Turns pairs of features by angles that grow with the position."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["refuse_odd", "rotated"]


def refuse_odd(size: int, what: str) -> None:
    """Raises where the features do not come in pairs.

    Raises:
        ValueError: `size` is odd.
    """
    if size % 2:
        message = (
            f"Expected {what} to be even, received {size}. "
            "The features are turned in pairs."
        )
        raise ValueError(message)


def rotated(x: Any, cosine: Any, sine: Any, *, interleaved: bool) -> Any:
    """Turns each pair `(a, b)` into `(a cos - b sin, b cos + a sin)`.

    Args:
        x: A tensor `(..., size)`.
        cosine: Of the angles, broadcasting to `(..., size / 2)`.
        sine: Of the angles, as `cosine`.
        interleaved: Whether neighbours are a pair; otherwise feature `i` and
            feature `i + size / 2` are.
    """
    if not interleaved:
        first, second = keras.ops.split(x, 2, axis=-1)
        turned = _turned(first, second, cosine, sine)
        return keras.ops.concatenate(turned, axis=-1)
    shape = keras.ops.shape(x)
    pairs = keras.ops.reshape(x, (*shape[:-1], shape[-1] // 2, 2))
    turned = _turned(pairs[..., 0], pairs[..., 1], cosine, sine)
    return keras.ops.reshape(keras.ops.stack(turned, axis=-1), shape)


def _turned(first: Any, second: Any, cosine: Any, sine: Any) -> tuple[Any, Any]:
    return (
        keras.ops.subtract(first * cosine, second * sine),
        keras.ops.add(second * cosine, first * sine),
    )
