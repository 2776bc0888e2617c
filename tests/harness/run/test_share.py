"""The cases of one backend: each once, by one child or by two."""

from __future__ import annotations

import threading
import time

import pytest

from multibackend.errors import EnvironmentUnfitError, OutputError
from multibackend.parity.run import share
from multibackend.parity.run.messages import Asked, Planned
from multibackend.parity.run.share import Share
from multibackend.parity.run.turns import Turns

CASES = [Planned(f"m:{n}", "m.py", 3) for n in range(120)]
#: Says which process ran a case, by what it left.
ANSWER = (
    "ready()\n"
    "while asked := hear():\n    time.sleep(0.01)\n"
    "    say('done', case=asked['case'], seconds=0.1, left=[str(os.getpid())])"
)


@pytest.fixture(autouse=True)
def any_rest_is_worth_it(monkeypatch) -> None:
    monkeypatch.setattr(share, "_WORTH", 0.0)
    monkeypatch.setattr(share, "_ROOM", 0.0)


class Ran:
    """What was run, by whom."""

    def __init__(self) -> None:
        self.cases: list[str] = []
        self.children: set[str] = set()

    def __call__(self, worker, case) -> None:
        assert worker.run(case) is None
        self.cases.append(case.name)
        self.children.update(worker.left)


def sharing(bench, turns, *, may_split=True, run=None, lines=ANSWER):
    made = bench(lines)
    made.worker.start()
    ran = run or Ran()
    return Share(made.worker, CASES, turns, ran, may_split=may_split), ran, made


def test_beside_an_idle_core_two_children_run_each_case_once(bench) -> None:
    one, ran, made = sharing(bench, Turns(["jax"], 2))
    one.work()

    assert sorted(ran.cases) == sorted(case.name for case in CASES)
    assert len(ran.children) == 2
    # The first one stays, for what is asked afterwards.
    assert made.worker.ask(Asked("m:0"), check="build") is None


@pytest.mark.parametrize(
    ("names", "at_once", "may_split"),
    [
        pytest.param(["jax"], 1, True, id="one core"),
        pytest.param(["jax", "torch"], 2, True, id="another backend is not done"),
        pytest.param(["jax"], 2, False, id="not allowed"),
    ],
)
def test_else_one_child_runs_them_in_order(bench, names, at_once, may_split) -> None:
    turns = Turns(names, at_once)
    one, ran, _ = sharing(bench, turns, may_split=may_split)
    one.work()

    assert ran.cases == [case.name for case in CASES]
    assert len(ran.children) == 1


def test_a_rest_that_is_soon_done_is_left_to_the_first(bench, monkeypatch) -> None:
    monkeypatch.setattr(share, "_WORTH", 60.0)
    one, ran, _ = sharing(bench, Turns(["jax"], 2))
    one.work()

    assert len(ran.children) == 1


def test_beside_a_full_memory_there_is_one(bench, monkeypatch) -> None:
    monkeypatch.setattr(share, "memory_left", lambda: 0.39)
    monkeypatch.setattr(share, "_ROOM", 0.4)
    one, ran, _ = sharing(bench, Turns(["jax"], 2))
    one.work()

    assert len(ran.children) == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("MemTotal: 100 kB\nMemAvailable: 25 kB\n", 0.25, id="a quarter"),
        pytest.param("MemTotal: 100 kB\n", 1.0, id="not told"),
        pytest.param("MemTotal: much\n", 1.0, id="no number"),
        pytest.param(None, 1.0, id="no such file"),
    ],
)
def test_the_memory_that_is_left(tmp_path, monkeypatch, text, left) -> None:
    file = tmp_path / "meminfo"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(share, "_MEMORY", file)

    assert share.memory_left() == left


def test_the_second_starts_when_the_last_of_the_others_leaves(bench) -> None:
    turns = Turns(["jax", "torch"], 2)
    one, ran, _ = sharing(bench, turns)
    threading.Timer(0.2, turns.leave, ("torch",)).start()
    one.work()

    assert sorted(ran.cases) == sorted(case.name for case in CASES)
    assert len(ran.children) == 2


def test_a_second_that_does_not_start_costs_nothing(bench, tmp_path) -> None:
    lines = (
        f"first = {str(tmp_path / 'first')!r}\n"
        "if os.path.exists(first): sys.exit(3)\n"
        "open(first, 'w').close()\n"
    )
    one, ran, _ = sharing(bench, Turns(["jax"], 2), lines=lines + ANSWER)
    one.work()

    assert ran.cases == [case.name for case in CASES]


@pytest.mark.parametrize("second", [False, True])
def test_what_ends_one_of_them_ends_the_run(bench, second) -> None:
    made = []

    def run(worker, case) -> None:
        made.append(worker)
        assert worker.run(case) is None
        if (worker is not made[0]) == second:
            message = "the disk is full"
            raise OutputError(message)

    one, _, _ = sharing(bench, Turns(["jax"], 2), run=run)
    with pytest.raises(OutputError, match="the disk is full"):
        one.work()
    assert len(made) < len(CASES)


def test_halted_it_takes_no_further_case_and_no_child_stays(bench) -> None:
    slow = ANSWER.replace("0.01", "0.2")
    one, ran, made = sharing(bench, Turns(["jax"], 2), lines=slow)
    thread = threading.Thread(target=one.work)
    thread.start()
    deadline = time.monotonic() + 20
    while len(ran.children) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    one.halt()
    made.worker.halt()
    thread.join(timeout=10)

    assert not thread.is_alive()
    assert len(ran.cases) < len(CASES)


def test_a_first_child_that_cannot_be_replaced_is_told(bench) -> None:
    def run(worker, case) -> None:
        message = "no interpreter"
        raise EnvironmentUnfitError(message)

    one, _, _ = sharing(bench, Turns(["jax"], 2), run=run)
    with pytest.raises(EnvironmentUnfitError, match="no interpreter"):
        one.work()
