"""`check --watch`: again after each edit, in children that are warm."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

FACTOR = "def factor():\n    return {}\n"
MINE = """\
import keras
from helper import factor

from multibackend import case, normal


@case(reference=lambda x: 2 * x)
def doubled():
    return lambda x: x * factor(), normal(3)
"""
WAITING = "Waiting for an edit"


class Watched:
    """A running command whose output goes to a file."""

    def __init__(
        self, folder: Path, heeding: tuple[str, ...], env: dict[str, str]
    ) -> None:
        self._folder = folder
        self._log = folder / "log.txt"
        command = [sys.executable, *heeding, "check", "mine.py", "--watch"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--backends=torch", "--checks=forward"],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )

    def edit(self, name: str, text: str) -> None:
        _ = (self._folder / name).write_text(text, "utf-8")

    def until(self, told: str, times: int, limit: float = 120.0) -> str:
        """What it has said once it said this so many times."""
        end = time.monotonic() + limit
        while time.monotonic() < end and self.process.poll() is None:
            said = self._log.read_text("utf-8")
            if said.count(told) >= times:
                return said
            time.sleep(0.1)
        pytest.fail(self._log.read_text("utf-8"))


@pytest.fixture
def watched(tmp_path, surroundings, heeding):
    _ = (tmp_path / "helper.py").write_text(FACTOR.format(2), "utf-8")
    _ = (tmp_path / "mine.py").write_text(MINE, "utf-8")
    command = Watched(tmp_path, heeding(), surroundings({"PYTHONUNBUFFERED": "1"}))
    yield command
    command.process.kill()
    _ = command.process.wait()


def test_an_edit_is_checked_by_the_children_that_run_already(watched):
    first = watched.until(WAITING, 1)
    assert "agrees" in first

    # Not the file of the target itself: what it imports counts as well.
    watched.edit("helper.py", FACTOR.format(3))
    second = watched.until(WAITING, 2)[len(first) :]
    assert "does not agree" in second
    # Importing torch and Keras takes seconds, and nothing here takes half of that.
    cold, warm = (
        re.search(r"ready after ([\d.]+) s", said) for said in (first, second)
    )
    assert cold
    assert warm
    assert float(warm[1]) < float(cold[1]) / 2

    watched.edit("helper.py", "def factor(:\n")
    broken = watched.until("Expected Python in", 1)
    assert "helper.py:1" in broken
    watched.edit("helper.py", FACTOR.format(2))
    third = watched.until(WAITING, 3)
    assert third.rstrip().splitlines()[-1].startswith(WAITING)
    assert third.count("agrees") == 2

    watched.process.send_signal(signal.SIGINT)
    assert watched.process.wait(timeout=30) == 0
