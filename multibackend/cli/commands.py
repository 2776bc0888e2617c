"""The commands together, and how each of them ends."""

from __future__ import annotations

import os
import signal
import sys

import typer

from multibackend import __version__
from multibackend.cli.check import check
from multibackend.cli.compare import compare, report
from multibackend.cli.conform import conform
from multibackend.cli.doctor import doctor
from multibackend.cli.listing import list_
from multibackend.cli.run import run
from multibackend.cli.selftest import selftest
from multibackend.errors import MultibackendError

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

for command in (check, run, compare, report, selftest, doctor, conform):
    _ = app.command()(command)
_ = app.command("list")(list_)

_INTERRUPTED = "multibackend: interrupted; what was recorded stays"


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
        typer.echo(_INTERRUPTED, err=True)
        sys.exit(130)
    except SystemExit as stop:
        # Typer makes this of a Ctrl-C inside a command, and says nothing.
        if stop.code == 130:
            typer.echo(_INTERRUPTED, err=True)
        raise
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
