"""Drives one backend: its record, its cases one by one, and what others saved of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from multibackend.errors import RecordError
from multibackend.parity.checks.table import pair
from multibackend.parity.record.journal import Finished
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.read import read_observation
from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import RecordWriter, file_stem
from multibackend.parity.run.messages import Place, Planned, Ready, ToChild
from multibackend.parity.run.order import shuffled
from multibackend.parity.run.resume import asked_of, finished_in, refuse_other
from multibackend.parity.run.share import Share
from multibackend.parity.run.turns import Turns
from multibackend.parity.run.worker import Lost, Worker

__all__ = ["Driver"]


@dataclass
class Driver:
    """Runs all cases of one backend, and what is asked of them afterwards.

    Attributes:
        worker: Who runs them; its child stays until it is halted.
        writer: Where the observations go.
        turns: Who runs cases while there is a core too few.
        overwrite: Whether an earlier record may be replaced.
        excused: Cases that this backend is not asked, each with the reason.
        resume: Whether to go on with an earlier record.
        fault: What was raised; for the caller to raise again.
        seconds: How long starting and each round took.
        places: What goes together here, by case that nobody declared.
    """

    worker: Worker
    writer: RecordWriter
    turns: Turns
    overwrite: bool = False
    excused: Mapping[str, str] = field(default_factory=dict[str, str])
    resume: bool = False
    fault: BaseException | None = None
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    places: dict[str, Place | None] = field(default_factory=dict[str, Place | None])
    _halted: bool = False
    _opened: RecordFile | None = None
    _about: RecordFile | None = None
    _cases: tuple[Planned, ...] = ()
    _finished: dict[str, Finished] = field(default_factory=dict[str, Finished])
    _kept: frozenset[str] = frozenset()
    _share: Share | None = None

    @property
    def backend(self) -> str:
        """The backend's name."""
        return self.worker.backend

    def attempt(self, task: Callable[[Driver], None]) -> None:
        """Carries out a task; what is raised is kept in `fault` for the caller to raise.

        It runs in a thread, where an exception would end with a message and no more.
        """
        try:
            task(self)
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            if not self._halted:
                self.fault = error

    def halt(self) -> None:
        """Ends the child at once; safe to call from another thread."""
        self._halted = True
        if self._share is not None:
            self._share.halt()
        self.worker.halt()

    def rest(self) -> None:
        """Leaves the child to the next run; to be called between two orders."""
        self._halted = True
        self.worker.rest()

    @property
    def opened(self) -> bool:
        """Whether the record was begun, or an earlier one is gone on with."""
        return self._opened is not None

    @property
    def kept(self) -> frozenset[str]:
        """The cases that an earlier run had finished: they are not asked again."""
        return self._kept

    def begin(self) -> None:
        """Starts the child; runs every case, unless there are some to settle first.

        A case that nobody declared is asked with the first arguments and inputs that go
        together. Which those are may depend on the backend, and then all must take the
        same: `places` says what this one found, and `finish` runs the cases.
        """
        watcher = self.worker.watcher
        begun = time.monotonic()
        watcher.started(self.backend)
        ready = self.worker.start()
        about = self._state(ready)
        self.seconds["start"] = time.monotonic() - begun
        watcher.ready(self.backend, ready.environment, self.seconds["start"])
        watcher.total(self.backend, len(ready.cases))
        self._cases = shuffled(ready.cases, self.worker.settings.shuffle)
        self._opened = about
        unsettled = [case for case in self._cases if case.found]
        if not unsettled:
            self.finish({})
            return
        for case in unsettled:
            if not self._halted:
                self.places[case.name] = self.worker.settle(case)
        self.seconds["settle"] = time.monotonic() - begun - self.seconds["start"]

    def finish(self, places: Mapping[str, Place]) -> None:
        """Runs every case and closes the record, unless that is done.

        Args:
            places: What to ask each case with that was settled.
        """
        if self._about is not None or self._opened is None:
            return
        begun = time.monotonic()
        # In the order of a seed, cases are to meet what the ones before them left.
        alone = self.worker.settings.shuffle is not None or self.worker.pool is not None
        on_cpu = self._opened.environment.get("device") == "cpu"
        self._share = Share(
            self.worker,
            self._cases,
            self.turns,
            lambda worker, case: self._one(worker, case, places.get(case.name)),
            may_split=on_cpu and not alone and not self.places,
        )
        if not self._halted:
            self._share.work()
        self.seconds["run"] = time.monotonic() - begun
        if not self._halted:
            names = [case.name for case in self._cases]
            ends = [self._finished[n] for n in names if n in self._finished]
            self._about = replace(
                self._opened,
                seconds=self.seconds,
                left={one.case: one.left for one in ends if one.left},
                silent={one.case: one.silent for one in ends if one.silent},
            )
            self.writer.close(self._about)
            self.worker.watcher.finished(self.backend)

    def load(
        self,
        senders: Mapping[str, Path],
        kept: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Loads what other backends saved and adds what came of it to the record.

        A case that has ended a child is left alone: the record says so already.

        Args:
            senders: The record of each other backend.
            kept: The cases that each of them had finished in an earlier run.
        """
        others = {name: at for name, at in senders.items() if name != self.backend}
        if self._about is None or not others:
            return
        begun = time.monotonic()
        for case in self._cases:
            asking = {
                name: str(at.resolve())
                for name, at in others.items()
                if (at / "cases" / _observed(case.name, name)).is_file()
                and not self._loaded(case.name, name, kept or {})
            }
            if self._halted:
                return
            if asking and not self._deadly(case.name):
                self.worker.load(case, asking)
        self.seconds["exchange"] = time.monotonic() - begun
        if not self._halted:
            about = replace(self._about, exchanged=tuple(others), seconds=self.seconds)
            self.writer.close(about)

    def ask(
        self, order: ToChild, *, check: str, limit: float | None = None
    ) -> Lost | None:
        """Sends one more order; see `Worker.ask`. A case that ended a child is refused."""
        if self._deadly(order.case):
            return Lost(check, "not asked: this case ended a process before")
        return self.worker.ask(order, check=check, limit=limit)

    def _one(self, worker: Worker, case: Planned, place: Place | None) -> None:
        """Has a worker run one case, unless there is nothing to run."""
        if case.name in self._kept:
            worker.watcher.case_done(self.backend, case.name, 0.0)
        elif case.name in self.excused:
            self._excuse(case)
        else:
            self._run(worker, case, place)

    def _run(self, worker: Worker, case: Planned, place: Place | None) -> None:
        """Runs one case, asked with what was settled, and notes that it is finished."""
        # Where nothing goes together here, the record says so.
        if place is not None and self.places[case.name] not in (None, place):
            _ = worker.settle(case, place)
        lost = worker.run(case)
        if self._halted:
            return
        done = Finished(case.name, lost is not None, worker.left, worker.silent)
        self._finished[case.name] = done
        self.writer.finished(done)

    def _excuse(self, case: Planned) -> None:
        """Says in the record why this backend is not asked."""
        about = Observation(case.name, BUILD, "unsupported", file=case.file)
        reason = self.excused[case.name]
        self.writer.add(replace(about, line=case.line, detail=reason))
        self.worker.watcher.case_done(self.backend, case.name, 0.0)

    def _deadly(self, case: str) -> bool:
        return case in self._finished and self._finished[case].lost

    def _loaded(
        self, case: str, sender: str, kept: Mapping[str, frozenset[str]]
    ) -> bool:
        """Whether an earlier run had loaded this, and neither side was run anew."""
        if case not in self._kept or case not in kept.get(sender, ()):
            return False
        try:
            seen = self.writer.cases / _observed(case, sender)
            return seen.is_file() and bool(read_observation(seen))
        except RecordError:
            return False

    def _state(self, ready: Ready) -> RecordFile:
        worker = self.worker
        asked = asked_of(
            worker.targets, worker.settings, worker.interpreter.env, ready.source
        )
        if self.resume and self.writer.taken:
            self.writer.refuse_links()
            folder = self.writer.folder
            before = refuse_other(folder, asked, environment=ready.environment)
            self._finished = finished_in(folder)
            self._kept = frozenset(self._finished)
            about = replace(before, complete=False, exchanged=())
            self.writer.state(about)
            return about
        about = RecordFile(
            format="multibackend record",
            schema=SCHEMA,
            backend=self.backend,
            environment=ready.environment,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            cases=tuple(case.name for case in ready.cases),
            asked=asked,
            shuffle=worker.settings.shuffle,
        )
        self.writer.open(about, overwrite=self.overwrite)
        return about


def _observed(case: str, sender: str) -> str:
    """The file in which a backend says what became of saving this case."""
    return f"{file_stem(case, pair('save', sender))}.json"
