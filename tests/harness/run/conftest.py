"""A child process that is a small script: it answers as a test wants it to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from multibackend.parity.record.observation import Observation
from multibackend.parity.run.config import Interpreter
from multibackend.parity.run.settings import Settings
from multibackend.parity.run.worker import Worker

#: What every script may use; the lines of a test stand behind it.
_HEAD = """\
import json, os, signal, sys, time
out = os.fdopen(os.dup(1), "w", buffering=1)
def say(_type, **fields):
    print(json.dumps({"type": _type} | fields), file=out)
def ready(backend="jax", dtype="float32"):
    cases = [{"name": f"m:{n}", "file": "m.py", "line": 3} for n in "abc"]
    about = {"backend": backend, "dtype": dtype}
    say("ready", environment=about, cases=cases, seconds=0.5)
def hear():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)
order = hear()
"""


@dataclass
class Notes:
    """A watcher that notes what it is told."""

    told: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    def started(self, backend: str) -> None:
        self.told.append(("started", backend))

    def ready(
        self, backend: str, environment: Mapping[str, Any], seconds: float
    ) -> None:
        self.told.append(("ready", backend))

    def total(self, backend: str, cases: int) -> None:
        self.told.append(("total", backend))

    def case_done(self, backend: str, name: str, seconds: float) -> None:
        self.told.append(("case_done", name))

    def restarted(self, backend: str, reason: str) -> None:
        self.told.append(("restarted", reason))

    def finished(self, backend: str) -> None:
        self.told.append(("finished", backend))


@dataclass
class Bench:
    """A worker on a fake child, and what both left."""

    worker: Worker
    notes: Notes
    added: list[Observation]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own cache of what was compiled is neither pruned nor waited for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no cache"))


@pytest.fixture
def notes() -> Notes:
    """A watcher that notes what it is told."""
    return Notes()


@pytest.fixture
def interpreter(tmp_path: Path) -> Callable[[str], str]:
    """Makes an executable that runs these lines instead of the child's module."""

    def of(lines: str) -> str:
        script = tmp_path / "fake.py"
        _ = script.write_text(_HEAD + lines)
        executable = tmp_path / "python"
        _ = executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}"\n')
        executable.chmod(0o755)
        return str(executable)

    return of


@pytest.fixture
def bench(
    interpreter: Callable[[str], str], tmp_path: Path
) -> Iterator[Callable[..., Bench]]:
    """Makes a worker for `jax` on a child that runs these lines."""
    made: list[Bench] = []

    def of(lines: str, *, env: dict[str, str] | None = None, **limits: float) -> Bench:
        notes, added = Notes(), list[Observation]()
        worker = Worker(
            backend="jax",
            targets=("m.py",),
            folder=str(tmp_path / "cases"),
            settings=Settings(**({"start_limit": 30.0, "time_limit": 30.0} | limits)),  # pyright: ignore[reportArgumentType]
            interpreter=Interpreter(interpreter(lines), env or {}),
            watcher=notes,
            add=added.append,
        )
        made.append(Bench(worker, notes, added))
        return made[-1]

    yield of
    for one in made:
        one.worker.halt()
