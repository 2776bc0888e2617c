"""`conform`: Keras' own public API, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multibackend.backends import TRAINABLE
from multibackend.cli.options import (
    Checks,
    DeviceOption,
    Overwrite,
    Resume,
    TimeLimit,
    Twins,
    Verbose,
)
from multibackend.cli.request import backend_names, make_request
from multibackend.cli.show import present
from multibackend.parity.run.settings import TWINS

if TYPE_CHECKING:
    from multibackend.parity.compare.verdict import Judgement
    from multibackend.parity.run.run import Request

__all__ = ["conform"]

_OUT = Path("multibackend-conformance")


def conform(
    *,
    backends: Annotated[str, typer.Option(help="The backends to measure.")] = ",".join(
        TRAINABLE
    ),
    only: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Tables, symbols or samples, such as ops.linalg or keras.ops.add.",
        ),
    ] = "",
    shard: Annotated[
        str, typer.Option(metavar="K/N", help="Run one of N parts, such as 2/4.")
    ] = "",
    out: Annotated[
        Path, typer.Option(help="Folder for the records and the scoreboard.")
    ] = _OUT,
    overwrite: Overwrite = False,
    resume: Resume = False,
    checks: Checks = "",
    time_limit: TimeLimit = 120.0,
    device: DeviceOption = "auto",
    twins: Twins = TWINS,
    verbose: Verbose = False,
) -> None:
    """Measure Keras' own public API on every backend, and make the scoreboard."""
    from multibackend.conformance.choose import only as chosen
    from multibackend.conformance.choose import shard as part
    from multibackend.conformance.tables import MODULE, every
    from multibackend.parity.report.outputs import Outputs

    samples = part(chosen(every(), only), shard)
    whole = not only and not shard
    request = make_request(
        backend_names(backends, elsewhere=True),
        out,
        [MODULE] if whole else [f"{MODULE}:{sample.name}" for sample in samples],
        checks,
        time_limit,
        device,
        twins,
        overwrite=overwrite or (out == _OUT and not resume),
        resume=resume,
    )
    judgement = _judged(request)
    kept = Outputs(json=out / "verdicts.json", html=out / "report.html")
    raise typer.Exit(present(judgement, [kept], verbose=verbose))


def _judged(request: Request) -> Judgement:
    from multibackend.cli.request import whole_modules
    from multibackend.conformance.causes import catalogue
    from multibackend.parity.job import judge_all
    from multibackend.parity.report.progress import Progress

    with Progress() as progress:
        return judge_all(
            request,
            progress,
            catalogue=catalogue(),
            whole=whole_modules(request),
        ).judgement
