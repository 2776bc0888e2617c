"""Drives one backend from start to finish, whatever its child does on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from multibackend.errors import (
    CaseError,
    EnvironmentUnfitError,
    MultibackendError,
    TargetError,
)
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import RecordWriter
from multibackend.parity.run.config import Interpreter
from multibackend.parity.run.messages import Asked, Begun, Fault, Order, Planned, Ready
from multibackend.parity.run.process import Child, Ended, Overdue
from multibackend.parity.run.settings import Settings

__all__ = ["Driver", "Watcher"]


class Watcher(Protocol):
    """Who is told what happens; called from several threads."""

    def started(self, backend: str) -> None:
        """A child was started."""

    def ready(
        self, backend: str, environment: Mapping[str, Any], seconds: float
    ) -> None:
        """The framework is imported; this is what it is."""

    def total(self, backend: str, cases: int) -> None:
        """So many cases are to be run."""

    def case_done(self, backend: str, name: str, seconds: float) -> None:
        """A case is on disk."""

    def restarted(self, backend: str, reason: str) -> None:
        """The child died or was stopped, and another one takes over."""

    def finished(self, backend: str) -> None:
        """All cases are on disk."""


@dataclass
class Driver:
    """Runs all cases of one backend.

    Attributes:
        backend: The backend's name.
        targets: What to import, as the user wrote it.
        writer: Where the observations go.
        settings: Limits and switches.
        interpreter: What starts the child.
        watcher: Who is told.
        stop: Set when the run is to end early.
        overwrite: Whether an earlier record may be replaced.
    """

    backend: str
    targets: Sequence[str]
    writer: RecordWriter
    settings: Settings
    interpreter: Interpreter
    watcher: Watcher
    stop: threading.Event
    overwrite: bool = False
    fault: BaseException | None = None
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    _child: Child | None = None

    def drive(self) -> None:
        """Runs everything; what is raised is kept in `fault` for the caller to raise.

        It runs in a thread, where an exception would end with a message and no more.
        """
        try:
            self._drive()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            if not self.stop.is_set():
                self.fault = error
        finally:
            self.halt()

    def halt(self) -> None:
        """Ends the child at once; safe to call from another thread."""
        if self._child is not None:
            self._child.end()

    def _drive(self) -> None:
        begun = time.monotonic()
        self.watcher.started(self.backend)
        ready = self._start()
        about = self._state(ready)
        self.seconds["start"] = time.monotonic() - begun
        self.watcher.ready(self.backend, ready.environment, self.seconds["start"])
        self.watcher.total(self.backend, len(ready.cases))
        for place, case in enumerate(ready.cases):
            if self.stop.is_set():
                return
            self._case(case, last=place == len(ready.cases) - 1)
        self.seconds["run"] = time.monotonic() - begun - self.seconds["start"]
        if not self.stop.is_set():
            self.writer.close(replace(about, seconds=self.seconds))
            self.watcher.finished(self.backend)

    def _state(self, ready: Ready) -> RecordFile:
        about = RecordFile(
            format="multibackend record",
            schema=SCHEMA,
            backend=self.backend,
            environment=ready.environment,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            cases=tuple(case.name for case in ready.cases),
        )
        self.writer.open(about, overwrite=self.overwrite)
        return about

    def _start(self) -> Ready:
        """Starts a child and waits until it has imported everything.

        Raises:
            EnvironmentUnfitError: It died, hung, or is not the backend asked for.
            TargetError: The targets cannot be had.
        """
        self._child = child = Child(self.backend, self.settings, self.interpreter)
        child.say(
            Order(
                targets=tuple(self.targets),
                checks=self.settings.checks,
                folder=str(self.writer.cases.resolve()),
                twins=self.settings.twins,
                reruns=self.settings.reruns,
                threads=self.settings.threads,
                device=self.settings.device,
            )
        )
        try:
            answer = child.hear(time.monotonic() + self.settings.start_limit)
        except (Ended, Overdue) as outcome:
            how = str(outcome) or f"did not start within {self.settings.start_limit:g} s"
            message = (
                f"Expected the {self.backend} process to start, it {how}: "
                f"{child.last_words()}. Try `KERAS_BACKEND={self.backend} python -c "
                "'import keras'`."
            )
            raise EnvironmentUnfitError(message) from outcome
        if isinstance(answer, Fault):
            raise _as_error(answer, self.backend)
        return self._agreed(answer)

    def _agreed(self, ready: Ready) -> Ready:
        """Refuses a child that runs another backend than the one asked for."""
        loaded = ready.environment.get("backend")
        if loaded != self.backend:
            message = (
                f"Expected a process with the backend {self.backend!r}, it says that it "
                f"loaded {loaded!r}. Unset what overrides KERAS_BACKEND."
            )
            raise EnvironmentUnfitError(message)
        return ready

    def _case(self, case: Planned, *, last: bool) -> None:
        """Runs one case; where the child dies, says so in the record and replaces it."""
        if self._child is None:
            return
        begun = time.monotonic()
        check = BUILD
        self._child.say(Asked(case.name))
        try:
            while isinstance(
                answer := self._child.hear(begun + self.settings.time_limit), Begun
            ):
                check = answer.check
        except (Ended, Overdue) as outcome:
            if self.stop.is_set():
                return
            how = str(outcome) or f"stopped after {self.settings.time_limit:g} s (--time-limit)"
            self._failed(case, check, how)
            self.watcher.restarted(self.backend, f"{case.name}, {check}: {how}")
            self._child.end()
            if not last:
                _ = self._start()
        self.watcher.case_done(self.backend, case.name, time.monotonic() - begun)

    def _failed(self, case: Planned, check: str, how: str) -> None:
        words = self._child.last_words() if self._child else ""
        self.writer.add(
            Observation(
                case=case.name,
                check=check,
                status="failed",
                detail=f"the process was {how} in {check}" + (f": {words}" if words else ""),
                file=case.file,
                line=case.line,
            )
        )


def _as_error(fault: Fault, backend: str) -> MultibackendError:
    kinds = {"TargetError": TargetError, "CaseError": CaseError}
    if fault.exit_code == EnvironmentUnfitError.exit_code:
        return EnvironmentUnfitError(fault.message)
    return kinds.get(fault.kind, MultibackendError)(f"{fault.message} (under {backend})")
