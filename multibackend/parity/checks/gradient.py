"""Derivatives through each framework's own differentiation, nothing of ours between.

The outputs are weighed with seeded random cotangents and summed: one scalar whose
gradient sees every output element with another weight. The second derivative is taken
of that scalar too, along one seeded random direction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from multibackend.inputs import current, seed_of
from multibackend.parity.checks import forward
from multibackend.parity.checks.answer import NotApplicableError
from multibackend.parity.checks.framework import framework
from multibackend.parity.checks.numbers import as_tensor
from multibackend.parity.checks.pure import pure
from multibackend.parity.checks.subject import Subject
from multibackend.weights import labels

__all__ = ["Scalar", "differentiable", "gradients", "hessian_product"]


@dataclass(frozen=True)
class Scalar:
    """A scalar function of tensors and variables, ready to be differentiated.

    Attributes:
        function: Takes the flat tensors and returns a scalar tensor.
        variables: The Keras variables to differentiate with respect to.
        state: Every variable that the function reads.
        tensors: The flat tensors to call it on.
        places: Which of them to differentiate with respect to.
        memory: Kept between runs of one subject, for what was compiled.
    """

    function: Callable[[list[Any]], Any]
    variables: list[Any]
    state: list[Any]
    tensors: list[Any]
    places: list[int]
    memory: dict[str, Any]

    @property
    def floats(self) -> list[Any]:
        """The tensors to differentiate with respect to."""
        return [self.tensors[place] for place in self.places]

    @property
    def others(self) -> list[Any]:
        """The variables that the function reads and that nothing is derived by."""
        own = {id(variable) for variable in self.variables}
        return [variable for variable in self.state if id(variable) not in own]


def is_float(leaf: Any) -> bool:
    """Whether a leaf is a real floating tensor."""
    return keras.ops.is_tensor(leaf) and keras.backend.is_float_dtype(
        keras.backend.standardize_dtype(leaf.dtype)
    )


def differentiable(subject: Subject) -> bool:
    """Whether there is a float output, and a weight or float input it may depend on."""
    given = subject.inputs()
    leaves = keras.tree.flatten([list(given.args), dict(given.kwargs)])
    wanted = bool(subject.trainable) or any(is_float(leaf) for leaf in leaves)
    return wanted and bool(_shapes(subject))


def gradients(subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Differentiates the weighed outputs.

    Args:
        subject: A layer, model, loss or function.

    Returns:
        A gradient for each trainable variable by its label, and one for each float
        input by its place among the flat inputs; zeros where unused.

    Raises:
        NotApplicableError: There is no float output.
    """
    scalar = _scalar(subject)
    return _named(scalar, *framework().gradients(scalar))


def hessian_product(subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Differentiates the gradient's component along a seeded random direction.

    Args:
        subject: A layer, model, loss or function.

    Returns:
        As `gradients` does.

    Raises:
        NotApplicableError: There is no float output.
    """
    scalar = _scalar(subject)
    along_variables, along_floats = _named(scalar, scalar.variables, scalar.floats)
    directions = [
        _drawn(f"direction {subject.name} {name}", tuple(held.shape))
        for name, held in (along_variables | along_floats).items()
    ]
    count = len(scalar.variables)
    found = framework().hessian_product(scalar, directions[:count], directions[count:])
    return _named(scalar, *found)


def _scalar(subject: Subject) -> Scalar:
    inner = pure(subject)
    count = len(inner.tensors)

    def scalar(tensors: list[Any]) -> Any:
        return _weighed(inner.function(tensors[:count]), tensors[count:])

    cotangents = [
        _drawn(f"cotangent {subject.name} {place}", shape)
        for place, shape in enumerate(_shapes(subject))
    ]
    if not cotangents:
        message = "there is no float output to differentiate"
        raise NotApplicableError(message)
    return Scalar(
        scalar,
        subject.trainable,
        inner.state,
        [*inner.tensors, *cotangents],
        [place for place, leaf in enumerate(inner.tensors) if is_float(leaf)],
        inner.memory,
    )


def _named(
    scalar: Scalar, of_variables: list[Any], of_floats: list[Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        dict(zip(labels(scalar.variables), of_variables, strict=True)),
        {f"input {p}": v for p, v in zip(scalar.places, of_floats, strict=True)},
    )


def _shapes(subject: Subject) -> list[tuple[int, ...]]:
    """The shapes of the float outputs."""
    if "shapes" not in subject.memory:
        leaves = keras.tree.flatten(forward.observe(subject))
        subject.memory["shapes"] = [
            tuple(leaf.shape) for leaf in leaves if is_float(leaf)
        ]
        # Under jax.grad a seed advances unseen.
        subject.memory["drew"] = subject.drew()
        subject.rewind()
    return subject.memory["shapes"]


def _drawn(salt: str, shape: tuple[int, ...]) -> Any:
    """A seeded number for every element, moved by a twin too."""
    drawn = np.random.default_rng(seed_of(salt)).normal(size=shape)
    return as_tensor(current().give(drawn, salt=salt))


def _weighed(outputs: Any, cotangents: list[Any]) -> Any:
    floats = [leaf for leaf in keras.tree.flatten(outputs) if is_float(leaf)]
    total, *rest = (
        keras.ops.sum(leaf * keras.ops.cast(weight, leaf.dtype))
        for leaf, weight in zip(floats, cotangents, strict=True)
    )
    for part in rest:
        total = total + keras.ops.cast(part, total.dtype)
    return total
