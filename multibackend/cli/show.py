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
    github: bool | None = None,
    update: tuple[Path, Catalogue] | None = None,
) -> NoReturn:
    """Writes what was asked for, prints the verdicts, and leaves with their code."""
    raise typer.Exit(
        present(judgement, outputs, verbose=verbose, github=github, update=update)
    )


def present(
    judgement: Judgement,
    outputs: list[Outputs],
    *,
    verbose: bool,
    github: bool | None = None,
    update: tuple[Path, Catalogue] | None = None,
) -> int:
    """Writes what was asked for, prints the verdicts, and returns their exit code.

    Args:
        judgement: The verdicts.
        outputs: What to write.
        verbose: Prints every verdict.
        github: Prints annotations too; `None` where a GitHub workflow decides.
        update: Where to propose entries, and what is known there.
    """
    from rich.console import Console

    from multibackend.parity.report.exit import exit_code
    from multibackend.parity.report.github import to_annotations
    from multibackend.parity.report.github import wanted as annotated
    from multibackend.parity.report.pen import Pen
    from multibackend.parity.report.terminal import print_judgement

    written = [path for output in outputs for path in output.write(judgement)]
    console = Console()
    print_judgement(judgement, console, verbose=verbose)
    if annotated() if github is None else github:
        pen = Pen(console)
        pen.lines(pen.text(line) for line in to_annotations(judgement))
    for path in written:
        typer.echo(f"Wrote {path}")
    if update is not None:
        typer.echo(updated(judgement, *update))
    return exit_code(judgement)
