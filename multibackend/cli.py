"""The command line: `check`, `run`, `compare`, `report`, `list`, `doctor`, `selftest`.

Every command reads like the data flows: run -> record -> compare -> report. What costs
time to import is imported inside the command that needs it.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multibackend import __version__, backends
from multibackend.errors import (
    EnvironmentUnfitError,
    MultibackendError,
    UnknownBackendError,
)
from multibackend.parity.run.settings import TWINS

if TYPE_CHECKING:
    from multibackend.parity.compare.catalogue import Catalogue
    from multibackend.parity.compare.verdict import Judgement
    from multibackend.parity.report.outputs import Outputs
    from multibackend.parity.run.run import Request, Run

__all__ = ["app", "main"]

app = typer.Typer(
    name="multibackend",
    help="Measure whether Keras code means the same on PyTorch, JAX and TensorFlow.",
    epilog=(
        "Exit codes: 0 all agree, 1 a difference, 2 wrong usage, 3 environment not fit, "
        "4 a fault of multibackend, 130 interrupted."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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


@app.command()
def check(
    targets: Targets = None,
    backends: Annotated[str, typer.Option(help="The backends to compare.")] = ",".join(
        backends.TRAINABLE
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

    request = _request(
        _names(backends),
        out,
        targets,
        checks,
        time_limit,
        device,
        twins,
        overwrite=overwrite or out == Path("multibackend-report"),
    )
    outputs = Outputs(json=json, html=html, junit=junit, markdown=markdown, stubs=stubs)
    place, known = _catalogue(catalogue, update=update_catalogue)

    def replaced() -> None:
        if request.overwrite:
            forget_earlier(out, keep=request.backends)

    try:
        with Progress() as progress:
            done = judge_all(
                request,
                progress,
                catalogue=known,
                whole=_whole(request),
                recorded=replaced,
            )
    except Interrupted:
        replaced()
        raise
    judgement = done.judgement
    kept = Outputs(json=out / "verdicts.json", html=out / "report.html")
    update = (place, known) if update_catalogue else None
    _show(judgement, [kept, outputs], verbose=verbose, update=update)


@app.command()
def run(
    targets: Targets = None,
    *,
    backend: Annotated[
        str | None,
        typer.Option(
            help="The backend; else what KERAS_BACKEND or keras.json chose, else torch."
        ),
    ] = None,
    out: Out = Path("records"),
    overwrite: Overwrite = False,
    checks: Checks = "",
    time_limit: TimeLimit = 120.0,
    device: DeviceOption = "auto",
    twins: Twins = TWINS,
    exchange: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Load what the records below DIR saved too; may be repeated.",
        ),
    ] = None,
) -> None:
    """Record one backend into OUT/BACKEND, to be compared here or elsewhere."""
    wanted = backends.chosen() or backends.DEFAULT if backend is None else backend
    name = backends.find(wanted).name
    request = _request(
        (name,), out, targets, checks, time_limit, device, twins, overwrite=overwrite
    )
    request = replace(request, exchange=tuple(exchange or ()))
    done = _run(request)
    typer.echo(f"Recorded {name} in {done.folders[name]}")
    typer.echo(f"Compare it: multibackend compare {out}")


@app.command()
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
    verbose: Verbose = False,
) -> None:
    """Judge records, wherever they were made; no framework is needed."""
    from multibackend.parity.report.outputs import Outputs

    place, known = _catalogue(catalogue, update=update_catalogue)
    required = _names(require) if require else ()
    # A record does not say which cases were left out, so that no pattern is called stale.
    judgement = _compare(folders, required, catalogue=known, whole=())
    outputs = Outputs(json=json, html=html, junit=junit, markdown=markdown)
    update = (place, known) if update_catalogue else None
    _show(judgement, [outputs], verbose=verbose, update=update)


@app.command()
def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with a verdicts.json.")
    ] = Path("multibackend-report"),
    *,
    json: Json = None,
    html: Html = None,
    junit: Junit = None,
    markdown: Markdown = None,
    verbose: Verbose = False,
) -> None:
    """Render the verdicts of an earlier check again."""
    from multibackend.parity.report.document import read_json
    from multibackend.parity.report.outputs import Outputs

    file = folder / "verdicts.json" if folder.is_dir() else folder
    outputs = Outputs(json=json, html=html, junit=junit, markdown=markdown)
    _show(read_json(file), [outputs], verbose=verbose)


@app.command()
def selftest(
    *,
    backends: Annotated[
        str, typer.Option(help="The backends to plant faults on.")
    ] = ",".join(backends.TRAINABLE),
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

    request = _request(
        _names(backends),
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


@app.command()
def doctor(
    *,
    backends: Annotated[str, typer.Option(help="The backends to ask.")] = ",".join(
        backends.TRAINABLE
    ),
    time_limit: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds that all of them may take to answer."),
    ] = 120.0,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write facts and findings as JSON.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every fact, and what is fine.")
    ] = False,
) -> None:
    """Say whether this machine is fit, and what to do where it is not.

    Asks every backend in a process of its own for versions, devices and settings.
    Leaves with exit code 3 where something is a problem or no backend works.
    """
    from multibackend.doctor.visit import visit

    fit = visit(_names(backends), limit=time_limit, json=json, verbose=verbose)
    raise typer.Exit(0 if fit else EnvironmentUnfitError.exit_code)


@app.command("list")
def list_(
    targets: Targets = None,
    *,
    checks: Annotated[
        bool, typer.Option("--checks", help="List the checks instead.")
    ] = False,
) -> None:
    """List the cases of the targets, or the checks with what each asks."""
    if checks:
        from multibackend.parity.checks.table import sentences

        for name, sentence in sentences().items():
            typer.echo(f"{name:14}{sentence}")
        return
    from multibackend.parity.cases.select import OWN
    from multibackend.parity.run.listing import listed

    for case in listed(tuple(targets or (OWN,))):
        typer.echo(f"{case.name:60} {case.file}:{case.line}")


def _names(text: str) -> tuple[str, ...]:
    """`torch,jax` as names that the table knows, each once."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        message = (
            f"Expected backends such as torch,jax, received {text!r}. "
            "Name one or leave the option out."
        )
        raise UnknownBackendError(message)
    return tuple(dict.fromkeys(backends.find(name).name for name in names))


def _request(
    names: tuple[str, ...],
    out: Path,
    targets: list[str] | None,
    checks: str,
    time_limit: float,
    device: str,
    twins: int,
    *,
    overwrite: bool,
) -> Request:
    from multibackend.parity.checks.table import names as check_names
    from multibackend.parity.run.config import read_config
    from multibackend.parity.run.run import Request
    from multibackend.parity.run.settings import Settings, as_device

    wanted = tuple(name.strip() for name in checks.split(",") if name.strip())
    settings = Settings(
        device=as_device(device),
        time_limit=time_limit,
        checks=check_names(wanted) if wanted else (),
        twins=twins,
    )
    return Request(
        backends=names,
        out=out,
        targets=tuple(targets or ()),
        settings=settings,
        config=read_config(Path.cwd()),
        overwrite=overwrite,
    )


def _run(request: Request) -> Run:
    from multibackend.parity.report.progress import Progress
    from multibackend.parity.run.run import run as run_all

    with Progress() as progress:
        return run_all(request, progress)


def _catalogue(option: Path | None, *, update: bool) -> tuple[Path, Catalogue]:
    """The user's known differences, read before a run: a mistake costs no minutes."""
    from multibackend.parity.compare.catalogue import read_catalogue
    from multibackend.parity.run.config import find_catalogue

    place, told = (option, True) if option else find_catalogue(Path.cwd())
    if update:
        from multibackend.parity.compare.catalogue_write import refuse_shipped

        refuse_shipped(place)
    return place, read_catalogue(place, new=update or not told)


def _whole(request: Request) -> tuple[str, ...]:
    """The modules and packages of which every case is run."""
    from multibackend.parity.cases.select import OWN, parse

    targets = map(parse, request.targets or (OWN,))
    return tuple(target.module for target in targets if target.name is None)


def _compare(
    folders: list[Path],
    required: tuple[str, ...] = (),
    *,
    catalogue: Catalogue,
    whole: tuple[str, ...] | None,
) -> Judgement:
    from multibackend.parity.compare.compare import compare as compare_all
    from multibackend.parity.compare.compare import load_records

    return compare_all(
        load_records(folders), required=required, catalogue=catalogue, whole=whole
    )


def _show(
    judgement: Judgement,
    outputs: list[Outputs],
    *,
    verbose: bool,
    update: tuple[Path, Catalogue] | None = None,
) -> None:
    """Writes what was asked for, prints the verdicts, and leaves with their code."""
    from rich.console import Console

    from multibackend.parity.report.exit import exit_code
    from multibackend.parity.report.terminal import print_judgement

    written = [path for output in outputs for path in output.write(judgement)]
    print_judgement(judgement, Console(), verbose=verbose)
    for path in written:
        typer.echo(f"Wrote {path}")
    if update is not None:
        typer.echo(_updated(judgement, *update))
    raise typer.Exit(exit_code(judgement))


def _updated(judgement: Judgement, place: Path, known: Catalogue) -> str:
    """Proposes entries in the user's catalogue and says which."""
    from multibackend.parity.compare.catalogue import read_catalogue
    from multibackend.parity.compare.catalogue_update import update
    from multibackend.parity.report.wording import rerun

    taken = [e.id for e in (*read_catalogue().entries, *known.entries)]
    return update(place, judgement, taken=taken, rerun=rerun)


def main() -> None:
    """Runs the command line; a fault of the user's is one sentence, never a traceback."""
    from multibackend.parity.run.interrupt import Interrupted

    for ending in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        _ = signal.signal(ending, signal.default_int_handler)
    try:
        app(prog_name="multibackend")
    except MultibackendError as error:
        typer.echo(f"multibackend: {error}", err=True)
        sys.exit(error.exit_code)
    except Interrupted as stop:
        typer.echo(str(stop), err=True)
        sys.exit(130)
    except KeyboardInterrupt:
        typer.echo("multibackend: interrupted; what was recorded stays", err=True)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("MULTIBACKEND_TRACEBACK"):
            raise
        message = (
            f"multibackend {__version__} failed: {type(error).__name__}: {error}. This is "
            "a fault of multibackend: please report it with the output of the same "
            "command under MULTIBACKEND_TRACEBACK=1."
        )
        typer.echo(message, err=True)
        sys.exit(4)
