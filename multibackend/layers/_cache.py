"""Keys and values of earlier steps, in tensors of a fixed length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from multibackend.layers._masks import checked, wide

__all__ = ["Cache", "checked_cache", "empty", "extended"]

# A mapping, as torch.compile cannot flatten a tuple within a tuple of outputs. Its names
# stand in the order of the alphabet: keras.tree sorts them, yet on torch not those of a
# mapping within a mapping, such as the keywords of a call.
Cache = dict[str, Any]

_NAMES = {"keys", "values", "mask"}


def empty(batch_size: int, length: int, groups: int, size: int, dtype: str) -> Cache:
    """A cache without a step: keys, values, and which of them may be seen."""
    shape = (batch_size, length, groups, size)
    return {
        "keys": keras.ops.zeros(shape, dtype=dtype),
        "mask": keras.ops.zeros((batch_size, length), dtype="bool"),
        "values": keras.ops.zeros(shape, dtype=dtype),
    }


def checked_cache(cache: Any, inputs: Any, groups: int, size: int) -> Cache:
    """Returns the cache with three tensors in it.

    Raises:
        ValueError: It is something else, or of other shapes than `empty` makes.
    """
    if not isinstance(cache, Mapping):
        _refuse(f"a {type(cache).__name__}")
    if set(cache) != _NAMES:
        _refuse(f"the names {sorted(cache)}")
    keys, values = map(keras.ops.convert_to_tensor, (cache["keys"], cache["values"]))
    batch, steps = inputs.shape[:2]
    shape = tuple(keys.shape)
    fits = (
        len(shape) == 4
        and tuple(values.shape) == shape
        and shape[2:] == (groups, size)
        and (batch is None or shape[0] is None or shape[0] == batch)
        and (steps is None or shape[1] is None or steps <= shape[1])
    )
    if not fits:
        _refuse(
            f"keys of shape {shape} and values of shape {tuple(values.shape)} for "
            f"inputs of shape {tuple(inputs.shape)}"
        )
    mask = checked(cache["mask"], shape[:2], name="cache['mask']")
    return {"keys": keys, "mask": mask, "values": values}


def _refuse(received: str) -> None:
    message = (
        "Expected `cache` to map 'keys', 'values' and 'mask' to tensors that fit the "
        f"inputs, received {received}. Start from "
        "`layer.empty_cache(batch_size, max_length)`."
    )
    raise ValueError(message)


def extended(cache: Cache, key: Any, value: Any, mask: Any, position: Any) -> Cache:
    """The cache with the keys and values of more steps, zeros where they are masked.

    Args:
        cache: Three tensors, from `checked_cache`.
        key: The new keys, `(batch, steps, groups, size)`.
        value: The new values.
        mask: Which of the steps may be seen, `(batch, steps)`, or `None` for all.
        position: The place of the first step, an integer or an integer tensor.
    """
    if mask is None:
        mask = keras.ops.ones(keras.ops.shape(key)[:2], dtype="bool")
    else:
        shown = wide(mask, 4)
        key = keras.ops.where(shown, key, keras.ops.zeros_like(key))
        value = keras.ops.where(shown, value, keras.ops.zeros_like(value))
    new = {"keys": key, "mask": mask, "values": value}
    return {name: _written(cache[name], new[name], position) for name in cache}


def _written(cache: Any, steps: Any, position: Any) -> Any:
    """One tensor `(batch, length, ...)` with `(batch, steps, ...)` at `position`.

    Each place of the cache takes its step from the new ones or keeps what it holds:
    a choice has a gradient, and takes a traced position, on every backend.
    """
    steps = keras.ops.cast(steps, cache.dtype)
    count = keras.ops.shape(steps)[1]
    length = keras.ops.shape(cache)[1]
    place = keras.ops.arange(length, dtype="int32") - position
    new = keras.ops.logical_and(place >= 0, place < count)  # (length,)
    taken = keras.ops.take(steps, keras.ops.clip(place, 0, count - 1), axis=1)
    shape = (1, -1) + (1,) * (len(cache.shape) - 2)
    return keras.ops.where(keras.ops.reshape(new, shape), taken, cache)
