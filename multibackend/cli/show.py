"""How every command that has verdicts ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from multibackend.cli.catalogue import updated

if TYPE_CHECKING:
    from multibackend.parity.compare.catalogue import Catalogue
    from multibackend.parity.compare.verdict import Judgement
    from multibackend.parity.report.outputs import Outputs

__all__ = ["present", "show"]


def show(
    judgement: Judgement,
    outputs: list[Outputs],
    *,
    verbose: bool,
    update: tuple[Path, Catalogue] | None = None,
) -> NoReturn:
    """Writes what was asked for, prints the verdicts, and leaves with their code."""
    raise typer.Exit(present(judgement, outputs, verbose=verbose, update=update))


def present(
    judgement: Judgement,
    outputs: list[Outputs],
    *,
    verbose: bool,
    update: tuple[Path, Catalogue] | None = None,
) -> int:
    """Writes what was asked for, prints the verdicts, and returns their exit code."""
    from rich.console import Console

    from multibackend.parity.report.exit import exit_code
    from multibackend.parity.report.terminal import print_judgement

    written = [path for output in outputs for path in output.write(judgement)]
    print_judgement(judgement, Console(), verbose=verbose)
    for path in written:
        typer.echo(f"Wrote {path}")
    if update is not None:
        typer.echo(updated(judgement, *update))
    return exit_code(judgement)
