"""One child of a backend and its replacements: runs cases, survives what they do."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from multibackend import backends
from multibackend.errors import (
    CaseError,
    EnvironmentUnfitError,
    MultibackendError,
    OutputError,
    TargetError,
)
from multibackend.parity.checks.table import pair
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.run.config import Interpreter
from multibackend.parity.run.messages import (
    Asked,
    Begun,
    Done,
    Fault,
    Load,
    Order,
    Place,
    Planned,
    Ready,
    Settle,
    ToChild,
)
from multibackend.parity.run.pool import Pool
from multibackend.parity.run.process import Child, Ended, Overdue
from multibackend.parity.run.settings import Settings

__all__ = ["Lost", "Watcher", "Worker"]


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


@dataclass(frozen=True)
class Lost:
    """How an order ended its child: in which check, how, and what it said last."""

    check: str
    how: str
    words: str = ""

    def __str__(self) -> str:
        """A sentence for the record."""
        told = f": {self.words}" if self.words else ""
        return f"the process was {self.how} in {self.check}{told}"


@dataclass
class Worker:
    """A child process that is started again whenever an order ends it.

    Attributes:
        backend: The backend's name.
        targets: What to import, as the user wrote it.
        folder: Where the child writes its observations.
        settings: Limits and switches.
        interpreter: What starts the child.
        watcher: Who is told.
        add: Writes an observation that the child could not write itself.
        places: How the cases are asked that nobody declared; see `settle`.
        pool: Where a child comes from that is warm already, and goes to.
        halted: Whether it was told to stop.
    """

    backend: str
    targets: Sequence[str]
    folder: str
    settings: Settings
    interpreter: Interpreter
    watcher: Watcher
    add: Callable[[Observation], None]
    pool: Pool | None = None
    halted: bool = False
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    _child: Child | None = None
    _done: Done | None = None

    @property
    def left(self) -> tuple[str, ...]:
        """What the last order left changed around it."""
        return () if self._done is None else self._done.left

    @property
    def silent(self) -> dict[str, str]:
        """Why checks of the last order had nothing to ask, by check."""
        return {} if self._done is None else self._done.silent

    def start(self) -> Ready:
        """Starts a child and waits until it has imported everything.

        Raises:
            EnvironmentUnfitError: It died, hung, or is not the backend asked for.
            TargetError: The targets cannot be had.
        """
        self._child = child = self._spawn()
        if self.halted:  # meanwhile, by another thread that saw no child yet
            child.end()
        child.say(
            Order(
                targets=tuple(self.targets),
                checks=self.settings.checks,
                folder=self.folder,
                twins=self.settings.twins,
                reruns=self.settings.reruns,
                threads=self.settings.threads,
                device=self.settings.device,
                places=self.places,
            )
        )
        try:
            answer = child.hear(time.monotonic() + self.settings.start_limit)
        except (Ended, Overdue) as outcome:
            how = str(outcome) or f"not ready within {self.settings.start_limit:g} s"
            words = child.last_words()
            if "No module named 'multibackend'" in words:
                raise self._without_us() from outcome
            message = (
                f"Expected the {self.backend} process to start and import the targets, it "
                f"was {how}{f': {words}' if words else ''}. Try `KERAS_BACKEND="
                f"{self.backend} python -c 'import keras'`, then import the targets."
            )
            raise EnvironmentUnfitError(message) from outcome
        if isinstance(answer, Fault):
            raise _as_error(answer, self.backend, self.interpreter.python)
        return _agreed(answer, self.backend)

    def _without_us(self) -> EnvironmentUnfitError:
        where = self.interpreter.python or sys.executable
        extra = backends.named(self.backend).extra
        what = f"'keras-multibackend[{extra}]'" if extra else "keras-multibackend"
        return EnvironmentUnfitError(
            f"Expected multibackend to be installed in {where}, which runs "
            f"{self.backend}, found none. Install it: {where} -m pip install {what}"
        )

    def _spawn(self) -> Child:
        if self.pool is not None:
            warm = self.pool.take(self.backend, self.settings, self.interpreter)
            if warm is not None:
                return warm
        try:
            return Child(self.backend, self.settings, self.interpreter)
        except OSError as error:
            message = (
                f"Expected an interpreter for {self.backend} at "
                f"{self.interpreter.python}, received {error.strerror or error}. Correct "
                "`python` in [tool.multibackend.backends]."
            )
            raise EnvironmentUnfitError(message) from error

    def run(self, case: Planned) -> Lost | None:
        """Runs one case; where the child dies, says so in the record and returns how."""
        begun = time.monotonic()
        lost = self.ask(Asked(case.name), check=BUILD)
        if self.halted:
            return None
        if lost is not None:
            self._mourn(case, lost)
        self.watcher.case_done(self.backend, case.name, time.monotonic() - begun)
        return lost

    def settle(self, case: Planned, place: Place | None = None) -> Place | None:
        """Finds arguments and inputs that go together here, or takes what others took.

        Args:
            case: A case that nobody declared.
            place: What to take; nothing to find it out.

        Returns:
            Which they are; nothing where nothing goes together, or the child died.
        """
        if place is not None:
            self.places[case.name] = place
        lost = self.ask(Settle(case.name, place), check=BUILD)
        if lost is not None or self._done is None:
            return None
        return self._done.place

    def load(self, case: Planned, senders: Mapping[str, str]) -> None:
        """Loads what others saved of a case; where the child dies, says so likewise.

        Args:
            case: The case.
            senders: The folder of each other backend's record.
        """
        order = Load(case.name, dict(senders))
        lost = self.ask(order, check=pair("save", next(iter(senders))))
        if lost is not None:
            self._mourn(case, lost)

    def ask(
        self, order: ToChild, *, check: str, limit: float | None = None
    ) -> Lost | None:
        """Sends one order and waits until it is carried out.

        A child that dies or hangs costs this order; the next one starts another child.

        Args:
            order: What to do.
            check: What it is lost in, as long as the child names no check.
            limit: The seconds it may take; the time limit of a case by default.

        Returns:
            How the child was lost, or `None` where it was not.

        Raises:
            EnvironmentUnfitError: A child that is needed does not start.
            OutputError: The child could not write what it observed.
        """
        self._done = None
        if self._child is None and not self.halted:
            _ = self.start()
        child = self._child
        if child is None or self.halted:
            return None
        seconds = self.settings.time_limit if limit is None else limit
        deadline = time.monotonic() + seconds
        child.say(order)
        try:
            while isinstance(answer := child.hear(deadline), Begun):
                check = answer.check
        except (Ended, Overdue) as outcome:
            if self.halted:
                return None
            how = str(outcome) or f"stopped after {seconds:g} s (--time-limit)"
            lost = Lost(check, how, child.last_words())
            self.watcher.restarted(self.backend, f"{order.case}, {check}: {how}")
            child.end()
            self._child = None
            return lost
        if isinstance(answer, Fault):
            raise _as_error(answer, self.backend, self.interpreter.python)
        self._done = answer if isinstance(answer, Done) else None
        return None

    def halt(self) -> None:
        """Ends the child at once; safe to call from another thread."""
        self.halted = True
        if self._child is not None:
            self._child.end()

    def rest(self) -> None:
        """Leaves the child, which has nothing to do, to the pool; asks no more."""
        self.halted = True
        child, self._child = self._child, None
        if child is not None and self.pool is not None:
            self.pool.give(child, self.backend, self.settings, self.interpreter)
        elif child is not None:
            child.end()

    def _mourn(self, case: Planned, lost: Lost) -> None:
        """Writes into the record that this case ended its child."""
        self.add(
            Observation(
                case=case.name,
                check=lost.check,
                status="failed",
                detail=str(lost),
                file=case.file,
                line=case.line,
            )
        )


def _agreed(ready: Any, backend: str) -> Ready:
    """Refuses a child that runs another backend than the one asked for."""
    if not isinstance(ready, Ready):
        message = (
            f"Expected the {backend} process to say that it is ready, it said "
            f"{type(ready).__name__.lower()!r}. Install the same multibackend there."
        )
        raise EnvironmentUnfitError(message)
    loaded = ready.environment.get("backend")
    if loaded != backend:
        message = (
            f"Expected a process with the backend {backend!r}, it says that it loaded "
            f"{loaded!r}. Unset what overrides KERAS_BACKEND."
        )
        raise EnvironmentUnfitError(message)
    if ready.environment.get("dtype") != "float32":
        message = (
            f"Expected {backend} to compute in float32, it says that it computes in "
            f"{ready.environment.get('dtype')}. Unset what overrides floatx."
        )
        raise EnvironmentUnfitError(message)
    return ready


def _as_error(fault: Fault, backend: str, python: str | None) -> MultibackendError:
    kinds = {
        "TargetError": TargetError,
        "CaseError": CaseError,
        "OutputError": OutputError,
    }
    if fault.exit_code == EnvironmentUnfitError.exit_code:
        # The command that mends it is for the interpreter where it is lacking.
        pip = f"{python or 'python'} -m pip"
        return EnvironmentUnfitError(fault.message.replace("python -m pip", pip))
    return kinds.get(fault.kind, MultibackendError)(
        f"{fault.message} (under {backend})"
    )
