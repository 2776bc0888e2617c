"""Hears which functions of `keras.ops` a layer's own code calls, by public means only.

For the time of one run, each function of the public module `keras.ops` is replaced by
one that tells first and calls then. So it hears code that looks the function up when it
calls it: `keras.ops.matmul(...)`, or `ops.matmul(...)` after `from keras import ops`.

It does not hear `matmul(...)` after `from keras.ops import matmul`, operators such as
`x @ y`, and Keras' own layers, which call private modules.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import keras

__all__ = ["hearing"]

# They ask about a tensor or hand it out, and compute nothing.
_SILENT = frozenset(["convert_to_numpy", "convert_to_tensor", "is_tensor", "shape"])

Tell = Callable[[str, list[Any]], None]


@contextmanager
def hearing(tell: Tell) -> Generator[None]:
    """Tells of every outermost call of a function in `keras.ops`.

    Args:
        tell: Takes the function's name and `[args, kwargs]`, before the call.
    """
    clean = {
        name: function
        for name, function in vars(keras.ops).items()
        if inspect.isfunction(function) and name not in _SILENT
    }
    inside: list[str] = []
    try:
        for name, function in clean.items():
            setattr(keras.ops, name, _told(name, function, tell, inside))
        yield
    finally:
        for name, function in clean.items():
            setattr(keras.ops, name, function)


def _told(name: str, function: Any, tell: Tell, inside: list[str]) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not inside:
            tell(name, [args, kwargs])
        inside.append(name)
        try:
            return function(*args, **kwargs)
        finally:
            _ = inside.pop()

    return call
