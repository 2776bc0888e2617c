"""What a sample is asked with, as data: drawn under the backend, told as text.

A table of samples is read where nothing is installed but NumPy, so that it holds no
arrays: a `Draw` says how one is made, and which seed it has follows from its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import seed_of

__all__ = [
    "Draw",
    "b",
    "drawn",
    "draws_in",
    "i",
    "n",
    "perm",
    "spaced",
    "text_of",
    "u",
    "v",
]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Draw:
    """One array to come.

    Attributes:
        text: How a table writes it, such as `n(3, 4)`.
        make: Draws it with a generator.
    """

    text: str
    make: Callable[[np.random.Generator], Array]

    def __repr__(self) -> str:
        """As the table writes it."""
        return self.text


def _told(name: str, shape: tuple[int, ...], **more: Any) -> str:
    parts = [*map(str, shape), *(f"{key}={value!r}" for key, value in more.items())]
    return f"{name}({', '.join(parts)})"


def n(*shape: int, mean: float = 0.0, std: float = 1.0) -> Draw:
    """Floats from a normal distribution, as float32."""
    more = {"mean": mean} if mean else {}
    more |= {"std": std} if std != 1.0 else {}
    return Draw(
        _told("n", shape, **more),
        lambda rng: np.asarray(rng.normal(mean, std, shape), np.float32),
    )


def u(*shape: int, low: float = 0.0, high: float = 1.0) -> Draw:
    """Floats drawn evenly from `low` to `high`, as float32."""
    return Draw(
        _told("u", shape, low=low, high=high),
        lambda rng: np.asarray(rng.uniform(low, high, shape), np.float32),
    )


def i(*shape: int, low: int = 0, high: int = 10, dtype: str = "int32") -> Draw:
    """Whole numbers from `low` to `high - 1`."""
    return Draw(
        _told("i", shape, low=low, high=high, dtype=dtype),
        lambda rng: np.asarray(rng.integers(low, high, shape)).astype(dtype),
    )


def b(*shape: int) -> Draw:
    """Truth values, half of them true."""
    return Draw(_told("b", shape), lambda rng: np.asarray(rng.random(shape) < 0.5))


def perm(*shape: int) -> Draw:
    """Different whole numbers as float32 in any order: there are no ties."""

    def make(rng: np.random.Generator) -> Array:
        size = int(np.prod(shape))
        return rng.permutation(size).reshape(shape).astype(np.float32)

    return Draw(_told("perm", shape), make)


def spaced(*shape: int, low: float = -1.0, high: float = 1.0) -> Draw:
    """Evenly spaced floats from `low` to `high` in rows, as float32."""
    size = int(np.prod(shape))
    values = np.linspace(low, high, size, dtype=np.float32).reshape(shape)
    return Draw(_told("spaced", shape, low=low, high=high), lambda _: values)


def v(values: Any, dtype: str = "float32") -> Draw:
    """The values themselves, in this dtype."""
    return Draw(f"v({values!r}, {dtype!r})", lambda _: np.asarray(values, dtype))


def drawn(nested: Any, place: str) -> Any:
    """The same nested lists, tuples and dicts with an array for each draw.

    Args:
        nested: Draws anywhere among other values.
        place: Seeds the first draw; the place of each further one is told from it.
    """
    if isinstance(nested, Draw):
        return nested.make(np.random.default_rng(seed_of(place)))
    if isinstance(nested, Mapping):
        return {k: drawn(one, f"{place}.{k}") for k, one in nested.items()}
    if isinstance(nested, list | tuple):
        made = [drawn(one, f"{place}.{k}") for k, one in enumerate(nested)]
        return made if isinstance(nested, list) else tuple(made)
    return nested


def draws_in(nested: Any) -> list[Draw]:
    """The draws among nested lists, tuples and dicts, in order."""
    if isinstance(nested, Draw):
        return [nested]
    if isinstance(nested, Mapping):
        nested = tuple(nested.values())
    if not isinstance(nested, list | tuple):
        return []
    return [draw for each in nested for draw in draws_in(each)]


def text_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """The arguments of a call as a table writes them."""
    return ", ".join(
        [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
    )
