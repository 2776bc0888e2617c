"""The layers before and behind the one under test: one hands a mask on, one reads it."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["handed", "read"]


def handed(tensor: Any, mask: Any) -> Any:
    """The tensor as a layer that masks, such as `Masking`, hands it on.

    Args:
        tensor: Of shape `(batch, steps, ...)`.
        mask: Of shape `(batch, steps)`, true where a step is kept.
    """
    return _Before(mask, keras.backend.standardize_dtype(tensor.dtype))(tensor)


def read(output: Any) -> Any:
    """The mask that a next layer gets with this output, or `None`."""
    seen: list[Any] = []
    _ = _Behind(seen)(output)
    return seen[0]


class _Before(keras.layers.Layer):
    """Hands its input on with a mask attached."""

    def __init__(self, mask: Any, dtype: str) -> None:
        super().__init__(dtype=dtype)
        self.supports_masking = True
        self.mask = mask

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        del inputs, previous_mask
        return self.mask


class _Behind(keras.layers.Layer):
    """Keeps the mask that it is called with."""

    def __init__(self, seen: list[Any]) -> None:
        super().__init__()
        self.supports_masking = True
        self.keep = seen.append

    def call(self, inputs: Any, mask: Any = None) -> Any:
        self.keep(mask)
        return inputs
