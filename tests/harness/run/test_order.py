"""The order of cases: as declared, or the same seeded one everywhere."""

from __future__ import annotations

from multibackend.parity.run.messages import Planned
from multibackend.parity.run.order import shuffled

CASES = tuple(Planned(f"m:{number}", "m.py", number) for number in range(20))


def test_without_a_seed_the_order_is_that_of_declaration() -> None:
    assert shuffled(CASES, None) == CASES


def test_a_seed_gives_one_order_and_another_seed_another() -> None:
    orders = {seed: shuffled(CASES, seed) for seed in (0, 1, 2)}

    assert len({CASES, *orders.values()}) == 4
    assert all(set(order) == set(CASES) for order in orders.values())
    assert shuffled(CASES[::-1], 1) == orders[1]


def test_two_cases_stand_in_the_same_order_whatever_others_there_are() -> None:
    """A backend that lacks some cases runs the rest as the others do."""
    some = CASES[::3]
    within = [case for case in shuffled(CASES, 7) if case in some]

    assert list(shuffled(some, 7)) == within
