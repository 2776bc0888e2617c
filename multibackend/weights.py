"""Seeded weights by path: the same start on every backend.

Keras' initializers draw from each framework's own generator, so one seed gives other
numbers on each. Here every float weight is overwritten with NumPy draws that depend on
its place, path and shape alone, close to what its initializer meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import current, seed_of

__all__ = [
    "Start",
    "given_starts",
    "initial_value",
    "labels",
    "plain",
    "seed_weights",
    "starts",
]

_FLOATS = ("float16", "bfloat16", "float32", "float64")
# From this many draws on, "all of them positive" is no accident (2 ** -32).
_MANY = 32


def seed_weights(layer: Any, *, seed: int = 0) -> None:
    """Overwrites every float weight of a built layer or model.

    Args:
        layer: A built Keras layer or model.
        seed: Another seed gives another start.

    Raises:
        ValueError: The layer is not built.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> seed_weights(model)
    >>> [tuple(w.shape) for w in model.weights]
    [(3, 2), (2,)]
    """
    for start in starts(layer, seed=seed):
        start.assign()


@dataclass(frozen=True)
class Start:
    """The value that a weight starts from, whatever it holds by now."""

    variable: Any
    value: npt.NDArray[Any]
    salt: str

    def assign(self) -> None:
        """Puts the weight back to its start, in the working dtype."""
        self.variable.assign(current().give(self.value, salt=self.salt))


def starts(layer: Any, *, seed: int = 0) -> tuple[Start, ...]:
    """The seeded starts of all float weights; call it right after building.

    Args:
        layer: A built Keras layer or model that was not trained yet.
        seed: Another seed gives another start.

    Raises:
        ValueError: The layer is not built.
    """
    if not layer.built:
        message = (
            f"Expected a built layer, received {layer.name!r} without weights. "
            "Call it once on data, or give its model an Input."
        )
        raise ValueError(message)
    found: list[Start] = []
    for position, weight in enumerate(layer.weights):
        if str(weight.dtype) in _FLOATS:
            salt = f"{seed} {position} {plain(weight.path)} {tuple(weight.shape)}"
            found.append(Start(weight, initial_value(weight.numpy(), salt=salt), salt))
    return tuple(found)


def given_starts(
    seeded: Sequence[Start], values: Sequence[Any], name: str
) -> tuple[Start, ...]:
    """The starts with these values in place of the seeded ones.

    Args:
        seeded: The seeded starts of all float weights.
        values: An array for each, in the same order.
        name: Whose weights they are, for the error.

    Raises:
        ValueError: There are more or fewer, or one has another shape.
    """
    have = [start.value.shape for start in seeded]
    given = [np.asarray(value, dtype=np.float32) for value in values]
    if have != [value.shape for value in given]:
        message = (
            f"Expected float weights of the shapes {have} for {name}, received "
            f"{[value.shape for value in given]}. Give them in the order of `weights`."
        )
        raise ValueError(message)
    return tuple(
        replace(start, value=value) for start, value in zip(seeded, given, strict=True)
    )


def plain(path: str) -> str:
    """A path without Keras' counters: `dense_3/kernel` is `dense/kernel`."""
    return re.sub(r"_\d+(?=[/_]|$)", "", path)


def labels(variables: Iterable[Any]) -> list[str]:
    """A name for each variable that does not depend on what was built before.

    Keras counts objects of one class over the whole process, so the same code names
    its weights `dense/kernel` once and `dense_3/kernel` later.

    Returns:
        The plain paths, the second of one path with ` #2` behind it, and so on.
    """
    seen: Counter[str] = Counter()
    found: list[str] = []
    for variable in variables:
        name = plain(variable.path)
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return found


def initial_value(initial: npt.NDArray[Any], *, salt: str) -> npt.NDArray[Any]:
    """Returns seeded float32 values close to what an initializer meant.

    - A positive constant (a variance, a scale) is multiplied by 0.9 to 1.1.
    - Another constant (a bias) gets a small offset, so that it is never silently zero.
    - Anything else was drawn: normal with the standard deviation of Glorot's rule,
      `sqrt(2 / (inputs + outputs))`, kept positive where all initial values were.

    Args:
        initial: What the initializer gave, any shape.
        salt: Seeds the draw.
    """
    first = np.asarray(initial, dtype=np.float32)
    rng = np.random.default_rng(seed_of(salt))
    if first.size == 0:
        return first
    constant = float(first.flat[0])
    if _is_constant(first):
        if constant > 0:
            drawn = constant * rng.uniform(0.9, 1.1, first.shape)
        else:
            drawn = constant + 0.05 * rng.normal(size=first.shape)
        return drawn.astype(np.float32)
    drawn = rng.normal(size=first.shape) * np.sqrt(2 / _fans(first.shape))
    if first.size >= _MANY and bool(np.all(first >= 0)):
        drawn = np.abs(drawn)
    return drawn.astype(np.float32)


def _is_constant(values: npt.NDArray[Any]) -> bool:
    """A lone number counts as constant if it has at most three decimals."""
    if values.size == 1:
        lone = float(values.flat[0])
        return np.float32(round(lone, 3)) == np.float32(lone)
    return bool(np.all(values == values.flat[0]))


def _fans(shape: tuple[int, ...]) -> int:
    """Inputs plus outputs of a kernel whose last two axes are those."""
    if len(shape) < 2:
        return max(1, 2 * (shape[0] if shape else 1))
    receptive = int(np.prod(shape[:-2]))
    return max(1, receptive * (shape[-2] + shape[-1]))
