"""`check`: the main job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multibackend.backends import TRAINABLE
from multibackend.cli.catalogue import read_known
from multibackend.cli.options import (
    Badge,
    CatalogueFile,
    Checks,
    DeviceOption,
    Github,
    Html,
    Json,
    Junit,
    Markdown,
    Out,
    Overwrite,
    Resume,
    Shuffle,
    Targets,
    TimeLimit,
    Twins,
    UpdateCatalogue,
    Verbose,
)
from multibackend.cli.request import backend_names, make_request, whole_modules
from multibackend.cli.show import present
from multibackend.errors import TargetError
from multibackend.parity.run.settings import TWINS

if TYPE_CHECKING:
    from multibackend.parity.compare.catalogue import Catalogue
    from multibackend.parity.compare.verdict import Judgement
    from multibackend.parity.run.pool import Pool
    from multibackend.parity.run.run import Request

__all__ = ["check"]


def check(
    targets: Targets = None,
    backends: Annotated[str, typer.Option(help="The backends to compare.")] = ",".join(
        TRAINABLE
    ),
    out: Out = Path("multibackend-report"),
    *,
    overwrite: Overwrite = False,
    resume: Resume = False,
    shuffle: Shuffle = None,
    checks: Checks = "",
    time_limit: TimeLimit = 120.0,
    device: DeviceOption = "auto",
    twins: Twins = TWINS,
    catalogue: CatalogueFile = None,
    update_catalogue: UpdateCatalogue = False,
    json: Json = None,
    html: Html = None,
    junit: Junit = None,
    markdown: Markdown = None,
    badge: Badge = None,
    github: Github = None,
    stubs: Annotated[
        Path | None,
        typer.Option(
            help="Write cases to fill in for what was found but could not be built."
        ),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Check again whenever a file is edited, until Ctrl-C."
        ),
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Run every case on every backend, compare, and report: the main job.

    The folder keeps the records, verdicts.json, report.html and, for each difference,
    a reproducer. The default folder is replaced on each run; one named with --out only
    with --overwrite. An interrupted run goes on with the same command and --resume.
    """
    from multibackend.parity.report.outputs import Outputs
    from multibackend.parity.report.programs import PROGRAMS

    request = make_request(
        backend_names(backends, elsewhere=True),
        out,
        targets,
        checks,
        time_limit,
        device,
        twins,
        overwrite=overwrite or (out == Path("multibackend-report") and not resume),
        resume=resume,
        shuffle=shuffle,
    )
    outputs = Outputs(
        json=json, html=html, junit=junit, markdown=markdown, badge=badge, stubs=stubs
    )
    kept = Outputs(
        json=out / "verdicts.json", html=out / "report.html", programs=out / PROGRAMS
    )
    place, known = read_known(catalogue, update=update_catalogue)
    update = (place, known) if update_catalogue else None

    def once(request: Request, pool: Pool | None = None) -> int:
        judgement = _judged(request, known, pool)
        return present(
            judgement, [kept, outputs], verbose=verbose, github=github, update=update
        )

    raise typer.Exit(_watched(request, once) if watch else once(request))


def _judged(request: Request, known: Catalogue, pool: Pool | None) -> Judgement:
    """Runs and judges; what an earlier run left goes as soon as this one has records."""
    from multibackend.parity.job import judge_all
    from multibackend.parity.report.outputs import forget_earlier
    from multibackend.parity.report.progress import Progress
    from multibackend.parity.run.interrupt import Interrupted

    def replaced() -> None:
        if request.overwrite:
            forget_earlier(request.out, keep=request.backends)

    try:
        with Progress() as progress:
            return judge_all(
                request,
                progress,
                catalogue=known,
                whole=whole_modules(request),
                recorded=replaced,
                pool=pool,
                # Whoever watches edits waits for verdicts, seconds each.
                reproducers=pool is None,
            ).judgement
    except Interrupted as stop:
        if stop.opened:
            replaced()
        raise


def _watched(request: Request, once: Callable[[Request, Pool], int]) -> int:
    """Checks again after each edit, with warm children; the last exit code."""
    from multibackend.parity.run.pool import Pool
    from multibackend.parity.watch import broken, changes

    pool = Pool()
    edits = changes(request.targets)
    code = 0
    try:
        while True:
            try:
                code = once(request, pool)
            except TargetError as error:  # it may be right after the next edit
                typer.echo(f"multibackend: {error}", err=True)
                code = error.exit_code
            request = replace(request, overwrite=True)
            typer.echo("Waiting for an edit; Ctrl-C ends.")
            while told := broken(next(edits)):
                typer.echo(f"multibackend: {told}", err=True)
    except KeyboardInterrupt:
        return code
    finally:
        pool.close()
