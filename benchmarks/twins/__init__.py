"""Twins: a layer of ours beside the closest one that others ship, on the same inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Twin"]


@dataclass(frozen=True)
class Twin:
    """Two layers to be timed beside each other.

    Attributes:
        name: The class of ours.
        of: What the twin is, in words; empty where there is none.
        make: Called under a backend; returns our layer, the twin or `None`, and a tuple
            of NumPy inputs that both are called with.
        backends: Where the twin exists.
    """

    name: str
    of: str
    make: Callable[[], tuple[Any, Any, tuple[Any, ...]]]
    backends: tuple[str, ...] = ("torch", "jax", "tensorflow")
