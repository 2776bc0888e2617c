"""Molecules of six atoms, shaken by heat, simulated in NumPy."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array

__all__ = ["ATOMS", "PAIRS", "molecules", "morse", "rotation"]

Array = npt.NDArray[Any]

ATOMS = 6
# (pairs, atoms): 1 and -1 where a pair has its two atoms
PAIRS = np.zeros((ATOMS * (ATOMS - 1) // 2, ATOMS))
for row, pair in enumerate(combinations(range(ATOMS), 2)):
    PAIRS[row, list(pair)] = 1, -1

SHARPNESS, TEMPERATURE = 3.0, 0.1  # in units of the bond's length and energy


def morse(positions: Array) -> tuple[Array, Array]:
    """Energies `(molecules,)` and forces `(molecules, atoms, 3)`, in NumPy."""
    apart = PAIRS @ positions  # (molecules, pairs, 3)
    distance = np.linalg.norm(apart, axis=-1, keepdims=True)
    decay = np.exp(-SHARPNESS * (distance - 1))
    slope = 2 * SHARPNESS * (1 - decay) * decay  # of (1 - decay)^2 - 1
    energy = np.sum((1 - decay) ** 2 - 1, axis=(1, 2))
    return energy, -PAIRS.T @ (slope * apart / distance)


def molecules(samples: int, seed: int) -> tuple[Array, Array, Array]:
    """Simulates molecules that start as octahedra and are shaken by heat.

    Args:
        samples: How many; 16 snapshots of each run.
        seed: Of the thermal noise.

    Returns:
        Positions `(samples, atoms, 3)`, energies `(samples,)` and forces of the shape
        of the positions.
    """
    rng = np.random.default_rng(seed)
    octahedron = np.concatenate([np.eye(3), -np.eye(3)]) / np.sqrt(2)
    positions = np.tile(octahedron, (-(-samples // 16), 1, 1))
    dt, found = 0.002, list[Array]()
    for step in range(50 * 17):
        noise = rng.normal(size=positions.shape) * np.sqrt(2 * TEMPERATURE * dt)
        positions = positions + dt * morse(positions)[1] + noise
        if step % 50 == 49 and step > 50:
            found.append(positions)
    together = np.concatenate(found)[:samples]
    energy, forces = morse(together)
    return array(together), array(energy), array(forces)


def rotation(seed: int = 0) -> Array:
    """Draws a rotation, a `(3, 3)` matrix of determinant 1."""
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return array(axes * np.sign(np.linalg.det(axes)))
