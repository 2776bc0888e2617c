"""The options that several commands have, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Badge",
    "CatalogueFile",
    "Checks",
    "DeviceOption",
    "Github",
    "Html",
    "Json",
    "Junit",
    "Markdown",
    "Out",
    "Overwrite",
    "Resume",
    "Shuffle",
    "Targets",
    "TimeLimit",
    "Twins",
    "UpdateCatalogue",
    "Verbose",
]

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET]...",
        help=(
            "pkg.module, pkg.module:name, path/file.py or path/file.py::name: its cases, "
            "or if it declares none, its layers, losses, metrics, optimizers and "
            "functions; without any target, the package's own cases."
        ),
    ),
]
Out = Annotated[Path, typer.Option(help="Folder for the records and the report.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace earlier records in that folder.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on in that folder: what is recorded whole is not run again.",
    ),
]
Shuffle = Annotated[
    int | None,
    typer.Option(
        metavar="SEED",
        help="Run the cases in the order of this seed, to find what leaks between them.",
    ),
]
Checks = Annotated[
    str, typer.Option(help="Only these checks, such as forward,grad_weights.")
]
TimeLimit = Annotated[
    float, typer.Option(min=0.1, help="Seconds that one case may take.")
]
DeviceOption = Annotated[
    str, typer.Option(help="auto, cpu, or gpu (exit 3 where there is none).")
]
Twins = Annotated[
    int,
    typer.Option(
        min=1, help="How often the referee runs again on numbers moved by one roundoff."
    ),
]
Json = Annotated[
    Path | None, typer.Option("--json", help="Write the verdicts as JSON.")
]
Html = Annotated[Path | None, typer.Option(help="Write the report as one HTML file.")]
Junit = Annotated[Path | None, typer.Option(help="Write the verdicts as JUnit XML.")]
Markdown = Annotated[Path | None, typer.Option(help="Write a summary as Markdown.")]
Badge = Annotated[Path | None, typer.Option(help="Write a badge for a page as SVG.")]
Github = Annotated[
    bool | None,
    typer.Option(
        "--github/--no-github",
        help="Print what is open as GitHub annotations; by itself in a workflow.",
        show_default=False,
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every verdict, not only the open.")
]
CatalogueFile = Annotated[
    Path | None,
    typer.Option(
        "--catalogue",
        metavar="FILE",
        help="Your known differences; else what pyproject.toml names.",
    ),
]
UpdateCatalogue = Annotated[
    bool,
    typer.Option(
        "--update-catalogue",
        help="Propose an entry for what differs; you write the reason.",
    ),
]
