"""What the steps of all frameworks share: float leaves, and calls in training mode."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras

__all__ = ["called", "floats", "replaced", "training"]


def floats(nested: Any) -> list[Any]:
    """The float tensors anywhere in `nested`."""
    return [
        leaf
        for leaf in keras.tree.flatten(nested)
        if keras.ops.is_tensor(leaf)
        and "float" in keras.backend.standardize_dtype(leaf.dtype)
    ]


def replaced(nested: Any, leaves: list[Any]) -> Any:
    """`nested` with its float tensors replaced by `leaves`, in order."""
    new = iter(leaves)
    ours = {id(leaf) for leaf in floats(nested)}
    return keras.tree.map_structure(
        lambda leaf: next(new) if id(leaf) in ours else leaf, nested
    )


def training(layer: Any) -> dict[str, bool]:
    """`{"training": True}` where the layer tells training from inference."""
    takes = "training" in inspect.signature(layer.call).parameters
    return {"training": True} if takes else {}


def called(layer: Any) -> Callable[..., Any]:
    """The layer, called in training mode where it has one."""
    return functools.partial(layer, **training(layer))
