"""A walk through what an object holds, and what that holds in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["reached"]


def reached(start: Any, inside: Callable[[Any], Iterable[Any]]) -> Iterator[Any]:
    """Yields `start` and all that it leads to, each once.

    Args:
        start: Where the walk begins.
        inside: What an object holds.
    """
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += reversed(list(inside(one)))
