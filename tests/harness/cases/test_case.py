"""`@case`: what a declaration holds, and which ones are refused."""

from __future__ import annotations

import inspect
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from multibackend.errors import CaseError
from multibackend.parity.cases.case import (
    Arguments,
    Case,
    arguments,
    bad_inputs,
    case,
    declared_in,
)


def reference(x: Any) -> Any:
    return x


def test_a_bare_decorator_declares_a_case_under_the_functions_name() -> None:
    @case
    def doubled() -> int:
        return 2

    assert isinstance(doubled, Case)
    assert doubled.name == f"{__name__}:doubled"
    assert Path(doubled.file) == Path(__file__)
    assert doubled.line == inspect.getsourcelines(doubled.function)[1]
    assert (doubled.reference, doubled.checks, doubled.skip) == (None, (), {})
    assert doubled.training
    assert doubled() == 2


def test_a_decorator_with_options_keeps_them_all() -> None:
    @case(
        name="other",
        reference=reference,
        checks=["forward", "fit"],
        skip={"fit": "it is slow"},
        training=False,
    )
    def doubled() -> int:
        return 2

    assert doubled.name == f"{__name__}:other"
    assert doubled.reference is reference
    assert doubled.checks == ("forward", "fit")
    assert doubled.skip == {"fit": "it is slow"}
    assert not doubled.training


def test_an_empty_pair_of_parentheses_is_a_bare_decorator() -> None:
    @case()
    def doubled() -> int:
        return 2

    assert doubled.name == f"{__name__}:doubled"


def test_declaring_a_case_does_not_run_it() -> None:
    """It runs in a child process, under the chosen backend, and nowhere else."""

    @case
    def never() -> None:
        pytest.fail("a case ran where it was declared")

    assert never.name


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_skipped_check_needs_a_reason(reason: str) -> None:
    with pytest.raises(CaseError, match=r"check 'fit' of case 'doubled'.*Say why"):

        @case(skip={"forward": "it is slow", "fit": reason})
        def doubled() -> int:
            return 2


@pytest.mark.parametrize(
    "function",
    [lambda x: x, lambda *, x: x, lambda x, y=1: x],
    ids=["x", "x by name", "x beside a default"],
)
def test_a_function_that_wants_arguments_is_refused(function: Any) -> None:
    with pytest.raises(CaseError, match=r"to take no arguments.*Draw the inputs"):
        _ = case(function)


@pytest.mark.parametrize(
    "function",
    [lambda x=1: x, lambda *args, **kwargs: 1],
    ids=["a default", "whatever comes"],
)
def test_a_function_that_can_do_without_arguments_is_a_case(function: Any) -> None:
    assert case(function)() == 1


def test_a_callable_without_code_is_a_case_without_a_place() -> None:
    class Drawn:
        __name__ = "drawn"

        def __call__(self) -> int:
            return 3

    declared = case(Drawn())

    assert declared() == 3
    assert declared.name == f"{__name__}:drawn"
    assert (declared.file, declared.line) == ("", 0)


def test_a_case_cannot_be_changed() -> None:
    declared = case(lambda: 1)

    with pytest.raises(FrozenInstanceError):
        declared.name = "other"  # pyright: ignore[reportAttributeAccessIssue]


def test_what_the_caller_changes_later_does_not_reach_the_case() -> None:
    checks, skip = ["forward"], {"fit": "it is slow"}
    declared = case(name="own", checks=checks, skip=skip)(lambda: 1)
    checks.append("fit")
    skip.clear()

    assert declared.checks == ("forward",)
    assert declared.skip == {"fit": "it is slow"}


def test_a_module_keeps_all_its_declarations_in_order() -> None:
    """A second function of one name hides the first one in its module."""
    before = len(declared_in(__name__))

    def one() -> int:
        return 1

    first, second = case(one), case(one)

    assert declared_in(__name__)[before:] == (first, second)
    assert declared_in("no.such.module") == ()
    assert __name__ in sys.modules


def test_arguments_keep_what_a_call_takes() -> None:
    given = arguments(1, "b", mask=[True])

    assert given.args == (1, "b")
    assert given.kwargs == {"mask": [True]}


def refuse() -> None:
    raise ValueError


def test_bad_inputs_are_arguments_or_a_call_of_their_own() -> None:
    declared = case(
        bad={
            "one": 1,
            "none": None,
            "list": [1, 2],
            "tuple": (1, 2),
            "by name": arguments(1, mask=2),
            "call": refuse,
        }
    )(lambda: 1)

    assert bad_inputs(declared) == {
        "one": Arguments((1,), {}),
        "none": Arguments((None,), {}),
        "list": Arguments(([1, 2],), {}),
        "tuple": Arguments((1, 2), {}),
        "by name": Arguments((1,), {"mask": 2}),
        "call": refuse,
    }


def test_a_case_has_no_bad_inputs_by_default() -> None:
    assert bad_inputs(case(lambda: 1)) == {}


def test_a_function_of_bad_inputs_is_called_when_they_are_asked_for() -> None:
    """It may import Keras, and so must not run where the case is declared."""
    calls: list[int] = []

    def bad() -> dict[str, Any]:
        calls.append(1)
        return {"one": 1}

    declared = case(bad=bad)(lambda: 1)

    assert calls == []
    assert bad_inputs(declared) == {"one": Arguments((1,), {})}
    assert calls == [1]


@pytest.mark.parametrize(
    ("bad", "cure"),
    [
        ([1, 2], "to map names to inputs, received list"),
        ({"": 1}, "to have a name without a slash, received ''"),
        ({" ": 1}, "to have a name"),
        ({3: 1}, "received 3"),
        ({"a/b": 1}, "received 'a/b'"),
        ({"a": lambda x: x}, r"bad input 'a' of case 'm' to take no arguments"),
    ],
)
def test_bad_inputs_that_cannot_be_asked_are_refused_at_once(
    bad: Any, cure: str
) -> None:
    with pytest.raises(CaseError, match=cure):
        _ = case(name="m", bad=bad)(lambda: 1)


def test_a_function_of_bad_inputs_takes_no_arguments() -> None:
    def bad(x: Any) -> dict[str, Any]:
        return {"x": x}

    wrong: Any = bad
    with pytest.raises(CaseError, match="`bad` of case 'm' to take no arguments"):
        _ = case(name="m", bad=wrong)(lambda: 1)


def test_what_a_function_of_bad_inputs_returns_is_looked_at_too() -> None:
    wrong: Any = lambda: [1]  # noqa: E731
    declared = case(name="m", bad=wrong)(lambda: 1)

    with pytest.raises(CaseError, match="to map names to inputs, received list"):
        _ = bad_inputs(declared)
