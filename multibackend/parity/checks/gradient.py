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

from multibackend.inputs import seed_of
from multibackend.parity.checks.subject import Subject
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
        for place, value in zip(held, tensors, strict=True):
            full[place] = value
        args, kwargs = keras.tree.pack_sequence_as(nested, full)
        extra = {"training": False} if subject.trains else {}
        return _weighed(subject.target(*args, **kwargs, **extra), subject.name)

    tensors = [flat[place] for place in held]
    places = [place for place, leaf in enumerate(tensors) if is_float(leaf)]
    variables = subject.trainable
    of_variables, of_inputs = framework.gradients(
        Scalar(scalar, variables, subject.variables, tensors, places, subject.memory)
    )
    return (
        dict(zip(labels(variables), of_variables, strict=True)),
        {f"input {p}": value for p, value in zip(places, of_inputs, strict=True)},
    )


def _weighed(outputs: Any, name: str) -> Any:
    total = None
    for place, leaf in enumerate(keras.tree.flatten(outputs)):
        if not is_float(leaf):
            continue
        rng = np.random.default_rng(seed_of(f"cotangent {name} {place}"))
        weights = rng.normal(size=tuple(leaf.shape)).astype(np.float32)
        part = keras.ops.sum(leaf * keras.ops.cast(weights, leaf.dtype))
        total = part if total is None else total + keras.ops.cast(part, total.dtype)
    if total is None:
        message = f"{name} has no float output to differentiate"
        raise TypeError(message)
    return total
