"""Nested outputs taken apart: nothing lost, nothing that is no array."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest

from multibackend.parity.record.observation import flatten


class Pair(NamedTuple):
    left: int
    right: int


@pytest.mark.parametrize(
    ("nested", "structure", "names"),
    [
        (np.ones(2), "*", ["output"]),
        (1.5, "*", ["output"]),
        ("text", "*", ["output"]),
        ([1, 2], "[*, *]", ["0", "1"]),
        ((1, 2), "(*, *)", ["0", "1"]),
        ([1], "[*]", ["0"]),
        (Pair(1, 2), "(*, *)", ["0", "1"]),
        ({"b": 1, "a": [2, (3,)]}, "{a: [*, (*)], b: *}", ["a/0", "a/1/0", "b"]),
        (OrderedDict(b=1, a=2), "{a: *, b: *}", ["a", "b"]),
        ({1: 2.0}, "{1: *}", ["1"]),
        ([None, 1], "[None, *]", ["1"]),
        ([], "[]", []),
        ({}, "{}", []),
        (None, "None", []),
    ],
    ids=str,
)
def test_a_nesting_is_told_as_text_with_a_name_for_every_array(
    nested: Any, structure: str, names: list[str]
) -> None:
    told, arrays = flatten(nested)

    assert told == structure
    assert list(arrays) == names


def test_the_arrays_are_those_that_were_nested() -> None:
    _, arrays = flatten({"a": np.array([1.5]), "b": [np.int32(2), True]}, "input")

    assert {name: array.tolist() for name, array in arrays.items()} == {
        "input/a": [1.5],
        "input/b/0": 2,
        "input/b/1": True,
    }
    assert arrays["input/b/0"].dtype == np.int32


@pytest.mark.parametrize("leaf", [object(), {1, 2}, lambda: 1, np.array([None])])
def test_a_leaf_that_is_no_array_is_refused(leaf: Any) -> None:
    with pytest.raises(TypeError, match=r"a/0 is a \w+, not an array"):
        _ = flatten({"a": [leaf]})


@pytest.mark.parametrize(
    "nested",
    [{"a/b": 1.0, "a": {"b": 2.0}}, {0: 1.0, "0": 2.0}, {"": 1.0, "output": 2.0}],
    ids=str,
)
def test_two_arrays_of_one_name_are_refused(nested: Any) -> None:
    """The one that is hidden would never be compared."""
    with pytest.raises(TypeError, match="two arrays"):
        _ = flatten(nested)
