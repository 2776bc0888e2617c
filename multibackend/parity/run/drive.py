"""Drives one backend from start to finish: its record, and the cases one by one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import RecordWriter
from multibackend.parity.run.messages import Ready
from multibackend.parity.run.worker import Worker

__all__ = ["Driver"]


@dataclass
class Driver:
    """Runs all cases of one backend.

    Attributes:
        worker: Who runs them.
        writer: Where the observations go.
        overwrite: Whether an earlier record may be replaced.
        fault: What was raised; for the caller to raise again.
        seconds: How long starting and running took.
    """

    worker: Worker
    writer: RecordWriter
    overwrite: bool = False
    fault: BaseException | None = None
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    _halted: bool = False

    @property
    def backend(self) -> str:
        """The backend's name."""
        return self.worker.backend

    def drive(self) -> None:
        """Runs everything; what is raised is kept in `fault` for the caller to raise.

        It runs in a thread, where an exception would end with a message and no more.
        """
        try:
            self._drive()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            if not self._halted:
                self.fault = error
        finally:
            self.worker.halt()

    def halt(self) -> None:
        """Ends the child at once; safe to call from another thread."""
        self._halted = True
        self.worker.halt()

    def _drive(self) -> None:
        watcher = self.worker.watcher
        begun = time.monotonic()
        watcher.started(self.backend)
        ready = self.worker.start()
        about = self._state(ready)
        self.seconds["start"] = time.monotonic() - begun
        watcher.ready(self.backend, ready.environment, self.seconds["start"])
        watcher.total(self.backend, len(ready.cases))
        for case in ready.cases:
            if self._halted:
                return
            self.worker.run(case)
        self.seconds["run"] = time.monotonic() - begun - self.seconds["start"]
        if not self._halted:
            self.writer.close(replace(about, seconds=self.seconds))
            watcher.finished(self.backend)

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
