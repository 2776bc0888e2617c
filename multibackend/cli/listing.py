"""`list`: the cases, and the checks."""

from __future__ import annotations

from typing import Annotated

import typer

from multibackend.cli.options import Targets

__all__ = ["list_"]


def list_(
    targets: Targets = None,
    *,
    checks: Annotated[
        bool, typer.Option("--checks", help="List the checks instead.")
    ] = False,
) -> None:
    """List the cases of the targets, or the checks with what each asks."""
    if checks:
        from multibackend.parity.checks.table import sentences

        for name, sentence in sentences().items():
            typer.echo(f"{name:14}{sentence}")
        return
    from multibackend.parity.cases.select import OWN
    from multibackend.parity.run.listing import listed

    for case in listed(tuple(targets or (OWN,))):
        typer.echo(f"{case.name:60} {case.file}:{case.line}")
