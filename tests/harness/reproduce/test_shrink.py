"""Smaller while the difference stays: with a made-up judge of what differs."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from multibackend.parity.reproduce.outcome import gap
from multibackend.parity.reproduce.shrink import Shown, clear, holds, shrunk


def value(error: float) -> dict[str, Any]:
    return gap("value", "output", "1.0", "2.0", error)


def forever() -> float:
    return 1.0


def test_all_goes_that_the_difference_does_not_need(draft) -> None:
    found = shrunk(Shown(draft, value(0.1)), lambda _: value(0.1), forever).draft

    assert found.plan.made == ["call", ["keras.layers.Dense", {}]]
    assert found.arrays["0"].shape == (1, 1)
    assert found.arrays["0"].item() in (0.0, 1.0)
    assert list(found.arrays) == ["0"]


def test_what_the_difference_needs_stays(draft) -> None:
    def oracle(other: Any) -> Any:
        kept = other.arrays["0"]
        units = other.plan.made[1][1].get("units", ["value", 0])[1]
        return value(0.1) if kept.shape[1] >= 3 and units >= 2 else None

    found = shrunk(Shown(draft, value(0.1)), oracle, forever).draft

    assert found.arrays["0"].shape == (1, 3)
    assert found.plan.made[1][1] == {"units": ["value", 2]}
    assert oracle(found) is not None


def test_nothing_is_asked_when_time_is_up(draft) -> None:
    asked = count()

    def oracle(_: Any) -> Any:
        _ = next(asked)
        return value(0.1)

    left = iter([1.0, 1.0] + [0.0] * 100)
    _ = shrunk(Shown(draft, value(0.1)), oracle, lambda: next(left))

    assert next(asked) == 2


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        (value(0.1), value(0.05), True),
        (value(0.1), value(0.04), False),
        (value(0.1), value(3.0), True),
        (value(1e-6), value(1e-6), False),
        (value(0.1), None, False),
        (value(0.1), gap("shape", "output", "[1]", "[2]"), False),
        (gap("shape", "o", "[4]", "[5]"), gap("shape", "o", "[1]", "[2]"), True),
        (gap("dtype", "o", "a", "b"), gap("dtype", "o", "a", "b"), True),
        (gap("dtype", "o", "a", "b"), gap("dtype", "o", "a", "c"), False),
        (
            gap("error", "", "ValueError: x", "no error"),
            gap("error", "", "ValueError: y", "no error"),
            True,
        ),
        (
            gap("error", "", "ValueError: x", "no error"),
            gap("error", "", "TypeError: x", "no error"),
            False,
        ),
        (
            gap("error", "", "ValueError: x", "no error"),
            gap("error", "", "ValueError: x", "KeyError: x"),
            False,
        ),
    ],
)
def test_the_same_difference_is_kept_and_no_other(draft, first, then, kept) -> None:
    assert holds(first, then, draft) is kept


def test_what_is_clear_depends_on_the_dtype(draft) -> None:
    assert not clear(draft, value(1e-6))
    assert clear(draft.but(wide=True), value(1e-6))
    assert not clear(draft.but(check="dtype", output="mixed_float16/0"), value(1e-3))
