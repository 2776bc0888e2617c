"""What a function returned, taken apart for the graph and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

__all__ = ["Outputs"]


@dataclass(frozen=True)
class _Slot:
    """The place of a tensor among the graph's outputs."""

    place: int


class Outputs:
    """The structure of what a function returns; the tensors in it are the graph's."""

    def __init__(self) -> None:
        self._structure: Any = None

    def taken(self, returned: Any) -> list[Any]:
        """The tensors in `returned`; all else is kept as it is."""
        tensors: list[Any] = []
        self._structure = _apart(returned, tensors)
        return tensors

    def packed(self, tensors: Sequence[Any]) -> Any:
        """What was returned, with these tensors in it."""
        return _together(self._structure, tensors)


def _apart(given: Any, tensors: list[Any]) -> Any:
    if isinstance(given, keras.Variable):
        given = given.value
    if keras.ops.is_tensor(given):
        tensors.append(given)
        return _Slot(len(tensors) - 1)
    if isinstance(given, tuple) and hasattr(given, "_fields"):
        return type(given)(*[_apart(each, tensors) for each in given])
    if isinstance(given, tuple | list):
        return type(given)(_apart(each, tensors) for each in given)
    if isinstance(given, dict):
        return {name: _apart(each, tensors) for name, each in given.items()}
    return given


def _together(structure: Any, tensors: Sequence[Any]) -> Any:
    if isinstance(structure, _Slot):
        return tensors[structure.place]
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*[_together(each, tensors) for each in structure])
    if isinstance(structure, tuple | list):
        return type(structure)(_together(each, tensors) for each in structure)
    if isinstance(structure, dict):
        return {name: _together(each, tensors) for name, each in structure.items()}
    return structure
