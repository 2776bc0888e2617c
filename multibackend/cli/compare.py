"""`compare` and `report`: from what was recorded or judged before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multibackend.cli.catalogue import read_known
from multibackend.cli.options import (
    Badge,
    CatalogueFile,
    Github,
    Html,
    Json,
    Junit,
    Markdown,
    UpdateCatalogue,
    Verbose,
)
from multibackend.cli.request import backend_names
from multibackend.cli.show import show

__all__ = ["compare", "report"]


def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders with records.")
    ],
    *,
    require: Annotated[
        str,
        typer.Option(help="Backends whose records must be there, such as torch,jax."),
    ] = "",
    catalogue: CatalogueFile = None,
    update_catalogue: UpdateCatalogue = False,
    json: Json = None,
    html: Html = None,
    junit: Junit = None,
    markdown: Markdown = None,
    badge: Badge = None,
    github: Github = None,
    verbose: Verbose = False,
) -> None:
    """Judge records, wherever they were made; no framework is needed."""
    from multibackend.parity.compare.compare import compare as judge
    from multibackend.parity.compare.compare import load_records
    from multibackend.parity.compare.evidence import with_evidence
    from multibackend.parity.report.outputs import Outputs

    place, known = read_known(catalogue, update=update_catalogue)
    required = backend_names(require, elsewhere=True) if require else ()
    # A record does not say which cases were left out, so that no pattern is called stale.
    records = load_records(folders)
    judgement = judge(records, required=required, catalogue=known, whole=())
    judgement = with_evidence(judgement, records)
    outputs = Outputs(json=json, html=html, junit=junit, markdown=markdown, badge=badge)
    update = (place, known) if update_catalogue else None
    show(judgement, [outputs], verbose=verbose, github=github, update=update)


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with a verdicts.json.")
    ] = Path("multibackend-report"),
    *,
    json: Json = None,
    html: Html = None,
    junit: Junit = None,
    markdown: Markdown = None,
    badge: Badge = None,
    github: Github = None,
    verbose: Verbose = False,
) -> None:
    """Render the verdicts of an earlier check again."""
    from multibackend.parity.report.document import read_json
    from multibackend.parity.report.outputs import Outputs

    file = folder / "verdicts.json" if folder.is_dir() else folder
    outputs = Outputs(json=json, html=html, junit=junit, markdown=markdown, badge=badge)
    show(read_json(file), [outputs], verbose=verbose, github=github)
