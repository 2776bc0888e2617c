"""The classes and functions of a Keras object that are the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any

import keras

from multibackend.parity.checks.reached import reached

__all__ = ["custom_objects"]


def custom_objects(target: Any) -> dict[str, Any]:
    """What Keras must be told of to load this object, by the name it saves it under.

    Keras looks for classes of its own only; whoever loads a model names the others.
    They are found by walking through the attributes of a living object of the same
    case: a class that stands inside a function is in no module.
    """
    found: dict[str, Any] = {}
    for one in reached(target, _inside):
        kind = one if isinstance(one, FunctionType) else type(one)
        if _describes_itself(one) and not _of_keras(kind):
            found[keras.saving.get_registered_name(kind)] = kind
    return found


def _describes_itself(one: Any) -> bool:
    return isinstance(one, FunctionType) or hasattr(type(one), "get_config")


def _of_keras(kind: Any) -> bool:
    return str(kind.__module__).partition(".")[0] == "keras"


def _inside(one: Any) -> Iterable[Any]:
    if isinstance(one, Mapping):
        return list(one.values())
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    if isinstance(one, FunctionType) or not _describes_itself(one):
        return ()
    return [held for name, held in vars(one).items() if not _is_method(one, name, held)]


def _is_method(one: Any, name: str, held: Any) -> bool:
    """Keras puts a wrapped `build` into every layer."""
    return isinstance(held, FunctionType) and callable(getattr(type(one), name, None))
