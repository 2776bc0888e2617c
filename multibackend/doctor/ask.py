"""Asks every backend in a process of its own, all at once, with one limit for all.

A process that crashes, hangs or talks rubbish is a fact like another.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from multibackend.doctor.facts import Seen, Told, Trouble
from multibackend.doctor.surroundings import gpu_here, look
from multibackend.parity.run.config import Config, Interpreter

__all__ = ["ask"]

_MODULE = "multibackend.doctor.inside.child"

# How a library of Google's says why it stops the process.
_FATAL = re.compile(r"^F\d{4}.*?\] (.*)$", re.MULTILINE)


def ask(
    names: Sequence[str],
    config: Config,
    environment: Mapping[str, str],
    *,
    limit: float,
) -> tuple[Seen, ...]:
    """Looks at backends, each as the user's own processes would find it.

    Args:
        names: The backends.
        config: Which interpreter and variables a backend is given.
        environment: The user's variables.
        limit: The seconds that all of them together may take.
    """
    deadline = time.monotonic() + limit
    with (
        tempfile.TemporaryDirectory(
            prefix="multibackend-", ignore_cleanup_errors=True
        ) as folder,
        contextlib.ExitStack() as ending,
    ):
        started: list[_Started] = []
        for name in names:
            one = _start(
                name, config.interpreter(name), environment, Path(folder) / name
            )
            _ = ending.callback(_end, one.process)
            started.append(one)
        ends = [_wait(one.process, deadline) for one in started]
        gpu = gpu_here()
        return tuple(
            _seen(one, end, environment, limit=limit, gpu=gpu)
            for one, end in zip(started, ends, strict=True)
        )


@dataclass(frozen=True)
class _Started:
    """A process and the folder of its answers, or why it could not be started."""

    name: str
    interpreter: Interpreter
    folder: Path
    process: subprocess.Popen[bytes] | None
    refused: str = ""

    def wrote(self, file: str) -> bytes:
        return (self.folder / file).read_bytes()


def _start(
    name: str, interpreter: Interpreter, environment: Mapping[str, str], folder: Path
) -> _Started:
    """Starts a process whose Keras has an empty folder, and writes none of the user's."""
    home = folder / "keras"
    home.mkdir(parents=True)
    own = {"KERAS_BACKEND": name, "KERAS_HOME": str(home)}
    try:
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                [interpreter.python or sys.executable, "-m", _MODULE, name],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                # As for a child of the suite, what pyproject.toml says goes last.
                env={**environment, **own, **interpreter.env},
                start_new_session=True,
            )
    except OSError as error:
        return _Started(name, interpreter, folder, None, error.strerror or str(error))
    return _Started(name, interpreter, folder, process)


def _wait(process: subprocess.Popen[bytes] | None, deadline: float) -> int | None:
    """The exit code, or `None` where there is none by then."""
    if process is None:
        return None
    try:
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """Ends a process and all that it started."""
    if process is None:
        return
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    _ = process.wait()


def _seen(
    started: _Started,
    code: int | None,
    environment: Mapping[str, str],
    *,
    limit: float,
    gpu: bool,
) -> Seen:
    told, rubbish = _told(started.wrote("out"))
    installation = next((each.installation for each in told if each.installation), None)
    computation = next((each.computation for each in told if each.computation), None)
    raised = next((each.raised for each in told if each.raised), None)
    complete = computation or (installation and not installation.installed)
    trouble = None
    if started.process is None:
        trouble = Trouble("interpreter", started.refused)
    elif raised is not None:
        trouble = Trouble("raised", raised)
    elif not complete:
        trouble = _trouble(code, rubbish, _last_words(started.wrote("err")), limit)
    return Seen(
        backend=started.name,
        surroundings=look(environment, started.interpreter.env, gpu=gpu),
        interpreter=started.interpreter.python,
        installation=installation,
        computation=computation,
        trouble=trouble,
    )


def _told(out: bytes) -> tuple[list[Told], str]:
    """The facts, and the first line that is none."""
    told: list[Told] = []
    for line in out.splitlines():
        try:
            told.append(msgspec.json.decode(line, type=Told))
        except msgspec.DecodeError:
            return told, line[:200].decode("utf-8", "backslashreplace")
    return told, ""


def _trouble(code: int | None, rubbish: str, words: str, limit: float) -> Trouble:
    if rubbish:
        return Trouble("rubbish", rubbish, words)
    if code is None:
        return Trouble("overdue", f"{limit:g} s", words)
    if code < 0:
        return Trouble("ended", f"killed by {signal.Signals(-code).name}", words)
    return Trouble("ended", f"ended with exit code {code}", words)


def _last_words(data: bytes) -> str:
    """Why the process says that it stops, else the last lines that it wrote."""
    text = data.decode("utf-8", "replace")
    fatal = _FATAL.search(text)
    lines = [fatal[1]] if fatal else text.strip().splitlines()[-3:]
    return " / ".join(line.strip() for line in lines)[-600:]
