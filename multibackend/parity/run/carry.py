"""One order carried out: what a case is asked, written before it is said to be done."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from multibackend import backends
from multibackend.errors import NotBuiltError
from multibackend.parity.cases.case import Case
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.write import write_observation
from multibackend.parity.run.messages import (
    Alone,
    Asked,
    Begun,
    Capture,
    Describe,
    Done,
    Load,
    Place,
    Settle,
    ToChild,
    Try,
    write,
)
from multibackend.parity.run.prepare import framework_of

__all__ = ["carry_out", "settled"]


def carry_out(
    wish: ToChild, case: Case, observer: Any, folder: Path, answers: BinaryIO
) -> None:
    """Carries out one order, and says when all of it is on disk."""
    from multibackend.parity.run.surroundings import Surroundings

    start = time.perf_counter()
    here = Surroundings()
    me = os.getpid()
    place = None
    silent: dict[str, str] = {}
    match wish:
        case Settle():
            place = settled(case, wish.place)
        case Capture():
            from multibackend.parity.run.alone import capture

            capture(case, wish.check, Path(wish.file), observer)
        case Alone():
            from multibackend.parity.run.alone import alone

            alone(case, wish.check, Path(wish.file), Path(wish.folder), observer)
        case Describe():
            from multibackend.parity.run.describe import describe

            describe(case, wish, observer)
        case Try():
            from multibackend.parity.reproduce.inside.trial import tried

            framework = framework_of(backends.find(os.environ["KERAS_BACKEND"]))
            tried(Path(wish.program), Path(wish.answer), wide=framework.wide())
        case _:
            for observation in _asked(wish, case, observer, folder, answers, silent):
                _end_copy(me)
                write_observation(folder, observation)
    _end_copy(me)
    left = here.restore()
    seconds = time.perf_counter() - start
    _ = answers.write(write(Done(case.name, seconds, left, place, silent)))


def settled(case: Case, place: Place | None) -> Place | None:
    """Takes what others took, or finds out; nothing where nothing can be built here."""
    settling: Any = case.function
    if place is not None:
        settling.take(place)
        return place
    try:
        return settling.search()
    except NotBuiltError:
        return None


def _end_copy(me: int) -> None:
    """Ends a copy of this process that a case forked and let go on: one answers."""
    if os.getpid() != me:
        os._exit(0)


def _asked(
    wish: Asked | Load,
    case: Case,
    observer: Any,
    folder: Path,
    answers: BinaryIO,
    silent: dict[str, str],
) -> Iterator[Observation]:
    """The observations that an order asks for, each under its name in the record.

    Why a check had nothing to ask is noted in `silent`.
    """
    from multibackend.parity.run.exchange import loaded, recorded_as

    me = os.getpid()

    def begin(check: str) -> None:
        _end_copy(me)
        _ = answers.write(write(Begun(case.name, recorded_as(check))))

    if isinstance(wish, Load):
        senders = {name: Path(at) for name, at in wish.senders.items()}
        yield from loaded(case, senders, folder.parent, observer, begin=begin)
        return

    def pass_over(check: str, reason: str) -> None:
        silent[recorded_as(check)] = reason

    begin(BUILD)
    for observation in observer.observe(case, begin=begin, silent=pass_over):
        yield replace(observation, check=recorded_as(observation.check))
