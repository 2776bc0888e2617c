"""`layout`: Does the other image layout give the same numbers?

A difference here makes `data_format` more than the order of axes: a model that moves
from channels last to channels first, or back, computes something else.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from multibackend.inputs import current
from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks import forward
from multibackend.parity.checks.answer import NotApplicableError, Related
from multibackend.parity.checks.framework import framework
from multibackend.parity.checks.given import tensors
from multibackend.parity.checks.gradient import is_float
from multibackend.parity.checks.pure import Pure
from multibackend.parity.checks.subject import Subject

KINDS = ("layer",)

_KEY = "layout"


def applies(subject: Subject) -> bool:
    """Where the layer is set to channels last, and takes one float input."""
    try:
        config = subject.target.get_config()
    except NotImplementedError:
        return False
    return config.get("data_format") == "channels_last" and _lone(subject)


def observe(subject: Subject) -> Any:
    """Returns the outputs of the same layer set to channels first, transposed back."""
    if not applies(subject):
        message = "no `data_format` of channels last, or not one float input of rank 3"
        raise NotApplicableError(message)
    (images,) = tensors(subject.inputs())
    expected = keras.tree.flatten(forward.observe(subject))
    if current().twin:
        return Related(expected, expected)
    rank = len(images.shape)
    # Batch and channels have no place in space, and neither have the time steps of a
    # recurrent layer.
    space = rank - (3 if isinstance(subject.target, keras.layers.RNN) else 2)
    moved = keras.ops.moveaxis(images, -1, rank - 1 - space)
    other = _rebuilt(subject, moved)
    outputs = framework().at_once(
        Pure(
            lambda images: other.call(Arguments(tuple(images), {})),
            [moved],
            other.variables,
            {},
        )
    )
    return Related(
        [_back(leaf, space) for leaf in keras.tree.flatten(outputs)], expected
    )


def _lone(subject: Subject) -> bool:
    given = subject.raw
    lone = len(given.args) == 1 and not given.kwargs
    if not lone or not isinstance(given.args[0], np.ndarray):
        leaves = tensors(subject.inputs()) if lone else []
        return len(leaves) == 1 and is_float(leaves[0]) and len(leaves[0].shape) >= 3
    return given.args[0].ndim >= 3 and given.args[0].dtype.kind == "f"


def _back(leaf: Any, space: int) -> Any:
    """Moves the channels behind the dimensions in space, where they are still there."""
    rank = len(leaf.shape)
    if rank < space + 2:
        return leaf
    return keras.ops.moveaxis(leaf, rank - 1 - space, -1)


def _rebuilt(subject: Subject, images: Any) -> Subject:
    """The same layer with the other layout and the same weights."""
    target = subject.target
    if _KEY not in subject.memory:
        config = {**target.get_config(), "data_format": "channels_first"}
        other = type(target).from_config(config)
        other.build(tuple(images.shape))
        subject.memory[_KEY] = Subject(
            subject.name, subject.kind, other, Arguments((), {})
        )
    found: Subject = subject.memory[_KEY]
    for mine, weight in zip(found.target.weights, target.weights, strict=True):
        mine.assign(weight)
    return found
