"""`mask`: Does a mask arrive at the next layer, and does it hide what it masks?

A difference here lets padding leak into results: a backend that drops a mask, or that
reads masked steps, computes with values that nobody meant. Masks are handed on by a
layer before and read by a layer behind, as in a model.
"""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np

from multibackend.inputs import current, seed_of
from multibackend.parity.checks import marks
from multibackend.parity.checks.answer import Related
from multibackend.parity.checks.marks import Marks
from multibackend.parity.checks.neighbours import read
from multibackend.parity.checks.subject import Subject, values

KINDS = ("layer", "model")


def observe(subject: Subject) -> Any:
    """Returns masks and outputs, and the outputs for other numbers at masked steps."""
    found = marks.place(subject)
    propagated, outputs = _ask(subject, found)
    plain = {"propagated": propagated, "outputs": outputs}
    if not found.hidden:
        return plain
    if isinstance(subject.target, keras.Model):
        # A layer inside may ignore masks by right, as a convolution does.
        return {**plain, "altered": _ask(subject, _altered(subject, found))[1]}
    expected = {"altered": outputs} | _trained(subject, found)
    if current().twin:
        return Related({**plain, **expected}, expected)
    other = _altered(subject, found)
    altered = {"altered": _ask(subject, other)[1]} | _trained(subject, other)
    subject.rewind()
    return Related({**plain, **altered}, expected)


def _ask(
    subject: Subject, given: Marks, *, training: bool = False
) -> tuple[list[Any], list[Any]]:
    """The masks that the next layer gets, and the outputs where nothing is masked."""
    subject.rewind()
    with warnings.catch_warnings():
        # A mask that ends inside a model is told by what arrives behind it.
        warnings.filterwarnings("ignore", ".*was passed an input with a mask")
        outputs = subject.call(given.attached(), training=training)
    outputs = keras.tree.flatten(outputs)
    masks = [read(leaf) for leaf in outputs]
    told = ["none" if mask is None else mask for mask in masks]
    return told, [
        _visible(leaf, mask, given.first)
        for leaf, mask in zip(outputs, masks, strict=True)
    ]


def _trained(subject: Subject, given: Marks) -> dict[str, Any]:
    """The same in training, where the target keeps statistics of its inputs."""
    state = subject.target.non_trainable_weights
    if not subject.trains or not state:
        return {}
    outputs = _ask(subject, given, training=True)[1]
    return {"altered in training": {"outputs": outputs, "state": values(state)}}


def _altered(subject: Subject, given: Marks) -> Marks:
    """Other numbers at every masked step of the inputs whose mask the target takes."""

    def other(place: int, leaf: Any, mask: Any) -> Any:
        salt = f"altered {subject.name} {place}"
        drawn = np.random.default_rng(seed_of(salt)).normal(size=tuple(leaf.shape))
        return keras.ops.where(
            _wide(mask, leaf),
            leaf,
            keras.ops.cast(current().give(drawn, salt=salt), leaf.dtype),
        )

    return given.replaced(other)


def _visible(leaf: Any, mask: Any, first: Any) -> Any:
    """The output with zeros at its masked steps, where it has these steps."""
    if mask is None:
        # An output that keeps steps and features is masked as the input was.
        mask = first if len(leaf.shape) >= 3 else None
    if mask is None or tuple(mask.shape) != tuple(leaf.shape)[: len(mask.shape)]:
        return leaf
    return keras.ops.where(_wide(mask, leaf), leaf, keras.ops.zeros_like(leaf))


def _wide(mask: Any, leaf: Any) -> Any:
    """The mask, as broad as the leaf: `(batch, steps, 1, ...)`."""
    wide = tuple(mask.shape) + (1,) * (len(leaf.shape) - len(mask.shape))
    return keras.ops.reshape(keras.ops.cast(mask, "bool"), wide)
