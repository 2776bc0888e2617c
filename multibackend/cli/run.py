"""`run`: record one backend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from multibackend import backends
from multibackend.cli.options import (
    Checks,
    DeviceOption,
    Out,
    Overwrite,
    Resume,
    Shuffle,
    Targets,
    TimeLimit,
    Twins,
)
from multibackend.cli.request import make_request
from multibackend.parity.run.settings import TWINS

__all__ = ["run"]


def run(
    targets: Targets = None,
    *,
    backend: Annotated[
        str | None,
        typer.Option(
            help="The backend; else what KERAS_BACKEND or keras.json chose, else torch."
        ),
    ] = None,
    out: Out = Path("records"),
    overwrite: Overwrite = False,
    resume: Resume = False,
    shuffle: Shuffle = None,
    checks: Checks = "",
    time_limit: TimeLimit = 120.0,
    device: DeviceOption = "auto",
    twins: Twins = TWINS,
    exchange: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Load what the records below DIR saved too; may be repeated.",
        ),
    ] = None,
) -> None:
    """Record one backend into OUT/BACKEND, to be compared here or elsewhere."""
    from multibackend.parity.report.progress import Progress
    from multibackend.parity.run.run import run as run_all

    wanted = backends.chosen() or backends.DEFAULT if backend is None else backend
    name = backends.named(wanted).name
    request = make_request(
        (name,),
        out,
        targets,
        checks,
        time_limit,
        device,
        twins,
        overwrite=overwrite,
        resume=resume,
        shuffle=shuffle,
    )
    request = replace(request, exchange=tuple(exchange or ()))
    with Progress() as progress:
        done = run_all(request, progress)
    typer.echo(f"Recorded {name} in {done.folders[name]}")
    typer.echo(f"Compare it: multibackend compare {out}")
