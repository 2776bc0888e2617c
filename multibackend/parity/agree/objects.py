"""A Keras object as what Keras itself writes of it, and the classes this names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from multibackend.errors import TargetError

__all__ = ["Written", "float_weights", "is_object", "named_in", "written"]

_KINDS = (
    ("layers", "Layer"),
    ("losses", "Loss"),
    ("metrics", "Metric"),
    ("optimizers", "Optimizer"),
    ("optimizers.schedules", "LearningRateSchedule"),
)
_FLOATS = ("float16", "bfloat16", "float32", "float64")


class Written(msgspec.Struct, frozen=True):
    """A Keras object as data.

    Attributes:
        config: What `keras.saving.serialize_keras_object` returns.
        policy: The dtype policy that was the default then.
        weights: The names of the arrays of its float weights.
        set_weights: Whether they are set when it is made, as nobody seeds them.
    """

    config: Any
    policy: str
    weights: tuple[str, ...] = ()
    set_weights: bool = True


def is_object(value: Any) -> bool:
    """Whether Keras can write this; where Keras is not imported, nothing is."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, _kinds(keras))


def _kinds(keras: Any) -> tuple[type, ...]:
    found: list[type] = []
    for room, name in _KINDS:
        home = keras
        for part in room.split("."):
            home = getattr(home, part)
        found.append(getattr(home, name))
    return tuple(found)


def written(value: Any, weights: tuple[str, ...]) -> Written:
    """Has Keras write an object.

    Raises:
        TargetError: The object cannot say what it was made of.
    """
    keras = sys.modules["keras"]
    name = type(value).__name__
    try:
        config = keras.saving.serialize_keras_object(value)
        encoded = msgspec.json.encode(config)
    except Exception as error:  # whatever a `get_config` of somebody's raises
        raise _unwritten(name, f"{type(error).__name__}: {error}") from error
    if b'"__lambda__"' in encoded:
        raise _unwritten(name, "a lambda in its configuration")
    policy = str(keras.config.dtype_policy().name)
    return Written(msgspec.json.decode(encoded), policy, weights)


def _unwritten(name: str, received: str) -> TargetError:
    first = " ".join(received.split())[:300]
    message = (
        f"Expected {name} to be written by its `get_config()`, received {first}. Pass a "
        f"function that makes it instead: `check_agreement(lambda: {name}(...), x)`."
    )
    return TargetError(message)


def float_weights(value: Any) -> list[Any]:
    """The float weights of a built layer, as NumPy arrays in their order."""
    if not getattr(value, "built", False):
        return []
    return [
        np.asarray(weight.numpy(), dtype=np.float32)
        for weight in getattr(value, "weights", ())
        if str(weight.dtype) in _FLOATS
    ]


def named_in(value: Any) -> dict[str, Any]:
    """The classes and functions of the user that an object is made of, by name."""
    keras = sys.modules["keras"]
    config = keras.saving.serialize_keras_object(value)
    registered = dict(keras.saving.get_custom_objects())
    found = {type(value).__name__: type(value)}
    for name, module, known_as in _named(config):
        home = sys.modules.get(module or "__main__")
        thing = registered.get(known_as) or getattr(home, name, None)
        if thing is not None:
            _ = found.setdefault(name, thing)
    return {n: t for n, t in found.items() if not t.__module__.startswith("keras.")}


def _named(config: Any) -> Iterator[tuple[str, str | None, str]]:
    if isinstance(config, dict):
        name, module = config.get("class_name"), config.get("module")
        if name == "function":
            name = config.get("config")
        if isinstance(name, str):
            yield name, module, str(config.get("registered_name") or name)
        for part in config.values():
            yield from _named(part)
    elif isinstance(config, list | tuple):
        for part in config:
            yield from _named(part)
