"""The backends of one run: started together, asked in rounds, ended together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from multibackend.errors import RecordError
from multibackend.parity.cases.select import OWN, precheck
from multibackend.parity.record.lock import alone_in
from multibackend.parity.record.read import find_records, read_about
from multibackend.parity.record.write import RecordWriter
from multibackend.parity.run.drive import Driver
from multibackend.parity.run.interrupt import Interrupted
from multibackend.parity.run.messages import Place, ToChild
from multibackend.parity.run.pool import Pool
from multibackend.parity.run.request import Request, Run, refuse_unfit
from multibackend.parity.run.resume import asked_of, refuse_other
from multibackend.parity.run.settings import Settings
from multibackend.parity.run.turns import Turns
from multibackend.parity.run.worker import Lost, Watcher, Worker

__all__ = ["Team", "team"]

# How long the children of a team may take to end.
_PATIENCE = 10.0


@dataclass(frozen=True)
class Team:
    """Every backend of a run, its child warm between the rounds.

    Attributes:
        drivers: Who drives each backend.
        elsewhere: The records made elsewhere, by backend.
    """

    drivers: Mapping[str, Driver]
    elsewhere: Mapping[str, Path]

    @property
    def left(self) -> Run:
        """Where the records are, and what each stage took so far."""
        return Run(
            folders={name: d.writer.folder for name, d in self.drivers.items()},
            stages={
                f"{stage} {name}": seconds
                for name, driver in self.drivers.items()
                for stage, seconds in driver.seconds.items()
            },
        )

    def record(self) -> None:
        """The first round: every backend runs every case.

        Raises:
            MultibackendError: Nothing could be run; the message says why.
            Interrupted: The user pressed Ctrl-C; what was recorded stays.
        """
        self.together(Driver.begin)
        places = self._places()
        self.together(lambda driver: driver.finish(places))

    def exchange(self) -> None:
        """The second round: every backend loads what the others saved.

        Raises:
            EnvironmentUnfitError: A child that had to be replaced does not start.
            Interrupted: The user pressed Ctrl-C; what was recorded stays.
        """
        senders = {**self.elsewhere, **self.left.folders}
        kept = {name: driver.kept for name, driver in self.drivers.items()}
        self.together(lambda driver: driver.load(senders, kept))

    def ask(
        self, backend: str, order: ToChild, *, check: str, limit: float | None = None
    ) -> Lost | None:
        """Sends one order to one backend and waits until it is carried out.

        To ask several backends at once, call it inside `together`.

        Args:
            backend: Whom to ask.
            order: What to do.
            check: The check in question, should the child be lost.
            limit: The seconds it may take; the time limit of a case by default.

        Returns:
            How the child was lost, or `None` where the order was carried out.

        Raises:
            EnvironmentUnfitError: A child that had to be replaced does not start.
        """
        return self.drivers[backend].ask(order, check=check, limit=limit)

    def together(self, task: Callable[[Driver], None]) -> None:
        """Carries out a task for every backend at once; each in a thread of its own.

        Args:
            task: What to do with the driver of a backend.

        Raises:
            Interrupted: The user pressed Ctrl-C.
        """
        threads = [
            threading.Thread(target=driver.attempt, args=(task,), daemon=True)
            for driver in self.drivers.values()
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads) and not self._fault:
                time.sleep(0.02)
        except KeyboardInterrupt:
            self._halt(threads)
            raise self._interrupted() from None
        if self._fault is not None:
            self._halt(threads)
            raise self._fault

    def _places(self) -> dict[str, Place]:
        """What every backend asks a case with that nobody declared.

        It is the last of the places that the backends found: the earlier ones do not go
        together on one of them.
        """
        found: dict[str, Place] = {}
        for driver in self.drivers.values():
            for case, place in driver.places.items():
                if place is not None:
                    found[case] = max(place, found.get(case, place))
        return found

    def rest(self) -> None:
        """Leaves every child to the pool, where there is one; else ends it."""
        for driver in self.drivers.values():
            driver.rest()

    def close(self) -> None:
        """Ends every child at once."""
        for driver in self.drivers.values():
            driver.halt()

    @property
    def _fault(self) -> BaseException | None:
        return next((d.fault for d in self.drivers.values() if d.fault), None)

    def _halt(self, threads: Iterable[threading.Thread]) -> None:
        self.close()
        for thread in threads:
            thread.join(timeout=_PATIENCE)

    def _interrupted(self) -> Interrupted:
        rooms = [driver.writer.cases for driver in self.drivers.values()]
        # Before a record is opened, what lies there is an earlier run's.
        opened = [d.writer.cases for d in self.drivers.values() if d.opened]
        cases = sum(len(list(room.glob("*.build.json"))) for room in opened)
        return Interrupted(rooms[0].parents[1], cases, opened=bool(opened))


@contextmanager
def team(
    request: Request, watcher: Watcher, *, pool: Pool | None = None
) -> Generator[Team]:
    """A team for a request; no child of it outlives the `with` block.

    Args:
        request: What to run.
        watcher: Who is told what happens.
        pool: Where children come from that are warm already; those that are well go
            there when the block ends without an error.

    Raises:
        MultibackendError: The request cannot be met; the message says why.
    """
    targets = request.targets or (OWN,)
    precheck(targets)
    refuse_unfit(request)
    elsewhere = _elsewhere(request)
    turns = Turns(request.backends)
    drivers = {
        name: _driver(request, targets, name, watcher, pool, turns)
        for name in request.backends
    }
    members = Team(drivers, elsewhere)
    with ExitStack() as locks:
        for name in sorted(drivers):
            locks.enter_context(alone_in(request.out / name))
        if request.resume:
            _refuse_unlike(drivers)
        try:
            yield members
            members.rest()
        finally:
            members.close()


def _refuse_unlike(drivers: Mapping[str, Driver]) -> None:
    """Refuses at once to go on with a record that answers another question.

    Raises:
        RecordError: It does, or it is damaged.
    """
    for driver in drivers.values():
        if driver.writer.taken:
            worker = driver.worker
            asked = asked_of(worker.targets, worker.settings, worker.interpreter.env)
            _ = refuse_other(driver.writer.folder, asked)


def _elsewhere(request: Request) -> dict[str, Path]:
    """The records to exchange with, by backend.

    Raises:
        RecordError: There is none, or two are of one backend.
    """
    found: dict[str, Path] = {}
    for folder in find_records(request.exchange):
        name = read_about(folder).backend
        if name in request.backends:
            continue
        other = found.setdefault(name, folder)
        if other != folder:
            message = (
                f"Expected one record of {name} to exchange with, found {other} and "
                f"{folder}. Pass the folder of one of them to --exchange."
            )
            raise RecordError(message)
    return found


def _settings(request: Request, backend: str) -> Settings:
    """One backend moves whole cases for all: the spread is the case's, not a backend's.

    The first one does it; whoever wants it done cheaply names torch first, which has
    nothing to compile.
    """
    first = backend == request.backends[0]
    return request.settings if first else replace(request.settings, reruns=0)


def _driver(
    request: Request,
    targets: tuple[str, ...],
    backend: str,
    watcher: Watcher,
    pool: Pool | None,
    turns: Turns,
) -> Driver:
    writer = RecordWriter(request.out / backend)
    worker = Worker(
        backend=backend,
        targets=targets,
        folder=str(writer.cases.resolve()),
        settings=_settings(request, backend),
        interpreter=request.config.interpreter(backend),
        watcher=watcher,
        add=writer.add,
        pool=pool,
    )
    excused = request.excused.get(backend, {})
    return Driver(
        worker,
        writer,
        turns,
        overwrite=request.overwrite,
        resume=request.resume,
        excused=excused,
    )
