"""The inputs of a subject: its tensors in a row, and the inputs with others in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import keras

from multibackend.parity.cases.case import Arguments
from multibackend.parity.record.observation import flatten

__all__ = ["every", "mapped", "replaced", "structure", "tensors"]


def tensors(given: Arguments) -> list[Any]:
    """The tensors among the inputs, in the order of `mapped`."""
    leaves = keras.tree.flatten([list(given.args), dict(given.kwargs)])
    return [leaf for leaf in leaves if keras.ops.is_tensor(leaf)]


def mapped(given: Arguments, function: Callable[[Any], Any]) -> Arguments:
    """The inputs with `function` applied to each tensor in turn, all else as it is."""
    return every(
        given, lambda leaf: function(leaf) if keras.ops.is_tensor(leaf) else leaf
    )


def replaced(given: Arguments, others: Iterable[Any]) -> Arguments:
    """The inputs with other tensors, in the order of `tensors`."""
    rest = iter(others)
    return mapped(given, lambda _: next(rest))


def every(given: Arguments, function: Callable[[Any], Any]) -> Arguments:
    """The inputs with `function` applied to each leaf in turn, tensor or not."""
    nested = [list(given.args), dict(given.kwargs)]
    leaves = [function(leaf) for leaf in keras.tree.flatten(nested)]
    args, kwargs = keras.tree.pack_sequence_as(nested, leaves)
    return Arguments(tuple(args), kwargs)


def structure(nested: Any) -> str:
    """The nesting as text; whether a sequence is a list or a tuple does not matter."""
    told = flatten(keras.tree.map_structure(lambda _: 0, nested))[0]
    return told.translate(str.maketrans("()", "[]"))
