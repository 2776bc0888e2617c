"""Cases judged in several processes: the same verdicts, in the same order."""

from __future__ import annotations

import operator
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

import pytest

from multibackend.parity.compare import spread as module
from multibackend.parity.compare.spread import spread

CASES = [f"m:{n}" for n in range(130)]
#: Judges a case by looking it up, in any process.
LOOKED_UP: Any = partial(operator.getitem, {case: [case, "agree"] for case in CASES})
EXPECTED = [[case, "agree"] for case in CASES]


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch) -> None:
    monkeypatch.setattr(module, "_MANY", 100)


@pytest.mark.parametrize("processes", [1, 2])
def test_every_case_is_judged_once_and_in_order(processes) -> None:
    assert list(spread(LOOKED_UP, CASES, processes)) == EXPECTED


def test_few_cases_are_judged_here(monkeypatch) -> None:
    monkeypatch.setattr(module, "_in_processes", None)
    monkeypatch.setattr(module, "_MANY", 1000)

    assert list(spread(LOOKED_UP, CASES, 2)) == EXPECTED


def test_what_is_raised_in_a_process_is_raised_here() -> None:
    with pytest.raises(KeyError, match="m:130"):
        _ = list(spread(LOOKED_UP, [*CASES, "m:130"], 2))


def test_where_a_process_is_killed_the_rest_is_judged_here(monkeypatch) -> None:
    def killed(judged, cases, processes):
        yield from map(judged, cases[:7])
        raise BrokenProcessPool

    monkeypatch.setattr(module, "_in_processes", killed)

    assert list(spread(LOOKED_UP, CASES, 2)) == EXPECTED
