"""Carts that balance a pole each, simulated in NumPy.

A. G. Barto, R. S. Sutton, C. W. Anderson, 1983, "Neuronlike adaptive elements that can
solve difficult learning control problems", https://doi.org/10.1109/TSMC.1983.6313077
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Carts"]

Array = npt.NDArray[Any]


class Carts:
    """Carts with a pole each: place, speed, angle and speed of the angle, `(carts, 4)`.

    A cart that has left the track, or whose pole has fallen, starts anew.

    Args:
        carts: How many.
        rng: Draws how they start.
    """

    def __init__(self, carts: int, rng: np.random.Generator) -> None:
        self._rng = rng
        self.state = self._start(carts)

    def _start(self, carts: int) -> Array:
        return self._rng.uniform(-0.05, 0.05, size=(carts, 4))

    def push(self, right: Array) -> Array:
        """Pushes each cart for 0.02 s, and returns which of them failed, `(carts,)`."""
        _, v, angle, w = self.state.T
        force = np.where(right, 10.0, -10.0)  # newtons
        sine, cosine = np.sin(angle), np.cos(angle)
        # A cart of 1 kg; a pole of 0.1 kg, and half its length of 0.5 m.
        common = (force + 0.05 * w**2 * sine) / 1.1
        turn = (9.8 * sine - cosine * common) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
        speed_up = common - 0.05 * turn * cosine / 1.1
        change = np.stack([v, speed_up, w, turn], axis=1)  # each second
        self.state = self.state + 0.02 * change
        failed = (np.abs(self.state[:, 0]) > 2.4) | (np.abs(self.state[:, 2]) > 0.21)
        self.state[failed] = self._start(int(failed.sum()))
        return failed
