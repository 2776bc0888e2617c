"""Times functions beside each other: in turns, so that a slow minute hits them all."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["interleaved", "medians"]


def medians(
    steps: Sequence[Callable[[], Any]], *, rounds: int, least: float
) -> list[float]:
    """The median seconds of each function.

    Args:
        steps: Functions without arguments, which return when they are done.
        rounds: How often each is timed.
        least: Seconds that one timing should last: a quick function is repeated.
    """
    repeats = [max(1, int(least / max(_once(step, 1), 1e-9))) for step in steps]
    timers = [
        functools.partial(_once, step, count)
        for step, count in zip(steps, repeats, strict=True)
    ]
    return interleaved(timers, rounds=rounds)


def interleaved(timers: Sequence[Callable[[], float]], *, rounds: int) -> list[float]:
    """The median of what each timer tells.

    Args:
        timers: Functions without arguments that take a time and return it.
        rounds: How often each is asked, in turns, every other time backwards.
    """
    found: list[list[float]] = [[] for _ in timers]
    for turn in range(rounds):
        places = list(range(len(timers)))
        for place in places if turn % 2 else reversed(places):
            found[place].append(timers[place]())
    return [float(np.median(times)) for times in found]


def _once(step: Callable[[], Any], repeats: int) -> float:
    begin = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - begin) / repeats
