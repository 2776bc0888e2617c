"""Whose turn it is to run a case, where there is a core too few."""

from __future__ import annotations

import threading
import time

import pytest

from multibackend.parity.run.turns import Turns


def never() -> bool:
    return False


def later(turns: Turns, name: str, done: int) -> threading.Event:
    """Takes a turn in a thread of its own; the event tells when it has it."""
    taken = threading.Event()

    def take() -> None:
        turns.take(name, done, never)
        taken.set()

    threading.Thread(target=take, daemon=True).start()
    return taken


def has_it(taken: threading.Event) -> bool:
    return taken.wait(5.0)


def waits_on(taken: threading.Event) -> bool:
    return not taken.wait(0.5)


def test_as_many_run_as_there_are_cores() -> None:
    turns = Turns((), 2)
    turns.take("torch", 0, never)
    turns.take("tensorflow", 0, never)

    third = later(turns, "jax", 0)
    assert waits_on(third)
    turns.leave("torch")
    assert has_it(third)


def test_the_last_one_keeps_its_turn_from_case_to_case() -> None:
    turns = Turns((), 1)
    turns.take("jax", 3, never)
    ahead = later(turns, "torch", 40)

    assert waits_on(ahead)
    turns.take("jax", 4, never)
    assert waits_on(ahead)


def test_who_is_ahead_hands_its_turn_to_who_is_behind() -> None:
    turns = Turns((), 1)
    turns.take("torch", 40, never)
    behind = later(turns, "jax", 3)
    assert waits_on(behind)

    again = later(turns, "torch", 41)
    assert has_it(behind)
    assert waits_on(again)
    turns.leave("jax")
    assert has_it(again)


def test_of_two_that_wait_the_one_behind_is_next() -> None:
    turns = Turns((), 1)
    turns.take("jax", 0, never)
    ahead, behind = later(turns, "torch", 9), later(turns, "tensorflow", 5)
    assert waits_on(ahead)
    assert waits_on(behind)

    turns.leave("jax")
    assert has_it(behind)
    assert waits_on(ahead)


def test_a_run_that_is_ended_waits_for_nobody() -> None:
    turns = Turns((), 1)
    turns.take("jax", 0, never)
    start = time.monotonic()
    turns.take("torch", 5, lambda: True)

    assert time.monotonic() - start < 5.0


def test_to_leave_twice_frees_one_place() -> None:
    turns = Turns((), 1)
    turns.take("jax", 0, never)
    turns.leave("jax")
    turns.leave("jax")
    turns.take("torch", 0, never)

    assert waits_on(later(turns, "tensorflow", 0))


@pytest.mark.parametrize("many", [1, 3])
def test_no_more_than_these_ever_run_at_once(many) -> None:
    turns = Turns((), many)
    running, most, lock = set[str](), [0], threading.Lock()

    def run(name: str) -> None:
        for done in range(20):
            turns.take(name, done, never)
            with lock:
                running.add(name)
                most[0] = max(most[0], len(running))
            time.sleep(0.001)
            with lock:
                running.discard(name)
        turns.leave(name)

    threads = [threading.Thread(target=run, args=(f"b{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert not any(thread.is_alive() for thread in threads)
    assert most[0] == many


def test_one_more_joins_where_fewer_are_left_than_may_run() -> None:
    turns = Turns(["torch", "jax", "tensorflow"], 2)
    turns.leave("torch")
    assert not turns.join("jax, the second")

    turns.leave("tensorflow")
    assert turns.join("jax, the second")
    assert not turns.join("jax, the third")
