"""Which dimensions of an output are unknown where those of the inputs are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.framework import framework
from multibackend.parity.checks.given import mapped, tensors
from multibackend.parity.checks.numbers import as_numpy, as_tensor
from multibackend.parity.checks.pure import pure, shapes_of
from multibackend.parity.checks.subject import Subject

__all__ = ["Dimensions", "Shape", "changes", "expected_shape"]

#: A shape, with `None` for a dimension that is unknown.
Shape = tuple[int | None, ...]
#: The unknown axes of each input tensor, or the changing axes of each output.
Dimensions = Sequence[set[int]]

# A target may refuse other sizes in its own way.
_REFUSED = (Exception,)


def expected_shape(claimed: Shape, real: Shape, moving: set[int]) -> Shape:
    """The shape that a symbolic output must have.

    Args:
        claimed: Its symbolic shape; what it leaves unknown, it may leave unknown.
        real: What really came out.
        moving: The axes that change with what is unknown: to name a size is wrong.

    Example:

    >>> expected_shape((4, 7), (4, 8), {0})
    (None, 8)
    >>> expected_shape((None, None), (4, 8), {0})
    (None, None)
    """
    unknown = {axis for axis, size in enumerate(claimed) if size is None}
    if len(claimed) == len(real):
        moving = moving | unknown
    return tuple(None if axis in moving else size for axis, size in enumerate(real))


def changes(
    subject: Subject,
    given: Arguments,
    unknown: Dimensions,
    claimed: Sequence[Shape | None],
    real: Sequence[Shape | None],
) -> list[set[int]]:
    """The axes of each real output that change with the unknown dimensions.

    They are found by calling the target again with each of these dimensions doubled,
    unless the symbolic shapes say the usual: what is unknown comes first in every
    input and output, and all the rest is as real.

    Args:
        subject: The object under test.
        given: Its inputs.
        unknown: The unknown axes of each input tensor.
        claimed: The symbolic shape of each output, `None` for what is no tensor.
        real: The real shape of each output.

    Returns:
        The axes of each output; none where the target takes no other sizes.
    """
    still = [set[int]() for _ in real]
    if not any(unknown):
        return still
    leading = _leading([tuple(leaf.shape) for leaf in tensors(given)], unknown)
    if leading and _usual(leading, claimed, real):
        return [set(range(len(leading))) for _ in real]
    doubled = _doubled(subject, given, unknown)
    if len(doubled) != len(real):
        return still
    return [_unlike(one, other) for one, other in zip(real, doubled, strict=True)]


def _leading(inputs: Sequence[Shape], unknown: Dimensions) -> Shape:
    """The sizes that are unknown, where they come first and are alike in all inputs."""
    pairs = list(zip(inputs, unknown, strict=True))
    sizes = {shape[: len(axes)] for shape, axes in pairs}
    first = all(axes == set(range(len(axes))) for _, axes in pairs)
    return sizes.pop() if first and len(sizes) == 1 else ()


def _usual(
    leading: Shape, claimed: Sequence[Shape | None], real: Sequence[Shape | None]
) -> bool:
    count = len(leading)
    return len(claimed) == len(real) and all(
        told is not None
        and shape is not None
        and shape[:count] == leading
        and told == (None,) * count + shape[count:]
        for told, shape in zip(claimed, real, strict=True)
    )


def _doubled(
    subject: Subject, given: Arguments, unknown: Dimensions
) -> list[Shape | None]:
    """The shapes of all outputs for doubled inputs; none where they are refused."""
    places = iter(unknown)

    def twice(leaf: Any) -> Any:
        array = as_numpy(leaf)
        for axis in sorted(next(places)):
            array = np.concatenate([array, array], axis=axis)
        return as_tensor(array)

    subject.rewind()
    larger = tensors(mapped(given, twice))
    flat = replace(pure(subject), tensors=larger)
    try:
        if keras.config.backend() == "jax":
            # Which compiles each operation for one call that is asked for shapes alone.
            return framework().shapes(flat)
        return shapes_of(flat.function(flat.tensors))
    except _REFUSED:
        return []


def _unlike(one: Shape | None, other: Shape | None) -> set[int]:
    if one is None or other is None or len(one) != len(other):
        return set()
    pairs = enumerate(zip(one, other, strict=True))
    return {axis for axis, (size, changed) in pairs if size != changed}
