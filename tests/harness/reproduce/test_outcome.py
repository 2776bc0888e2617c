"""Two outcomes differ by the outermost kind, at the worst element."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from multibackend.parity.reproduce.outcome import difference, outcome


def of(found: Any, *, related: bool = False) -> Any:
    told = outcome(lambda: found, lambda leaf: leaf, related=related)
    return json.loads(json.dumps(told))


def fails() -> Any:
    message = "Exception encountered when calling Dense.call().\n\n\x1b[1mno\x1b[0m\n"
    raise ValueError(message)


ONES = np.ones(3, "float32")


@pytest.mark.parametrize(
    ("one", "other", "kind", "where"),
    [
        ({"a": ONES}, {"b": ONES}, "structure", ""),
        ([ONES, ONES], [ONES], "structure", ""),
        (ONES, np.ones((3, 1), "float32"), "shape", "output"),
        (ONES, ONES.astype("float64"), "dtype", "output"),
        (
            np.asarray([1, np.nan, 2.0]),
            np.asarray([1.0, 1, 2]),
            "nonfinite",
            "output[1]",
        ),
        (np.asarray([1, np.inf]), np.asarray([1, -np.inf]), "nonfinite", "output[1]"),
        (np.asarray([1, 2.5, 3]), np.asarray([1, 2.0, 3.1]), "value", "output[1]"),
        ({"a": [ONES, 2 * ONES]}, {"a": [ONES, ONES]}, "value", "a/1[0]"),
        (np.asarray([1j, 2]), np.asarray([1j, 2 + 1j]), "value", "output[1, 1]"),
        ("4 float32", "5 float32", "value", "output"),
    ],
)
def test_each_kind_is_told_with_its_place(one, other, kind, where) -> None:
    found = difference(of(one), of(other), related=False)

    assert found is not None
    assert (found["kind"], found["where"]) == (kind, where)


@pytest.mark.parametrize(
    "same", [ONES, np.asarray([np.nan, np.inf]), {"a": ONES, "b": None}, "text"]
)
def test_equal_outcomes_do_not_differ(same) -> None:
    assert difference(of(same), of(same), related=False) is None


def test_an_error_is_told_by_its_first_line() -> None:
    raised = outcome(fails, lambda leaf: leaf, related=False)
    found = difference(raised, of(ONES), related=False)

    assert found is not None
    assert found["kind"] == "error"
    assert (found["received"], found["expected"]) == ("ValueError: no", "no error")
    assert difference(raised, raised, related=False) is None


def test_a_pair_is_compared_within_the_backend() -> None:
    received = of((2 * ONES, ONES), related=True)
    expected = of((ONES, ONES), related=True)

    assert difference(received, expected, related=True) is not None
    assert difference(expected, received, related=True) is None
