"""Seeded NumPy inputs: the same numbers on every backend.

Every maker draws with `numpy.random.default_rng`, rounds floats to float32 and
hands them out in the working dtype. The working dtype is float32, unless the parity
suite runs its float64 referee; then the very same numbers come as float64, or moved by
one unit roundoff of float32, which tells how much rounding matters here.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Working",
    "array",
    "integers",
    "mask",
    "normal",
    "tokens",
    "uniform",
    "working",
]

#: Half the distance from 1 to the next float32: what one rounding may cost.
ROUNDOFF = float(np.finfo(np.float32).eps) / 2


@dataclass(frozen=True)
class Working:
    """How numbers are handed out just now.

    Attributes:
        dtype: The float dtype, `"float32"` or `"float64"`.
        twin: 0 for the numbers themselves; a twin's number (1, 2, ...) for a copy
            moved with seeded signs.
        step: How far a twin is moved, relative to each number; one unit roundoff of
            float32 by default.
        name: Makes the draws of two cases differ.
        draws: Counts the draws, so that the second differs from the first.
    """

    dtype: str = "float32"
    twin: int = 0
    name: str = ""
    step: float = ROUNDOFF
    draws: Iterator[int] = field(default_factory=count)

    def give(self, values: Any, *, salt: str) -> npt.NDArray[Any]:
        """Returns `values` as this working dtype wants them.

        Args:
            values: An array or nested lists. Floats are rounded to float32 first.
            salt: What tells one array from another; it seeds a twin's signs.
        """
        given = np.asarray(values)
        if given.dtype.kind == "c":
            wide = given.astype(np.complex64).astype(np.complex128)
            moved = self._move(wide.real, salt) + 1j * self._move(wide.imag, salt + "i")
            return np.asarray(
                moved, dtype="complex128" if self.dtype == "float64" else "complex64"
            )
        if given.dtype.kind != "f":
            return given
        wide = given.astype(np.float32).astype(np.float64)
        return np.asarray(self._move(wide, salt), dtype=self.dtype)

    def _move(self, wide: npt.NDArray[Any], salt: str) -> npt.NDArray[Any]:
        if not self.twin:
            return wide
        rng = np.random.default_rng(seed_of(f"twin {self.twin} {salt}"))
        signs = rng.integers(0, 2, size=wide.shape) * 2 - 1
        return wide * (1 + self.step * signs)


_WORKING: ContextVar[Working] = ContextVar("working", default=Working())  # noqa: B039 - frozen; the shared counter is meant


@contextmanager
def working(state: Working) -> Generator[Working]:
    """Hands out numbers as `state` says, inside the `with` block."""
    token = _WORKING.set(state)
    try:
        yield state
    finally:
        _WORKING.reset(token)


def current() -> Working:
    """How numbers are handed out just now."""
    return _WORKING.get()


def seed_of(text: str) -> int:
    """A seed that is the same in every process (unlike `hash`)."""
    return zlib.crc32(text.encode("utf-8"))


def _draw(seed: int | None) -> tuple[np.random.Generator, str]:
    state = current()
    salt = f"{state.name} {next(state.draws)}" if seed is None else f"seed {seed}"
    return np.random.default_rng(seed_of(salt)), salt


def normal(
    *shape: int, mean: float = 0.0, std: float = 1.0, seed: int | None = None
) -> npt.NDArray[Any]:
    """Draws floats from a normal distribution.

    Args:
        *shape: The dimensions; none for a scalar.
        mean: The mean of the distribution.
        std: Its standard deviation.
        seed: Fixes the draw; by default each draw of a case has its own.

    Returns:
        An array of shape `shape` in the working dtype.

    Example:

    >>> normal(2, 3).shape
    (2, 3)
    >>> float(abs(normal(4, seed=1) - normal(4, seed=1)).max())
    0.0
    """
    rng, salt = _draw(seed)
    return current().give(rng.normal(mean, std, shape), salt=salt)


def uniform(
    *shape: int, low: float = 0.0, high: float = 1.0, seed: int | None = None
) -> npt.NDArray[Any]:
    """Draws floats evenly from `low` to `high`.

    Args:
        *shape: The dimensions; none for a scalar.
        low: The smallest value.
        high: What every value stays below, up to rounding.
        seed: Fixes the draw; by default each draw of a case has its own.

    Returns:
        An array of shape `shape` in the working dtype.
    """
    rng, salt = _draw(seed)
    return current().give(rng.uniform(low, high, shape), salt=salt)


def integers(
    *shape: int, low: int = 0, high: int, seed: int | None = None
) -> npt.NDArray[Any]:
    """Draws whole numbers from `low` to `high - 1`, as int32.

    Args:
        *shape: The dimensions; none for a scalar.
        low: The smallest value.
        high: One more than the largest value.
        seed: Fixes the draw; by default each draw of a case has its own.

    Returns:
        An int32 array of shape `shape`.

    Raises:
        ValueError: `high` is not above `low`.
    """
    if high <= low:
        message = f"Expected `high` above `low`, received low={low}, high={high}."
        raise ValueError(message)
    rng, _ = _draw(seed)
    return np.asarray(rng.integers(low, high, size=shape, dtype=np.int32))


def tokens(
    batch: int, steps: int, *, vocabulary: int, seed: int | None = None
) -> npt.NDArray[Any]:
    """Draws token ids from 0 to `vocabulary - 1`, int32 of shape `(batch, steps)`."""
    return integers(batch, steps, high=vocabulary, seed=seed)


def mask(batch: int, steps: int, *, seed: int | None = None) -> npt.NDArray[Any]:
    """Draws a right-padding mask, bool of shape `(batch, steps)`.

    Every row keeps at least its first step, and the first row keeps all.
    """
    rng, _ = _draw(seed)
    lengths = rng.integers(1, steps + 1, size=batch)
    lengths[0] = steps
    return np.arange(steps)[None, :] < lengths[:, None]


def array(values: Any, *, seed: int | None = None) -> npt.NDArray[Any]:
    """Takes your own numbers as an input: floats rounded to float32, then as working.

    Args:
        values: An array or nested lists of floats, integers or bools.
        seed: Tells two arrays of one case apart where their order may change.

    Returns:
        An array of the same shape; integers and bools keep their dtype.
    """
    _, salt = _draw(seed)
    return current().give(values, salt=salt)
