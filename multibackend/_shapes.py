"""Shapes that may hold unknown sizes."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["alike"]


def alike(one: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """Whether two shapes may be the same: `None` fits every size."""
    return len(one) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(one, other, strict=True)
    )
