"""Children that stay warm: taken by one run at a time, and never when out of date."""

from __future__ import annotations

import json
import os
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from multibackend.parity.run.config import Config, Interpreter
from multibackend.parity.run.pool import Pool
from multibackend.parity.run.request import Request
from multibackend.parity.run.settings import Settings
from multibackend.parity.run.team import team

CHILD = """
with open(NOTES, "a") as file:
    print(json.dumps(os.getpid()), file=file)
while True:
    if order["type"] == "order":
        ready()
    else:
        say("done", case=order["case"], seconds=0.1)
    order = hear()
"""


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool()
    yield made
    made.close()


@pytest.fixture
def request_of(tmp_path: Path, interpreter: Callable[[str], str]) -> Request:
    python = interpreter(f"NOTES = {str(tmp_path / 'notes')!r}\n{CHILD}")
    (tmp_path / "m.py").touch()
    return Request(
        backends=("jax",),
        out=tmp_path / "out",
        targets=(str(tmp_path / "m.py"),),
        settings=Settings(time_limit=20.0, start_limit=60.0),
        config=Config({"jax": Interpreter(python)}),
        overwrite=True,
    )


@pytest.fixture
def started(tmp_path: Path) -> Callable[[], list[int]]:
    """The numbers of all children that were started."""

    def read() -> list[int]:
        return [json.loads(x) for x in (tmp_path / "notes").read_text().splitlines()]

    return read


def run(request: Request, notes, pool: Pool) -> None:
    with team(request, notes, pool=pool) as members:
        members.record()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_next_run_takes_the_child_and_closing_ends_it(
    request_of: Request, notes, pool: Pool, started
) -> None:
    run(request_of, notes, pool)
    run(request_of, notes, pool)

    (pid,) = started()
    assert alive(pid)
    pool.close()
    assert not alive(pid)


def test_a_child_that_was_started_otherwise_is_not_taken(
    request_of: Request, notes, pool: Pool, started
) -> None:
    run(request_of, notes, pool)
    run(replace(request_of, settings=Settings(threads=2)), notes, pool)

    assert len(started()) == 2


def test_a_child_that_has_died_meanwhile_is_not_taken(
    request_of: Request, notes, pool: Pool, started
) -> None:
    run(request_of, notes, pool)
    os.killpg(started()[0], 9)
    _ = os.waitid(os.P_PID, started()[0], os.WEXITED | os.WNOWAIT)
    run(request_of, notes, pool)

    assert len(started()) == 2


def test_an_edited_module_costs_the_child(
    request_of: Request, notes, pool: Pool, started, tmp_path, monkeypatch
) -> None:
    """It would go on with the module as it was."""
    mine = types.ModuleType("mine")
    mine.__file__ = str(tmp_path / "mine.py")
    monkeypatch.setitem(sys.modules, "mine", mine)
    file = tmp_path / "mine.py"
    file.touch()
    os.utime(file, (1, 1))
    run(request_of, notes, pool)
    run(request_of, notes, pool)
    assert len(started()) == 1

    later = file.stat().st_atime + 10**10
    os.utime(file, (later, later))
    run(request_of, notes, pool)

    first, second = started()
    assert not alive(first)
    assert alive(second)


def test_a_run_that_fails_leaves_no_child(
    request_of: Request, notes, pool: Pool, started
) -> None:
    def fails() -> None:
        with team(request_of, notes, pool=pool) as members:
            members.record()
            message = "a fault of ours"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="a fault of ours"):
        fails()

    assert not alive(started()[0])


def test_a_backend_is_excused_with_the_reason_in_its_record(
    request_of: Request, notes, pool: Pool, tmp_path: Path
) -> None:
    run(replace(request_of, excused={"jax": {"m:b": "it does not"}}), notes, pool)

    (file,) = (tmp_path / "out/jax/cases").glob("*.json")
    written = json.loads(file.read_text())
    told = [written[name] for name in ("case", "check", "status", "detail")]
    assert told == ["m:b", "build", "unsupported", "it does not"]
