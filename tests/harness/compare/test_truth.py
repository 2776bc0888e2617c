"""Who is right in float64: planted disagreements among referees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from multibackend.parity.compare.truth import find_truth, odd_ones

LABELS = ("torch", "jax", "tensorflow")


@pytest.mark.parametrize(
    ("said", "most", "others", "sure"),
    [
        ({"a": 1}, 1, (), True),
        ({"a": 1, "b": 1}, 1, (), True),
        ({"a": 1, "b": 2}, 1, ("b",), False),
        ({"a": 2, "b": 1, "c": 1}, 1, ("a",), True),
        ({"a": 1, "b": 2, "c": 1}, 1, ("b",), True),
        ({"a": 1, "b": 2, "c": 3}, 1, ("b", "c"), False),
        ({"a": 1, "b": 2, "c": 1, "d": 2}, 1, ("b", "d"), False),
    ],
)
def test_the_odd_ones_are_those_that_say_otherwise_than_most(
    said: Any, most: Any, others: Any, sure: bool
) -> None:
    assert odd_ones(said) == (most, others, sure)


def test_without_any_referee_there_is_no_truth(observed) -> None:
    assert find_truth({label: observed(referee={}) for label in LABELS}) is None


@pytest.mark.parametrize("odd", LABELS)
def test_the_referee_that_most_agree_with_is_the_truth(
    odd: str, observed, truth
) -> None:
    """Whoever comes first: an order of labels must not decide who is right."""
    found = {label: observed(truth + (label == odd)) for label in LABELS}
    chosen = find_truth(found)

    assert chosen is not None
    assert chosen.sure
    assert chosen.label != odd
    assert chosen.values["output"].tolist() == truth.tolist()


def test_two_that_disagree_leave_the_truth_unsure(observed, truth) -> None:
    chosen = find_truth({"torch": observed(truth), "jax": observed(truth + 1)})

    assert chosen is not None
    assert not chosen.sure


def test_three_that_disagree_leave_the_truth_unsure(observed, truth) -> None:
    found = {label: observed(truth + i) for i, label in enumerate(LABELS)}
    chosen = find_truth(found)

    assert chosen is not None
    assert not chosen.sure


def test_one_alone_is_its_own_truth(observed, truth) -> None:
    chosen = find_truth({"torch": observed(truth)})

    assert chosen is not None
    assert (chosen.label, chosen.sure) == ("torch", True)


def test_who_has_no_referee_has_no_vote(observed, truth) -> None:
    found = {
        "numpy": observed(truth + 1, referee={}),
        "openvino": observed(truth + 1, referee={}),
        "torch": observed(truth),
    }
    chosen = find_truth(found)

    assert chosen is not None
    assert (chosen.label, chosen.sure) == ("torch", True)


def test_a_reference_goes_before_all_referees(observed, truth) -> None:
    reference = {"output": truth + 1}
    found = {label: observed(truth, reference=reference) for label in LABELS}
    chosen = find_truth(found)

    assert chosen is not None
    assert (chosen.label, chosen.sure) == ("reference", True)
    assert chosen.values["output"].tolist() == (truth + 1).tolist()
    assert chosen.spread["output"].tolist() == found["torch"].spread["output"].tolist()


def test_a_reference_settles_what_two_referees_cannot(observed, truth) -> None:
    reference = {"output": truth}
    chosen = find_truth(
        {
            "torch": observed(truth + 1, reference=reference),
            "jax": observed(truth, reference=reference),
        }
    )

    assert chosen is not None
    assert (chosen.label, chosen.sure) == ("reference", True)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda x: np.nextafter(x, np.inf), True),
        (lambda x: x * (1 + 1e-12), False),
        (lambda x: x.astype("float32").astype("float64"), False),
    ],
    ids=["the last bit", "a relative 1e-12", "a hidden float32"],
)
def test_referees_agree_to_the_float64_budget(
    change: Any, same: bool, observed, truth
) -> None:
    """A referee that is float32 inside is as far off as a wrong formula."""
    chosen = find_truth({"torch": observed(truth), "jax": observed(change(truth))})

    assert chosen is not None
    assert chosen.sure is same


def test_the_spread_of_one_backend_serves_all(observed, truth) -> None:
    """Only one backend moves whole training examples."""
    far = truth + 1e-12
    spread = {"output": np.full_like(truth, 1e-2)}
    found = {
        "torch": observed(truth, spread={}),
        "jax": observed(far, spread=spread),
    }
    chosen = find_truth(found)

    assert chosen is not None
    assert chosen.sure
    assert chosen.spread is spread


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([np.nan, np.inf], [np.nan, np.inf], True),
        ([np.nan, 1.0], [1.0, np.nan], False),
        ([np.inf], [-np.inf], False),
        ([1, 2], [1, 2], True),
        ([1, 2], [1, 3], False),
        ([True], [False], False),
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a", "c"], False),
        ([1.0, 2.0], [[1.0, 2.0]], False),
        ([], [], True),
        (1.5, 1.5, True),
        ([1 + 2j], [1 + 2j], True),
        ([1 + 2j], [1 - 2j], False),
    ],
)
def test_two_referees_are_one_opinion_or_two(
    one: Any, other: Any, same: bool, observed
) -> None:
    found = {
        "torch": observed(np.asarray(one), spread={}, noise={}),
        "jax": observed(np.asarray(other), spread={}, noise={}),
    }
    chosen = find_truth(found)

    assert chosen is not None
    assert chosen.sure is same


def test_referees_with_other_outputs_do_not_agree(observed, truth) -> None:
    chosen = find_truth(
        {"torch": observed({"a": truth}), "jax": observed({"b": truth})}
    )

    assert chosen is not None
    assert not chosen.sure
