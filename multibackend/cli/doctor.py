"""`doctor`: is this machine fit?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multibackend.backends import TRAINABLE
from multibackend.cli.request import backend_names
from multibackend.errors import EnvironmentUnfitError

__all__ = ["doctor"]


def doctor(
    *,
    backends: Annotated[str, typer.Option(help="The backends to ask.")] = ",".join(
        TRAINABLE
    ),
    time_limit: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds that all of them may take to answer."),
    ] = 120.0,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write facts and findings as JSON.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every fact, and what is fine.")
    ] = False,
) -> None:
    """Say whether this machine is fit, and what to do where it is not.

    Asks every backend in a process of its own for versions, devices and settings.
    Leaves with exit code 3 where something is a problem or no backend works.
    """
    from multibackend.doctor.visit import visit

    fit = visit(
        backend_names(backends, elsewhere=True),
        limit=time_limit,
        json=json,
        verbose=verbose,
    )
    raise typer.Exit(0 if fit else EnvironmentUnfitError.exit_code)
