"""Who is ahead makes room: with more children than cores, the last one decides.

The scheduler shares the cores evenly, so the slowest backend, JAX mostly, would wait
for the others half of the time and then go on alone, beside an idle core.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Protocol

__all__ = ["Runner", "cores", "make_room"]

# So many cases, and so much of what the last one has done, is ahead.
_CASES = 8
_SHARE = 1.2


class Runner(Protocol):
    """A backend that runs cases."""

    @property
    def done(self) -> int:
        """How many cases it has run."""
        ...

    @property
    def left(self) -> int:
        """How many it has still to run."""
        ...

    def give_way(self) -> None:
        """Lets the others have the cores first, from now on."""
        ...


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make_room(runners: Iterable[Runner], at_once: int) -> None:
    """Lets those that are ahead give way, where there is a core too few.

    Args:
        runners: The backends of a run.
        at_once: How many processes run at once, such as `cores()`.
    """
    busy = [(runner, runner.done) for runner in runners if runner.left]
    if len(busy) <= at_once:
        return
    last = min(done for _, done in busy)
    for runner, done in busy:
        if done > last * _SHARE + _CASES:
            runner.give_way()
