"""What to run, and what a run leaves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from multibackend import backends
from multibackend.errors import OutputError
from multibackend.parity.record.atomic import make_folder
from multibackend.parity.record.write import RecordWriter
from multibackend.parity.run.config import Config
from multibackend.parity.run.settings import Settings

__all__ = ["Request", "Run", "refuse_unfit"]


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
        resume: Whether to go on with the records in `out`.
        exchange: Folders with records made elsewhere, whose saved files are loaded too.
        excused: By backend: the cases that it is not asked, each with the reason.
    """

    backends: tuple[str, ...]
    out: Path
    targets: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    config: Config = field(default_factory=Config)
    overwrite: bool = False
    resume: bool = False
    exchange: tuple[Path, ...] = ()
    excused: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]]
    )


@dataclass(frozen=True)
class Run:
    """What a run left: the record of each backend, and the seconds by stage."""

    folders: Mapping[str, Path]
    stages: Mapping[str, float]


def refuse_unfit(request: Request) -> None:
    """Finds at once what would fail only after seconds of importing.

    Raises:
        EnvironmentUnfitError: A framework is missing in this interpreter.
        OutputError: The folder cannot be written, or holds a record.
    """
    for name in request.backends:
        if request.config.interpreter(name).python is None:
            backends.require(backends.find(name))
        if not request.overwrite and not request.resume:
            RecordWriter(request.out / name).refuse_taken()
    make_folder(request.out)
    if not os.access(request.out, os.W_OK):
        message = (
            f"Expected a folder that can be written, received {request.out}. "
            "Choose another folder with --out."
        )
        raise OutputError(message)
