"""Checks of constructor arguments: one sentence that says what was expected and came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["flag", "known_size", "number", "one_of", "positive_integer"]


def positive_integer(name: str, value: Any, meaning: str) -> int:
    """Returns `value`, which must be a whole number of one or more.

    Args:
        name: The argument's name.
        value: What was passed.
        meaning: A sentence that says what the argument is.

    Raises:
        ValueError: It is no positive integer.
    """
    if type(value) is not int or value < 1:
        message = (
            f"Expected `{name}` to be a positive integer, received {value!r}. {meaning}"
        )
        raise ValueError(message)
    return value


def number(
    name: str,
    value: Any,
    meaning: str,
    *,
    above: float | None = None,
    low: float | None = None,
    high: float | None = None,
    below: float | None = None,
) -> float:
    """Returns `value` as a float, which must be finite and within the given bounds.

    Args:
        name: The argument's name.
        value: What was passed.
        meaning: A sentence that says what the argument is.
        above: It must be larger than this.
        low: It must be at least this.
        high: It must be at most this.
        below: It must be smaller than this.

    Raises:
        ValueError: It is no finite number, or out of bounds.
    """
    bounds = {"above": above, "at least": low, "at most": high, "below": below}
    told = " and ".join(f"{how} {b:g}" for how, b in bounds.items() if b is not None)
    real = isinstance(value, int | float | np.number) and type(value) is not bool
    if (
        not real
        or not math.isfinite(value)
        or (above is not None and value <= above)
        or (low is not None and value < low)
        or (high is not None and value > high)
        or (below is not None and value >= below)
    ):
        message = (
            f"Expected `{name}` to be {f'a number {told}' if told else 'a finite number'}, "
            f"received {value!r}. {meaning}"
        )
        raise ValueError(message)
    return float(value)


def flag(name: str, value: Any, meaning: str) -> bool:
    """Returns `value`, which must be `True` or `False`.

    Raises:
        ValueError: It is something else.
    """
    if type(value) is not bool:
        message = (
            f"Expected `{name}` to be True or False, received {value!r}. {meaning}"
        )
        raise ValueError(message)
    return value


def one_of(name: str, value: Any, choices: Sequence[str], meaning: str) -> str:
    """Returns `value`, which must be one of the names in `choices`.

    Raises:
        ValueError: It is another.
    """
    if not isinstance(value, str) or value not in choices:
        told = ", ".join(map(repr, choices))
        message = (
            f"Expected `{name}` to be one of {told}, received {value!r}. {meaning}"
        )
        raise ValueError(message)
    return value


def known_size(shape: Sequence[int | None], axis: int, why: str) -> int:
    """Returns the size of an axis that weights depend on.

    Args:
        shape: The shape of the inputs; `None` is an unknown size.
        axis: Which axis, counted from the end where negative.
        why: A sentence that says what depends on it.

    Raises:
        ValueError: The size is unknown.
    """
    size = shape[axis]
    if size is None:
        which = "the last axis" if axis == -1 else f"axis {axis}"
        message = (
            f"Expected {which} of the inputs to be known, received shape "
            f"{tuple(shape)}. {why}"
        )
        raise ValueError(message)
    return int(size)
