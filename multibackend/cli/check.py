"""`check`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multibackend.backends import TRAINABLE
from multibackend.cli.catalogue import read_known
from multibackend.cli.options import (
    CatalogueFile,
    Checks,
    DeviceOption,
    Html,
    Json,
    Junit,
    Markdown,
    Out,
    Overwrite,
    Targets,
    TimeLimit,
    Twins,
    UpdateCatalogue,
    Verbose,
)
from multibackend.cli.request import backend_names, make_request, whole_modules
from multibackend.cli.show import show
from multibackend.parity.run.settings import TWINS

__all__ = ["check"]


def check(
    targets: Targets = None,
    backends: Annotated[str, typer.Option(help="The backends to compare.")] = ",".join(
        TRAINABLE
    ),
    out: Out = Path("multibackend-report"),
    *,
    overwrite: Overwrite = False,
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
    stubs: Annotated[
        Path | None,
        typer.Option(
            help="Write cases to fill in for what was found but could not be built."
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Run every case on every backend, compare, and report: the main job.

    The folder keeps the records, verdicts.json and report.html. The default folder is
    replaced on each run; one named with --out only with --overwrite.
    """
    from multibackend.parity.job import judge_all
    from multibackend.parity.report.outputs import Outputs, forget_earlier
    from multibackend.parity.report.progress import Progress
    from multibackend.parity.run.interrupt import Interrupted

    request = make_request(
        backend_names(backends, elsewhere=True),
        out,
        targets,
        checks,
        time_limit,
        device,
        twins,
        overwrite=overwrite or out == Path("multibackend-report"),
    )
    outputs = Outputs(json=json, html=html, junit=junit, markdown=markdown, stubs=stubs)
    place, known = read_known(catalogue, update=update_catalogue)

    def replaced() -> None:
        if request.overwrite:
            forget_earlier(out, keep=request.backends)

    try:
        with Progress() as progress:
            done = judge_all(
                request,
                progress,
                catalogue=known,
                whole=whole_modules(request),
                recorded=replaced,
            )
    except Interrupted:
        replaced()
        raise
    judgement = done.judgement
    kept = Outputs(json=out / "verdicts.json", html=out / "report.html")
    update = (place, known) if update_catalogue else None
    show(judgement, [kept, outputs], verbose=verbose, update=update)
