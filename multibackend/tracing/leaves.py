"""Arguments taken apart: arrays that a graph takes as inputs, and all else as it is."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import keras
import numpy as np

from multibackend.tracing.errors import TraceError

__all__ = ["Static", "flatten", "pack"]

_NUMBERS = frozenset({int, float, complex})
_PLAIN = (bool, str, bytes, type(None))
#: Types of tensors met so far: `is_tensor` takes as long as all the rest of a leaf.
_TENSORS: set[type] = set()
_FRAMEWORKS = ("torch", "jax", "jaxlib", "tensorflow")


class Static:
    """A value that the graph is made for; equal where type and value are.

    Attributes:
        value: Hashable, or compared by identity.
    """

    __slots__ = ("_key", "value")

    def __init__(self, value: Any, *, by_value: bool) -> None:
        self.value = value
        # The type: `True == 1`. The identity is safe, since the value is kept alive.
        self._key = (type(value), value if by_value else id(value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Static) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def flatten(given: Any, arrays: list[Any]) -> Hashable:
    """Appends the arrays in `given` to `arrays`, and returns what tells calls apart.

    Tuples, lists and dictionaries are looked into. Tensors, NumPy arrays and numbers
    are arrays; truth values, text, `None` and objects stand for themselves.

    Args:
        given: An argument.
        arrays: Receives the arrays, in order.

    Returns:
        A key: equal for two arguments that one graph can serve.

    Raises:
        TraceError: A tensor belongs to another framework.
    """
    kind = type(given)
    if kind in _TENSORS:
        arrays.append(given)
        return (given.dtype, tuple(given.shape))
    if kind is tuple or kind is list:
        return (kind, *[flatten(each, arrays) for each in given])
    if isinstance(given, np.ndarray | np.generic):
        arrays.append(given)
        return (given.dtype, given.shape)
    if keras.ops.is_tensor(given):
        _TENSORS.add(kind)
        return flatten(given, arrays)
    if type(given) in _NUMBERS:
        arrays.append(given)
        return type(given)
    if isinstance(given, tuple | list):
        return (type(given), *[flatten(each, arrays) for each in given])
    if isinstance(given, dict):
        pairs = [(name, flatten(each, arrays)) for name, each in given.items()]
        return (dict, *pairs)
    if isinstance(given, Static):
        return given
    if isinstance(given, _PLAIN):
        return Static(given, by_value=True)
    _refuse_foreign(given)
    return Static(given, by_value=False)


def pack(given: Any, arrays: Iterator[Any]) -> Any:
    """`given` again, each array replaced by the next one of `arrays`."""
    if (
        keras.ops.is_tensor(given)
        or isinstance(given, np.ndarray | np.generic)
        or type(given) in _NUMBERS
    ):
        return next(arrays)
    if isinstance(given, tuple) and hasattr(given, "_fields"):
        return type(given)(*[pack(each, arrays) for each in given])
    if isinstance(given, tuple | list):
        return type(given)(pack(each, arrays) for each in given)
    if isinstance(given, dict):
        return {name: pack(each, arrays) for name, each in given.items()}
    return given.value if isinstance(given, Static) else given


def _refuse_foreign(given: Any) -> None:
    framework = type(given).__module__.partition(".")[0]
    if framework in _FRAMEWORKS and hasattr(given, "dtype") and hasattr(given, "shape"):
        message = (
            f"Expected tensors of {keras.config.backend()}, received one of "
            f"{framework}. Hand it over as a NumPy array."
        )
        raise TraceError(message)
