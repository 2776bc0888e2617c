"""The table of checks and the files beside it say the same."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from multibackend.errors import CaseError
from multibackend.parity.checks import table
from multibackend.parity.checks.table import (
    CHECKS,
    asked,
    names,
    pair,
    sender,
    sentences,
)

ROOM = Path(table.__file__).parent

#: Files of the room that are no check.
HELPERS = {
    "adapted",
    "answer",
    "custom",
    "draws",
    "framework",
    "given",
    "gradient",
    "marks",
    "narrow",
    "neighbours",
    "numbers",
    "pure",
    "reached",
    "recurrent",
    "seeds",
    "shapes",
    "subject",
    "sublayers",
    "table",
}


def test_every_file_of_the_room_is_a_check_of_the_table_or_a_helper() -> None:
    """A check that nobody lists is never asked."""
    files = {file.stem for file in ROOM.glob("*.py")}
    own = {name for name in files if not name.startswith("_")}

    assert own - HELPERS == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_says_in_its_docstring_what_it_asks_and_what_a_difference_means(
    name: str,
) -> None:
    text = ast.get_docstring(ast.parse((ROOM / f"{name}.py").read_text("utf-8")))

    assert text is not None
    assert text.startswith(f"`{name}`: ")
    assert "A difference" in text
    assert text.endswith(".")


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_says_what_it_applies_to_and_observes(name: str) -> None:
    tree = ast.parse((ROOM / f"{name}.py").read_text("utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    assert "observe" in functions
    assert "KINDS" in assigned


def test_every_check_has_a_sentence_for_the_list() -> None:
    told = sentences()

    assert tuple(told) == CHECKS
    assert all(len(sentence) > 20 for sentence in told.values())
    assert len(set(told.values())) == len(CHECKS)


def test_no_wish_is_every_check() -> None:
    assert names(()) == CHECKS


def test_wanted_checks_come_once_in_the_order_of_the_table() -> None:
    assert names(["fit", "forward", "fit"]) == ("forward", "fit")


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        ("foward", "Did you mean 'forward'"),
        ("grad_weight", "Did you mean 'grad_weights'"),
        ("build", "Choose one of these"),
        ("", "Choose one of these"),
    ],
)
def test_an_unknown_check_is_refused_with_the_nearest_name(
    wrong: str, cure: str
) -> None:
    """A misspelt check that is left out would make an empty comparison."""
    with pytest.raises(CaseError, match=cure):
        _ = names(["forward", wrong])


def test_a_check_that_starts_from_another_backend_names_both() -> None:
    """The command that asks again knows `save` alone."""
    name = pair("save", "torch")

    assert name == "save from torch"
    assert (asked(name), sender(name)) == ("save", "torch")


@pytest.mark.parametrize("name", CHECKS)
def test_any_other_check_is_asked_under_its_own_name(name: str) -> None:
    assert (asked(name), sender(name)) == (name, "")
