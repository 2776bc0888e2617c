"""Whose turn it is: with more backends than cores, the last one is never kept waiting.

The scheduler shares the cores evenly, so the slowest backend, JAX mostly, would wait
for the others a third of the time and then go on alone, beside an idle core.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from threading import Condition

__all__ = ["Turns", "cores"]

# How soon one that waits sees that its run was ended.
_OFTEN = 0.2


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Turns:
    """Lets so many backends run cases at once: those that have done the fewest.

    Every method may be called from any thread.
    """

    def __init__(self, names: Iterable[str], at_once: int | None = None) -> None:
        """At most `at_once` of these run at once, by default one a core."""
        self._free = at_once or cores()
        self._present = set(names)
        self._waiting: dict[str, int] = {}
        self._running: set[str] = set()
        self._changed = Condition()

    def take(self, name: str, done: int, ended: Callable[[], bool]) -> None:
        """Waits for the turn of a backend; who has one keeps it while he is the last.

        Args:
            name: The backend.
            done: How many cases it has done.
            ended: Whether nobody wants the turn any more.
        """
        with self._changed:
            if name in self._running:
                if not any(other < done for other in self._waiting.values()):
                    return
                self._give_back(name)
            self._waiting[name] = done
            while not (self._next(name) or ended()):
                _ = self._changed.wait(_OFTEN)
            del self._waiting[name]
            self._running.add(name)

    def join(self, name: str) -> bool:
        """One more that runs cases, where a core is idle from now on.

        Returns:
            Whether one is: there are fewer left than may run at once.
        """
        with self._changed:
            idle = len(self._present) < self._free
            if idle:
                self._present.add(name)
            return idle

    def leave(self, name: str) -> None:
        """Gives the turn back, if there is one, and wants no more."""
        with self._changed:
            self._present.discard(name)
            if name in self._running:
                self._give_back(name)

    def _give_back(self, name: str) -> None:
        self._running.remove(name)
        self._changed.notify_all()

    def _next(self, name: str) -> bool:
        free = self._free - len(self._running)
        first = sorted(self._waiting, key=self._waiting.__getitem__)[: max(free, 0)]
        return name in first
