"""What the end-to-end tests share: the real command line, and its verdicts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# What a developer's shell may hold and a test must not depend on.
_FOREIGN = ("KERAS_", "MULTIBACKEND_", "PYTEST_", "COV_")


# A shell starts what runs in its background with SIGINT ignored, and a child inherits
# that: here it is heeded, wherever these tests are started from. A limit on files is
# what a full disk is to whoever writes.
_HEEDING = """
import resource, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
if limit := int(sys.argv.pop(1)):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from multibackend.cli import main
main()
"""


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


@pytest.fixture(scope="session")
def heeding() -> Callable[..., tuple[str, ...]]:
    """The arguments of an interpreter that heeds SIGINT and is the command line."""

    def arguments(file_limit: int = 0) -> tuple[str, ...]:
        return ("-c", _HEEDING, str(file_limit))

    return arguments


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Waits for a condition, while a process runs if one is given."""

    def wait(
        condition: Callable[[], Any], process: subprocess.Popen[Any] | None = None
    ) -> None:
        for _ in range(1800):
            if condition():
                return
            assert process is None or process.poll() is None, "it ended too early"
            time.sleep(0.1)
        pytest.fail("the run did not get as far as it should")

    return wait
