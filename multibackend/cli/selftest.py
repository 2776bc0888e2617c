"""`selftest`: the judge on trial."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multibackend.backends import TRAINABLE
from multibackend.cli.options import DeviceOption, Out, Overwrite, TimeLimit, Twins
from multibackend.cli.request import backend_names, make_request
from multibackend.parity.run.settings import TWINS

__all__ = ["selftest"]


def selftest(
    *,
    backends: Annotated[
        str, typer.Option(help="The backends to plant faults on.")
    ] = ",".join(TRAINABLE),
    out: Out = Path("multibackend-selftest"),
    overwrite: Overwrite = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Try a seeded tenth of faults and controls.")
    ] = False,
    time_limit: TimeLimit = 120.0,
    device: DeviceOption = "auto",
    twins: Twins = TWINS,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the score as JSON.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write the score as Markdown.")
    ] = None,
) -> None:
    """Put the judge on trial: plant faults, run clean controls, count what it finds.

    Leaves with exit code 1 where a target is missed. The default folder is replaced on
    each run; one named with --out only with --overwrite.
    """
    from multibackend.parity.report.progress import Progress
    from multibackend.parity.selftest.report import report as tell
    from multibackend.parity.selftest.trial import hold

    request = make_request(
        backend_names(backends),
        out,
        None,
        "",
        time_limit,
        device,
        twins,
        overwrite=overwrite or out == Path("multibackend-selftest"),
    )
    with Progress() as progress:
        trial = hold(request, progress, quick=quick)
    for path in tell(trial, json=json, markdown=markdown):
        typer.echo(f"Wrote {path}")
    raise typer.Exit(int(bool(trial.score.missed_goals)))
