"""The object under test, called again on other inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.subject import Subject
from multibackend.parity.record.observation import flatten

__all__ = ["call", "mapped", "structure", "tensors"]


def call(subject: Subject, given: Arguments, *, training: bool = False) -> Any:
    """Calls the layer, model or function on these inputs.

    Args:
        subject: Holds what is called; its variables are as they are just now.
        given: The inputs.
        training: Whether to train, where the target tells this from inference.
    """
    extra = {"training": training} if subject.trains else {}
    return subject.target(*given.args, **given.kwargs, **extra)


def mapped(given: Arguments, function: Callable[[Any], Any]) -> Arguments:
    """The inputs with `function` applied to each tensor in turn, all else as it is."""
    nested = [list(given.args), dict(given.kwargs)]
    leaves = [
        function(leaf) if keras.ops.is_tensor(leaf) else leaf
        for leaf in keras.tree.flatten(nested)
    ]
    args, kwargs = keras.tree.pack_sequence_as(nested, leaves)
    return Arguments(tuple(args), kwargs)


def tensors(given: Arguments) -> list[Any]:
    """The tensors among the inputs, in the order of `mapped`."""
    leaves = keras.tree.flatten([list(given.args), dict(given.kwargs)])
    return [leaf for leaf in leaves if keras.ops.is_tensor(leaf)]


def structure(nested: Any) -> str:
    """The nesting as text; whether a sequence is a list or a tuple does not matter."""
    told = flatten(keras.tree.map_structure(lambda _: 0, nested))[0]
    return told.translate(str.maketrans("()", "[]"))
