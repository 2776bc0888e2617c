"""Two moons: points of two half circles that grip each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array

__all__ = ["moons"]

Array = npt.NDArray[Any]


def moons(samples: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draws points of two half circles that grip each other, with a little noise.

    Args:
        samples: How many points, half of them of each moon.
        rng: Draws them.

    Returns:
        The points `(samples, 2)`, centred, and the moon of each, 0 or 1, `(samples, 1)`.
    """
    moon = (np.arange(samples) % 2)[:, None]
    angle = np.pi * (rng.uniform(size=(samples, 1)) + moon)
    circle = np.hstack([np.cos(angle), np.sin(angle)])
    shift = np.where(moon == 0, [-0.5, -0.25], [0.5, 0.25])
    points = circle + shift + 0.05 * rng.normal(size=(samples, 2))
    return array(1.5 * points), array(moon.astype(float))
