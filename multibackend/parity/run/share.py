"""The cases of one backend: for its child, and for a second one while a core is idle.

The slowest backend decides when a run ends. Once the others are done it would go on
alone, beside cores that do nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from multibackend.errors import MultibackendError
from multibackend.parity.run.messages import Planned
from multibackend.parity.run.turns import Turns
from multibackend.parity.run.worker import Worker

__all__ = ["Share", "memory_left"]

# A child takes about ten seconds to start, and compiles anew what the first one had.
_WORTH = 60.0

# A child that has compiled thousands of programs holds gigabytes.
_ROOM = 0.4
_MEMORY = Path("/proc/meminfo")


def memory_left() -> float:
    """The share of this machine's memory that nothing needs; 1 where nobody tells."""
    try:
        lines = _MEMORY.read_text(encoding="ascii").splitlines()
        size = {line.split(":")[0]: float(line.split()[1]) for line in lines}
        return size["MemAvailable"] / size["MemTotal"]
    except (OSError, LookupError, ValueError):
        return 1.0


class Share:
    """Runs cases in their order, each once, whoever takes it."""

    def __init__(
        self,
        worker: Worker,
        cases: Iterable[Planned],
        turns: Turns,
        run: Callable[[Worker, Planned], None],
        *,
        may_split: bool,
    ) -> None:
        """Takes no case yet.

        Args:
            worker: Who runs them.
            cases: What is to be run.
            turns: Who runs cases while there is a core too few.
            run: Has one of the workers run one case.
            may_split: Whether a second worker may take some.
        """
        self._worker = worker
        self._cases = deque(enumerate(cases))
        self._turns = turns
        self._run = run
        self._may_split = may_split
        self._second: Worker | None = None
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None
        self._ended = False

    def work(self) -> None:
        """Runs every case.

        Raises:
            MultibackendError: A child could not go on; the message says why.
        """
        begun = time.monotonic()
        try:
            for done in self._each(self._worker, self._worker.backend):
                pace = (time.monotonic() - begun) / (done + 1)
                if self._may_split and pace * len(self._cases) > _WORTH:
                    self._split()
        except BaseException:
            self.halt()
            raise
        finally:
            self._join()
        if self._fault is not None:
            raise self._fault

    def halt(self) -> None:
        """Takes no further case and ends the second child; safe from any thread."""
        self._ended = True
        if self._second is not None:
            self._second.halt()

    def _each(self, worker: Worker, name: str) -> Iterator[int]:
        """Has a worker run cases while there are any; yields the place of each."""
        try:
            while self._cases and not self._ended:
                self._turns.take(name, self._cases[0][0], lambda: self._ended)
                try:
                    place, case = self._cases.popleft()
                except IndexError:  # the other one took the last
                    return
                if self._ended:
                    return
                self._run(worker, case)
                yield place
        finally:
            self._turns.leave(name)

    def _split(self) -> None:
        name = f"{self._worker.backend}, the second"
        if memory_left() < _ROOM or not self._turns.join(name):
            return
        self._may_split = False
        second = replace(self._worker, pool=None, _child=None, _done=None)
        self._second = second
        self._thread = threading.Thread(
            target=self._help, args=(second, name), daemon=True
        )
        self._thread.start()

    def _help(self, second: Worker, name: str) -> None:
        try:
            _ = second.start()
        except MultibackendError:
            # The first one runs them all: it was never more than quicker.
            self._turns.leave(name)
            return
        try:
            for _ in self._each(second, name):
                pass
        except BaseException as error:  # noqa: BLE001 - raised again by `work`
            if not self._ended:
                self._fault = error
                self._ended = True

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
        if self._second is not None:
            self._second.halt()
