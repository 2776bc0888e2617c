"""`fit`: a few training steps: loss, metrics, weights and optimizer slots after each.

A difference here is what a user sees as "it trains worse on the other backend".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from multibackend.inputs import current, normal
from multibackend.parity.checks.numbers import as_tensor
from multibackend.parity.checks.subject import Subject, values
from multibackend.weights import plain

KINDS = ("model", "optimizer")

STEPS = 4
# Shapes of the variables that a bare optimizer updates: a kernel, a bias, a scalar.
_SHAPES = ((3, 4), (4,), ())


def observe(subject: Subject) -> Any:
    """Returns a dictionary `step N` -> what that step left."""
    if subject.kind == "optimizer":
        return _optimizer(subject.target)
    model = subject.target
    (x,) = keras.tree.map_structure(
        keras.ops.convert_to_numpy, list(subject.inputs().args)
    )
    y = subject.targets()
    count = len(keras.tree.flatten(x)[0])
    size = max(1, count // STEPS)
    steps: dict[str, Any] = {}
    for step in range(STEPS):
        start = step * size if count >= STEPS else 0
        rows = slice(start, start + size)
        batch = keras.tree.map_structure(lambda a, rows=rows: a[rows], (x, y))
        logs = model.train_on_batch(*batch, return_dict=True)
        steps[f"step {step + 1}"] = {
            "logs": {plain(name): _number(value) for name, value in logs.items()},
            "weights": values(model.weights),
            "slots": _slots(model.optimizer),
        }
    return steps


def _optimizer(prototype: Any) -> Any:
    """A fresh copy of the optimizer, updating seeded variables on seeded gradients."""
    optimizer = type(prototype).from_config(prototype.get_config())
    return {
        f"step {step}": {
            "weights": {f"variable {i}": v.numpy() for i, v in enumerate(variables)},
            "slots": _slots(optimizer),
        }
        for step, variables in enumerate(updates(optimizer), 1)
    }


def updates(optimizer: Any) -> Iterator[list[Any]]:
    """Seeded variables after each of a few updates by seeded gradients."""
    variables = [
        keras.Variable(normal(*shape, seed=place), name=f"variable_{place}")
        for place, shape in enumerate(_SHAPES)
    ]
    optimizer.build(variables)
    for step in range(1, STEPS + 1):
        gradients = [
            as_tensor(normal(*shape, seed=100 * step + place))
            for place, shape in enumerate(_SHAPES)
        ]
        optimizer.apply(gradients, variables)
        yield variables


def _slots(optimizer: Any) -> dict[str, Any]:
    """Slots by path; the step counter by value, as its width is the backend's own.

    `iteration` is int64 on tensorflow and int32 elsewhere: Keras keeps int64 there
    because TensorFlow places no int32 variable on a GPU (`BIT64_TO_BIT32_DTYPE`).
    """
    # Under gradient accumulation `iterations` is a quotient, and no variable.
    slots = [v for v in optimizer.variables if not v.path.endswith("/iteration")]
    done = keras.ops.convert_to_numpy(optimizer.iterations)
    return values(slots) | {"iterations": int(done)}


def _number(value: Any) -> Any:
    """A log is a Python float on some backends and a tensor on others."""
    return np.asarray(keras.ops.convert_to_numpy(value)).astype(current().dtype)
