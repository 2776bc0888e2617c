"""Gradients through each framework's own differentiation, nothing of ours between.

The outputs are weighed with seeded random cotangents and summed: one scalar whose
gradient sees every output element with another weight.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from multibackend.inputs import current, seed_of
from multibackend.parity.checks import forward
from multibackend.parity.checks.subject import NotApplicableError, Subject
from multibackend.weights import labels

__all__ = ["Scalar", "gradients"]


def is_float(leaf: Any) -> bool:
    """Whether a leaf is a real floating tensor."""
    return keras.ops.is_tensor(leaf) and keras.backend.is_float_dtype(
        keras.backend.standardize_dtype(leaf.dtype)
    )


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


def gradients(subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Differentiates the weighed outputs.

    Args:
        subject: A layer, model, loss or function.

    Returns:
        A gradient for each trainable variable by its label, and one for each float
        input by its place among the flat inputs; zeros where unused.
    """
    framework = importlib.import_module(
        f"multibackend.parity.checks._{keras.config.backend()}"
    )
    given = subject.inputs()
    nested = [list(given.args), dict(given.kwargs)]
    flat = keras.tree.flatten(nested)
    held = [place for place, leaf in enumerate(flat) if keras.ops.is_tensor(leaf)]

    def scalar(tensors: list[Any]) -> Any:
        full = list(flat)
        for place, value in zip(held, tensors[: len(held)], strict=True):
            full[place] = value
        args, kwargs = keras.tree.pack_sequence_as(nested, full)
        extra = {"training": False} if subject.trains else {}
        outputs = subject.target(*args, **kwargs, **extra)
        return _weighed(outputs, tensors[len(held) :])

    tensors = [flat[place] for place in held]
    places = [place for place, leaf in enumerate(tensors) if is_float(leaf)]
    cotangents = _cotangents(subject)
    if not cotangents:
        message = "there is no float output to differentiate"
        raise NotApplicableError(message)
    tensors += cotangents
    variables = subject.trainable
    of_variables, of_inputs = framework.gradients(
        Scalar(scalar, variables, subject.variables, tensors, places, subject.memory)
    )
    return (
        dict(zip(labels(variables), of_variables, strict=True)),
        {f"input {p}": value for p, value in zip(places, of_inputs, strict=True)},
    )


def _cotangents(subject: Subject) -> list[Any]:
    """A seeded weight for every element of every float output, moved by a twin too."""
    if "shapes" not in subject.memory:
        leaves = keras.tree.flatten(forward.observe(subject))
        subject.memory["shapes"] = [
            tuple(leaf.shape) for leaf in leaves if is_float(leaf)
        ]
        subject.rewind()
    found: list[Any] = []
    for place, shape in enumerate(subject.memory["shapes"]):
        salt = f"cotangent {subject.name} {place}"
        drawn = np.random.default_rng(seed_of(salt)).normal(size=shape)
        found.append(keras.ops.convert_to_tensor(current().give(drawn, salt=salt)))
    return found


def _weighed(outputs: Any, cotangents: list[Any]) -> Any:
    floats = [leaf for leaf in keras.tree.flatten(outputs) if is_float(leaf)]
    total, *rest = (
        keras.ops.sum(leaf * keras.ops.cast(weight, leaf.dtype))
        for leaf, weight in zip(floats, cotangents, strict=True)
    )
    for part in rest:
        total = total + keras.ops.cast(part, total.dtype)
    return total
