"""Shuffled batches, and the loop over them, of examples with steps of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["batches", "train"]

Array = npt.NDArray[Any]


def batches(rng: np.random.Generator, samples: int, size: int) -> Array:
    """Draws the rows of shuffled batches, `(batches, size)`; a rest is left out."""
    order = rng.permutation(samples)
    return order[: samples // size * size].reshape(-1, size)


def train(
    step: Callable[..., Any],
    epochs: int,
    *data: Array,
    size: int = 64,
    rng: np.random.Generator | None = None,
) -> Array:
    """Calls a step on shuffled batches and returns the mean loss of each epoch.

    Args:
        step: Called with a batch of each array; returns the loss.
        epochs: How often the data are seen.
        *data: Arrays of as many rows.
        size: How many rows a batch has.
        rng: Shuffles; seeded with 0 by default.

    Returns:
        The losses, `(epochs,)`.
    """
    rng = rng or np.random.default_rng(0)
    losses: list[float] = []
    for _ in range(epochs):
        rows_of = batches(rng, len(data[0]), size)
        each = [step(*(values[rows] for values in data)) for rows in rows_of]
        losses.append(float(np.mean([float(loss) for loss in each])))
    return np.asarray(losses)
