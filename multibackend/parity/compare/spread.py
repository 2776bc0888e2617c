"""Judges cases in several processes: thousands of them take a minute and more in one."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from multibackend.parity.compare.verdict import Verdict

__all__ = ["spread"]

Judged = Callable[[str], list[Verdict]]

# Another process takes a second to start, and a case a hundredth.
_MANY = 1000
_CHUNK = 50

_judged: Judged | None = None


def spread(
    judged: Judged, cases: Sequence[str], processes: int
) -> Iterator[list[Verdict]]:
    """The verdicts on each case, in the order of the cases.

    Args:
        judged: Judges one case; it goes to each process once.
        cases: What is judged.
        processes: How many may be used.

    Raises:
        RecordError: An observation is damaged.
    """
    done = 0
    if processes > 1 and len(cases) >= _MANY:
        try:
            for verdicts in _in_processes(judged, cases, processes):
                yield verdicts
                done += 1
        except BrokenProcessPool:  # one was killed, as where memory runs out
            pass
    yield from map(judged, islice(cases, done, None))


def _in_processes(
    judged: Judged, cases: Sequence[str], processes: int
) -> Iterator[list[Verdict]]:
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(judged,),
    )
    try:
        yield from pool.map(_one, cases, chunksize=_CHUNK)
    finally:
        # Ctrl-C waits for nobody.
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(judged: Judged) -> None:
    global _judged  # noqa: PLW0603 - the one thing that a process of the pool is for
    _judged = judged


def _one(case: str) -> list[Verdict]:
    if _judged is None:
        message = "a process of the pool was not begun"
        raise RuntimeError(message)
    return _judged(case)
