"""`spec`: Are the symbolic shapes and dtypes those that really come out?

A difference here breaks models that are wired from `keras.Input`: a layer above is
built for a shape or a dtype that never comes. The dimensions are known at first, then
the batch is unknown, then the second axis of sequences and images as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from multibackend.parity.cases.case import Arguments
from multibackend.parity.cases.reason import message_of
from multibackend.parity.checks.answer import NotApplicableError, Related
from multibackend.parity.checks.given import mapped, structure, tensors
from multibackend.parity.checks.gradient import is_float
from multibackend.parity.checks.shapes import Dimensions, Shape, changes, expected_shape
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model", "function")
JUDGED = "exact"

# Any error is a refusal of unknown dimensions, of whatever framework it comes from.
_REFUSED = (Exception,)

_KNOWN = "known"


def observe(subject: Subject) -> Any:
    """Returns the symbolic shapes and dtypes, and expects the real ones."""
    given = subject.inputs()
    real = subject.call(given)
    observed: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    for name, unknown in _variants(given):
        subject.rewind()
        try:
            symbolic = _symbolic(subject, given, unknown)
        except _REFUSED as error:
            if name != _KNOWN:
                continue
            if subject.kind != "function":
                raise
            told = f"{type(error).__name__}: {message_of(error)}"
            message = f"it takes no symbolic tensor: {told}"
            raise NotApplicableError(message) from error
        observed[name] = _told(symbolic)
        expected[name] = _due(subject, given, unknown, symbolic, real)
    subject.rewind()
    return Related(observed, expected)


def _variants(given: Arguments) -> Iterator[tuple[str, Dimensions]]:
    """What is unknown of each input tensor: nothing, the batch, the steps too."""
    leaves = tensors(given)
    batch = [{0} if len(leaf.shape) else set[int]() for leaf in leaves]
    lengths = {leaf.shape[1] for leaf in leaves if _sequence(leaf)}
    yield _KNOWN, [set[int]() for _ in leaves]
    yield "unknown batch", batch
    if lengths:
        # A mask beside a sequence is as long as the sequence is.
        beside = [
            _sequence(leaf)
            or (
                not is_float(leaf) and len(leaf.shape) >= 2 and leaf.shape[1] in lengths
            )
            for leaf in leaves
        ]
        steps = [b | {1} if s else b for b, s in zip(batch, beside, strict=True)]
        yield "unknown batch and second axis", steps


def _sequence(leaf: Any) -> bool:
    return is_float(leaf) and len(leaf.shape) >= 3


def _symbolic(subject: Subject, given: Arguments, unknown: Dimensions) -> Any:
    """The symbolic outputs of a copy: a symbolic call leaves a node on a layer."""
    places = iter(unknown)

    def tensor(leaf: Any) -> Any:
        hidden = next(places)
        shape = tuple(
            None if axis in hidden else int(size)
            for axis, size in enumerate(leaf.shape)
        )
        return keras.KerasTensor(shape, keras.backend.standardize_dtype(leaf.dtype))

    if "spec" not in subject.memory:
        rebuild = subject.rebuild if subject.kind != "function" else None
        subject.memory["spec"] = subject if rebuild is None else rebuild()
    return subject.memory["spec"].call(mapped(given, tensor))


def _due(
    subject: Subject,
    given: Arguments,
    unknown: Dimensions,
    symbolic: Any,
    real: Any,
) -> dict[str, Any]:
    """What the symbolic outputs must be, judged by the real ones."""
    leaves = keras.tree.flatten(real)
    told = keras.tree.flatten(symbolic)
    shapes = [_shape(leaf) for leaf in leaves]
    moving = changes(subject, given, unknown, [_shape(leaf) for leaf in told], shapes)
    found: dict[str, Any] = {"structure": structure(real)}
    for place, (leaf, other) in enumerate(zip(leaves, told, strict=False)):
        shape, claimed = shapes[place], _shape(other)
        if shape is not None and claimed is not None:
            due = expected_shape(claimed, shape, moving[place])
            dtype = keras.backend.standardize_dtype(leaf.dtype)
            found[f"output {place}"] = {"shape": str(due), "dtype": dtype}
    return found


def _told(symbolic: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"structure": structure(symbolic)}
    for place, leaf in enumerate(keras.tree.flatten(symbolic)):
        shape = _shape(leaf)
        if shape is not None:
            dtype = keras.backend.standardize_dtype(leaf.dtype)
            # What is left unknown without need is no error, yet all must leave the same.
            axes = [axis for axis, size in enumerate(shape) if size is None]
            output = {"shape": str(shape), "dtype": dtype, "unknown": str(axes)}
            found[f"output {place}"] = output
    return found


def _shape(leaf: Any) -> Shape | None:
    """The shape of a real or symbolic tensor, `None` of anything else."""
    if not keras.ops.is_tensor(leaf) and not keras.backend.is_keras_tensor(leaf):
        return None
    return tuple(None if size is None else int(size) for size in leaf.shape)
