"""One visit of the doctor: ask, examine, write, show."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from multibackend.doctor.ask import ask
from multibackend.doctor.document import to_json
from multibackend.doctor.examine import examine, fit
from multibackend.doctor.terminal import print_visit
from multibackend.parity.report.atomic import write_text
from multibackend.parity.run.config import read_config

__all__ = ["visit"]


def visit(
    names: Sequence[str],
    *,
    limit: float,
    json: Path | None = None,
    verbose: bool = False,
    console: Console | None = None,
) -> bool:
    """Asks the backends, says what was found, and returns whether the machine is fit.

    Args:
        names: The backends.
        limit: The seconds that all of them together may take.
        json: Where facts and findings go as JSON, if anywhere.
        verbose: Whether every fact is shown.
        console: Where to print.

    Raises:
        ConfigError: `[tool.multibackend]` cannot be understood.
        OutputError: The file cannot be written.
    """
    screen = console or Console()
    config = read_config(Path.cwd(), absent=True)
    with Console(stderr=True).status(f"Asking {', '.join(names)}"):
        seen = ask(names, config, os.environ, limit=limit)
    findings = examine(seen)
    if json is not None:
        write_text(json, to_json(seen, findings))
    print_visit(seen, findings, screen, verbose=verbose)
    if json is not None:
        screen.print(f"Wrote {json}", markup=False, soft_wrap=True)
    return fit(seen, findings)
