"""`conform`: Keras' own public API, measured."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multibackend.backends import BACKENDS, TRAINABLE, installed
from multibackend.cli.options import (
    Checks,
    DeviceOption,
    Github,
    Junit,
    Overwrite,
    Resume,
    TimeLimit,
    Twins,
    Verbose,
)
from multibackend.cli.request import backend_names, make_request
from multibackend.cli.show import present
from multibackend.errors import UnknownBackendError
from multibackend.parity.run.settings import TWINS

if TYPE_CHECKING:
    from multibackend.conformance.board import Board
    from multibackend.conformance.job import Measured
    from multibackend.conformance.sample import Sample

__all__ = ["conform"]

_OUT = Path("multibackend-conformance")


def conform(
    *,
    backends: Annotated[
        str,
        typer.Option(help="The backends to measure; the trainable ones by default."),
    ] = "",
    backend: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=(
                "Measure this backend beside the installed trainable ones; only what it "
                "does counts for the exit code."
            ),
        ),
    ] = "",
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
    exclude: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What --backend need not pass yet: TOML with reasons and expiry dates.",
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help=(
                "An earlier scoreboard.json: show what changed, and leave with 1 only "
                "for what got worse. May be given again; the first one decides."
            ),
        ),
    ] = None,
    merge: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Run nothing: make one scoreboard of these; may be given again.",
        ),
    ] = None,
    keras_version: Annotated[
        str,
        typer.Option(
            metavar="VERSION",
            help="Another Keras, in the environment conform-kerasVERSION of tox.",
        ),
    ] = "",
    list_samples: Annotated[
        bool, typer.Option("--list", help="Show tables and samples; run nothing.")
    ] = False,
    counts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A Markdown file, such as README.md, to write coverage and counts into.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for the records and the scoreboard.")
    ] = _OUT,
    overwrite: Overwrite = False,
    resume: Resume = False,
    checks: Checks = "",
    time_limit: TimeLimit = 120.0,
    device: DeviceOption = "auto",
    twins: Twins = TWINS,
    junit: Junit = None,
    github: Github = None,
    verbose: Verbose = False,
) -> None:
    """Measure Keras' own public API on every backend, and make the scoreboard.

    The folder keeps the records, verdicts.json, report.html, scoreboard.json and
    index.html. The default folder is replaced on each run; one named with --out only
    with --overwrite. An interrupted run goes on with the same command and --resume. A
    run of a part is laid over the scoreboard that is there.
    """
    from multibackend.conformance.board import read_board
    from multibackend.conformance.choose import only as chosen
    from multibackend.conformance.choose import shard as part
    from multibackend.conformance.merge import merge as merged
    from multibackend.conformance.tables import every

    earlier = [read_board(file) for file in against or ()]
    if merge:
        whole = merged([read_board(file) for file in merge])
        raise typer.Exit(_finished(whole, out, earlier, counts, code=0))
    samples = part(chosen(every(), only), shard)
    if list_samples:
        _listed(samples)
        raise typer.Exit
    names = _names(backends, backend)
    if exclude is not None and not backend:
        message = (
            "Expected --backend beside --exclude, received none. Name the backend that "
            "is excused."
        )
        raise UnknownBackendError(message)
    partly = bool(only or shard)
    before = out / "scoreboard.json"
    base = [read_board(before)] if partly and before.is_file() else []
    found = _measured(
        samples,
        names,
        backend=backend,
        exclude=exclude,
        keras_version=keras_version,
        whole=not partly,
        out=out,
        checks=checks,
        time_limit=time_limit,
        device=device,
        twins=twins,
        overwrite=overwrite or (out == _OUT and not resume),
        resume=resume,
    )
    from multibackend.parity.report.outputs import Outputs
    from multibackend.parity.report.wording import open_verdicts

    kept = Outputs(json=out / "verdicts.json", html=out / "report.html")
    code = present(
        found.judgement, [kept, Outputs(junit=junit)], verbose=verbose, github=github
    )
    if backend and code == 1:
        opened = open_verdicts(found.judgement)
        code = int(any(backend in v.blame or not v.blame for v in opened))
    base = [board for board in base if board.keras == found.board.keras]
    board = merged([*base, found.board])
    raise typer.Exit(_finished(board, out, earlier, counts, code=code, partly=partly))


def _names(backends: str, backend: str) -> tuple[str, ...]:
    if backends:
        given = backend_names(backends, elsewhere=True)
    elif backend:
        given = tuple(name for name in TRAINABLE if installed(BACKENDS[name]))
    else:
        given = TRAINABLE
    own = backend_names(backend, elsewhere=True) if backend else ()
    return tuple(dict.fromkeys((*given, *own)))


def _measured(
    samples: list[Sample],
    names: tuple[str, ...],
    *,
    backend: str,
    exclude: Path | None,
    keras_version: str,
    whole: bool,
    out: Path,
    checks: str,
    time_limit: float,
    device: str,
    twins: int,
    overwrite: bool,
    resume: bool,
) -> Measured:
    from dataclasses import replace

    from multibackend.conformance.exclude import read_exclusions
    from multibackend.conformance.job import measure, targets
    from multibackend.conformance.versions import with_keras
    from multibackend.parity.report.progress import Progress

    request = make_request(
        names,
        out,
        targets(samples, whole=whole),
        checks,
        time_limit,
        device,
        twins,
        overwrite=overwrite,
        resume=resume,
    )
    if keras_version:
        config = with_keras(request.config, names, keras_version)
        request = replace(request, config=config)
    today = dt.datetime.now(dt.UTC).date()
    excused = read_exclusions(exclude, backend, today) if exclude else None
    with Progress() as progress:
        return measure(
            request,
            progress,
            samples,
            whole=whole,
            date=today.isoformat(),
            exclusions=excused,
        )


def _listed(samples: list[Sample]) -> None:
    table = ""
    for sample in samples:
        if sample.table != table:
            table = sample.table
            typer.echo(table)
        typer.echo(f"  {sample.name}")
    typer.echo(f"{len(samples)} samples")


def _finished(
    board: Board,
    out: Path,
    earlier: list[Board],
    counts: Path | None,
    *,
    code: int,
    partly: bool = False,
) -> int:
    """Writes the scoreboard, says what it holds, and returns the exit code."""
    from multibackend.conformance.board import write_board
    from multibackend.conformance.change import changes, regressions
    from multibackend.conformance.site import write_site
    from multibackend.conformance.summary import write_summary
    from multibackend.conformance.told import change_lines, coverage_lines, time_lines

    for line in (*time_lines(board), *coverage_lines(board, partly=partly)):
        typer.echo(line)
    for before in earlier:
        for line in change_lines(changes(before, board), before, board):
            typer.echo(line)
    write_board(board, out / "scoreboard.json")
    write_site(board, earlier, out / "index.html")
    typer.echo(f"Wrote {out / 'scoreboard.json'}")
    typer.echo(f"Wrote {out / 'index.html'}")
    if counts is not None:
        write_summary(board, counts)
        typer.echo(f"Wrote the counts into {counts}")
    return int(bool(regressions(earlier[0], board))) if earlier else code
