"""What the end-to-end tests share: the real command line, and its verdicts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# What a developer's shell may hold and a test must not depend on.
_FOREIGN = ("KERAS_", "MULTIBACKEND_", "PYTEST_", "COV_")


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything that it printed."""
        return self.out + self.err


class Verdicts:
    """A `verdicts.json`, and its verdicts by the case's short name and the check."""

    def __init__(self, file: Path) -> None:
        self.document: dict[str, Any] = json.loads(file.read_text("utf-8"))
        self.all: list[dict[str, Any]] = self.document["verdicts"]

    def __call__(self, case: str, check: str) -> dict[str, Any]:
        """The one verdict on this check of this case."""
        found = [
            verdict
            for verdict in self.all
            if verdict["case"].rpartition(":")[2] == case and verdict["check"] == check
        ]
        assert len(found) == 1, f"{len(found)} verdicts on {check} of {case}"
        return found[0]

    def words(self, case: str) -> dict[str, str]:
        """The word of each check of this case."""
        return {
            verdict["check"]: verdict["verdict"]
            for verdict in self.all
            if verdict["case"].rpartition(":")[2] == case
        }

    def summary(self) -> list[tuple[Any, ...]]:
        """What two judgements of the same records must have in common."""
        return [
            (v["case"], v["check"], v["verdict"], v["kind"], sorted(v["blame"]))
            for v in self.all
        ]


@pytest.fixture(scope="session")
def read_verdicts() -> Callable[[Path], Verdicts]:
    """Reads a `verdicts.json`."""
    return Verdicts


@pytest.fixture(scope="session")
def surroundings() -> Callable[..., dict[str, str]]:
    """The environment of a user who set nothing but what is given."""

    def made(given: Mapping[str, str] | None = None) -> dict[str, str]:
        own = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        return own | dict(given or {})

    return made


@pytest.fixture(scope="session")
def python(surroundings) -> Callable[..., Done]:
    """Runs this interpreter in a folder and returns what it said."""

    def run(
        *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
    ) -> Done:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            env=surroundings(env),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def multibackend(python) -> Callable[..., Done]:
    """Runs the real command `multibackend` in a folder and returns what it said."""

    def run(
        *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
    ) -> Done:
        return python("-m", "multibackend", *arguments, cwd=cwd, env=env)

    return run
