"""The child process: one backend, one import, then order after order.

Started as `python -m multibackend.parity.run.child`. Orders come on standard input,
answers go to what was standard output; standard output itself is turned to standard
error first, so that a case may print what it likes.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from multibackend.errors import (
    CaseError,
    MultibackendError,
    OutputError,
)
from multibackend.parity.cases.case import Case
from multibackend.parity.cases.select import drop, precheck, select
from multibackend.parity.checks.table import names
from multibackend.parity.run.carry import carry_out, settled
from multibackend.parity.run.messages import (
    Fault,
    Order,
    Planned,
    Ready,
    ToChild,
    read,
    write,
)
from multibackend.parity.run.prepare import Here, observer, prepare
from multibackend.parity.run.source import source_of
from multibackend.parity.run.tidy import Tidy


def main() -> int:
    """Answers the parent until it hangs up.

    The first line says what to import and how to ask; another such line begins the
    next run, in the process that is warm by then.
    """
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answers, orders = _channel()
    here: Here | None = None
    work: _Work | None = None
    read_at = time.time()
    tidy = Tidy()
    while line := orders.readline():
        wish = read(line, Order | ToChild)
        if isinstance(wish, Order):
            try:
                precheck(wish.targets)
                here = here or prepare(wish)
                # An earlier order may have read files that are others now.
                drop(wish.targets, since=read_at)
                read_at = time.time()
                work = _begin(wish, here, answers)
            except MultibackendError as error:
                fault = Fault(type(error).__name__, str(error), error.exit_code)
                _ = answers.write(write(fault))
                return error.exit_code
        elif work is not None:
            case = work.cases[wish.case]
            try:
                carry_out(wish, case, work.observer, work.folder, answers)
            except OutputError as error:  # a full disk: no case is to blame
                fault = Fault("OutputError", str(error), error.exit_code)
                _ = answers.write(write(fault))
                return error.exit_code
            tidy.after_case()
    return 0


@dataclass(frozen=True)
class _Work:
    """What one order began: its cases, who asks them, and where observations go."""

    cases: dict[str, Case]
    observer: Any
    folder: Path


def _begin(order: Order, here: Here, answers: BinaryIO) -> _Work:
    """Imports the targets and says which cases there are.

    Raises:
        TargetError: The targets cannot be had.
        CaseError: A case names a check that there is not.
    """
    start = time.perf_counter()
    who = observer(order, here)
    cases = {case.name: case for case in select(order.targets)}
    _refuse_unknown_checks(cases.values())
    for name, place in order.places.items():
        _ = settled(cases[name], place)
    planned = tuple(map(_planned, cases.values()))
    seconds = time.perf_counter() - start
    ready = Ready(here.environment, planned, seconds, source_of(order.targets))
    _ = answers.write(write(ready))
    return _Work(cases, who, Path(order.folder))


def _planned(case: Case) -> Planned:
    from multibackend.parity.cases.found.settle import Settled

    found = isinstance(case.function, Settled)
    return Planned(case.name, case.file, case.line, found)


def _end_with(parent: int) -> None:
    """Ends this process and all that it started soon after its parent is gone.

    A parent that is killed cannot do it, and a case that hangs would hang forever.
    """
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)


def _refuse_unknown_checks(cases: Iterable[Case]) -> None:
    """A misspelt check in `checks=` or `skip=` would silently ask nothing.

    Raises:
        CaseError: A case names a check that there is not.
    """
    for case in cases:
        try:
            _ = names((*case.checks, *case.skip, *case.elsewhere))
        except CaseError as error:
            message = f"In case {case.name!r}: {error}"
            raise CaseError(message) from error


def _channel() -> tuple[BinaryIO, BinaryIO]:
    """Keeps standard output and input for the parent, and leaves cases none of them."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    _ = os.dup2(2, 1)
    orders = os.fdopen(os.dup(0), "rb")
    empty = os.open(os.devnull, os.O_RDONLY)
    _ = os.dup2(empty, 0)
    return answers, orders


if __name__ == "__main__":
    sys.exit(main())
