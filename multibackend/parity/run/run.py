"""Runs the targets on every backend at once, each in a process of its own."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from multibackend import backends
from multibackend.errors import OutputError
from multibackend.parity.cases.select import OWN, precheck
from multibackend.parity.record.atomic import make_folder
from multibackend.parity.record.write import RecordWriter
from multibackend.parity.run.config import Config
from multibackend.parity.run.drive import Driver
from multibackend.parity.run.interrupt import Interrupted
from multibackend.parity.run.settings import Settings
from multibackend.parity.run.worker import Watcher, Worker

__all__ = ["Request", "Run", "run"]


@dataclass(frozen=True)
class Request:
    """What to run, on which backends, and where the records go.

    Attributes:
        backends: The backends' names.
        out: The folder in which each backend gets a folder of its own.
        targets: What to import; this package's own cases if empty.
        settings: Limits and switches.
        config: An interpreter a backend.
        overwrite: Whether earlier records in `out` may be replaced.
    """

    backends: tuple[str, ...]
    out: Path
    targets: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    config: Config = field(default_factory=Config)
    overwrite: bool = False


@dataclass(frozen=True)
class Run:
    """What a run left: the record of each backend, and the seconds by stage."""

    folders: Mapping[str, Path]
    stages: Mapping[str, float]


def run(request: Request, watcher: Watcher) -> Run:
    """Runs the request and returns where the records are.

    Args:
        request: What to run.
        watcher: Who is told what happens.

    Raises:
        MultibackendError: Nothing could be run; the message says why.
        Interrupted: The user pressed Ctrl-C; what was recorded stays.
    """
    targets = request.targets or (OWN,)
    precheck(targets)
    _refuse_unfit(request)
    drivers = [_driver(request, targets, name, watcher) for name in request.backends]
    _drive(drivers)
    return Run(
        folders={driver.backend: driver.writer.folder for driver in drivers},
        stages={
            f"{stage} {driver.backend}": seconds
            for driver in drivers
            for stage, seconds in driver.seconds.items()
        },
    )


def _settings(request: Request, backend: str) -> Settings:
    """One backend moves whole cases for all: the spread is the case's, not a backend's.

    The first one does it; whoever wants it done cheaply names torch first, which has
    nothing to compile.
    """
    first = backend == request.backends[0]
    return request.settings if first else replace(request.settings, reruns=0)


def _driver(
    request: Request, targets: tuple[str, ...], backend: str, watcher: Watcher
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
    )
    return Driver(worker, writer, overwrite=request.overwrite)


def _drive(drivers: list[Driver]) -> None:
    """Lets all drivers run at once.

    Raises:
        Interrupted: The user pressed Ctrl-C.
    """
    threads = [threading.Thread(target=driver.drive, daemon=True) for driver in drivers]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.02)
            if any(driver.fault for driver in drivers):
                break
    except KeyboardInterrupt:
        _halt(drivers, threads)
        cases = sum(len(list(d.writer.cases.glob("*.build.json"))) for d in drivers)
        raise Interrupted(drivers[0].writer.folder.parent, cases) from None
    fault = next((driver.fault for driver in drivers if driver.fault), None)
    if fault is not None:
        _halt(drivers, threads)
        raise fault


def _halt(drivers: list[Driver], threads: Iterable[threading.Thread]) -> None:
    for driver in drivers:
        driver.halt()
    for thread in threads:
        thread.join(timeout=10)


def _refuse_unfit(request: Request) -> None:
    """Finds at once what would fail only after seconds of importing.

    Raises:
        EnvironmentUnfitError: A framework is missing in this interpreter.
        OutputError: The folder cannot be written, or holds a record.
    """
    for name in request.backends:
        row = backends.find(name)
        if request.config.interpreter(name).python is None:
            backends.require(row)
        if not request.overwrite:
            RecordWriter(request.out / name).refuse_taken()
    make_folder(request.out)
    if not os.access(request.out, os.W_OK):
        message = (
            f"Expected a folder that can be written, received {request.out}. "
            "Choose another folder with --out."
        )
        raise OutputError(message)
