"""The few shapes that all controls share, and inputs that mean something.

JAX compiles every operation anew for every shape: a shape more costs every run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, integers, normal, uniform

__all__ = [
    "images",
    "one_hot",
    "probabilities",
    "rows",
    "shares",
    "signs",
    "steps",
    "wide",
]

Array = npt.NDArray[Any]


def rows() -> Array:
    """Rows of features, shape `(4, 16)`."""
    return normal(4, 16)


def steps() -> Array:
    """Sequences, shape `(batch, steps, features)` = `(2, 5, 8)`."""
    return normal(2, 5, 8)


def images() -> Array:
    """Images, shape `(batch, height, width, channels)` = `(2, 8, 8, 3)`."""
    return normal(2, 8, 8, 3)


def shares(count: int = 8, classes: int = 4, *, seed: int = 0) -> Array:
    """Probabilities that sum to 1, well above 0, shape `(count, classes)`.

    They are drawn in float64 and then rounded, so that they are the same numbers in
    every working dtype.
    """
    drawn = np.random.default_rng(seed).dirichlet(np.full(classes, 5.0), size=count)
    return array(drawn, seed=seed)


def probabilities(*shape: int) -> Array:
    """Single probabilities away from 0 and 1."""
    return uniform(*shape, low=0.05, high=0.95)


def one_hot(count: int = 8, classes: int = 4) -> Array:
    """Classes as rows of an identity, shape `(count, classes)`."""
    return np.eye(classes, dtype="int32")[integers(count, high=classes)]


def signs(*shape: int) -> Array:
    """Whole numbers -1 and 1."""
    return 2 * integers(*shape, high=2) - 1


def wide(values: Any) -> Array:
    """Whatever it was, in float64."""
    return np.asarray(values, dtype=np.float64)
