"""The score on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text

from multibackend.parity.selftest.score import TARGETS, Score
from multibackend.parity.selftest.table import Table, tables

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_score"]


def print_score(scored: Score, console: Console) -> None:
    """Prints every table and, last, the targets and whether they are met.

    Args:
        scored: The score.
        console: Where to.
    """
    targets, *rest = tables(scored, TARGETS)
    for table in (*rest, targets):
        console.print(_grid(table))
    missed = scored.missed_goals
    if missed:
        names = ", ".join(goal.name for goal in missed)
        console.print(Text(f"Missed: {names}", "bold red"))
    else:
        console.print(Text("Every target is met.", "bold green"))


def _grid(table: Table) -> Grid:
    grid = Grid(title=table.title, title_justify="left", title_style="bold")
    for name in table.head:
        grid.add_column(name, overflow="fold")
    for row in table.rows:
        grid.add_row(*map(Text, row))
    return grid
