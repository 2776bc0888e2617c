"""Notes on what cases left changed: once each, and true of what it was."""

from __future__ import annotations

from typing import Any

import pytest

FOLDER = "the working folder"
VARIABLE = "the variable MINE"


@pytest.mark.parametrize(
    ("changed", "notes"),
    [
        (
            [VARIABLE],
            [
                "changed the variable MINE on torch; it was put back before the next case"
            ],
        ),
        (
            [FOLDER, VARIABLE],
            [
                "changed the working folder, the variable MINE on torch; all of it was "
                "put back before the next case"
            ],
        ),
        (
            ["a running thread"],
            ["left a running thread on torch; it runs on beside the next cases"],
        ),
        (
            ["2 running threads"],
            ["left 2 running threads on torch; they run on beside the next cases"],
        ),
        (
            [FOLDER, "a running thread"],
            [
                "changed the working folder on torch; it was put back before the next "
                "case",
                "left a running thread on torch; it runs on beside the next cases",
            ],
        ),
    ],
    ids=["one", "two", "a thread", "threads", "both"],
)
def test_a_note_says_what_became_of_it(
    changed: list[str], notes: list[str], recorded: Any, compared: Any, built: Any
) -> None:
    record = recorded("torch", [built()], left={"m:a": tuple(changed)})

    assert list(compared(record).notes) == [f"m:a {note}" for note in notes]


def test_cases_that_changed_the_same_share_a_note(
    recorded: Any, compared: Any, built: Any
) -> None:
    many = {f"m:{name}": (VARIABLE,) for name in "abcde"}
    torch = recorded("torch", [built()], left={**many, "m:f": (FOLDER,)})
    jax = recorded("jax", [built()], left={"m:e": (VARIABLE,), "m:f": (FOLDER,)})

    put_back = "it was put back before the next case"
    assert list(compared(torch, jax).notes) == [
        f"m:a, m:b, m:c and 1 more changed {VARIABLE} on torch; {put_back}",
        f"m:e changed {VARIABLE} on torch, jax; {put_back}",
        f"m:f changed {FOLDER} on torch, jax; {put_back}",
    ]
