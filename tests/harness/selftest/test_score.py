"""The score counts what the verdicts say, and a missed target is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multibackend.parity.selftest.score import TARGETS, score
from multibackend.parity.selftest.sensitivity import Sensitivity

SENSED = (
    Sensitivity("float32", 1e-5, 100, 99),
    Sensitivity("float64", 1e-11, 100, 100),
)


def goals(scored):
    return {goal.name: goal.of(scored) for goal in TARGETS}


def test_a_fault_is_caught_by_the_first_check_that_differs(fault, said, judgement):
    found = judgement(
        said("f:off", "agree"),
        said("f:off", "differ", "jax", check="grad_inputs"),
        said("f:off", "differ", "torch", check="fit"),
    )
    (outcome,) = score(found, [fault()]).outcomes

    assert (outcome.caught, outcome.check, outcome.blamed) == (
        True,
        "grad_inputs",
        True,
    )


@pytest.mark.parametrize("word", ["agree", "abstain", "known", "unsupported"])
def test_a_fault_that_nobody_calls_different_is_not_caught(
    word, fault, said, judgement
):
    (outcome,) = score(judgement(said("f:off", word)), [fault()]).outcomes

    assert not outcome.caught
    assert outcome.words == (f"forward: {word}",)


def test_a_fault_that_never_ran_is_not_caught(fault, said, judgement):
    scored = score(judgement(said("other", "agree")), [fault()])

    assert goals(scored)["faults caught"] == (0, 1)


@pytest.mark.parametrize(
    ("blame", "caught"), [(("jax",), True), (("jax", "torch"), False), ((), False)]
)
def test_what_only_the_victim_cannot_answer_gives_it_away(
    blame, caught, fault, said, judgement
):
    found = judgement(said("f:off", "missing", *blame))
    (outcome,) = score(found, [fault()]).outcomes

    assert outcome.caught is caught


@pytest.mark.parametrize(
    ("blame", "right"),
    [(("jax",), True), (("jax", "torch"), False), (("torch",), False)],
)
def test_blame_is_right_where_it_names_the_victim_and_nobody_else(
    blame, right, fault, said, judgement
):
    scored = score(judgement(said("f:off", "differ", *blame)), [fault()])

    assert goals(scored)["blame right"] == (int(right), 1)


def test_a_file_saved_wrongly_is_named_by_the_check_itself(fault, said, judgement):
    found = judgement(said("f:off", "differ", "torch", check="save from jax"))
    other = judgement(said("f:off", "differ", "torch", check="save from torch"))

    assert goals(score(found, [fault()]))["blame right"] == (1, 1)
    assert goals(score(other, [fault()]))["blame right"] == (0, 1)


def test_sites_are_counted_for_caught_faults_that_have_one(fault, said, judgement):
    faults = [
        fault("f:right", site="block_1"),
        fault("f:wrong", site="block_1"),
        fault("f:missed", site="block_1"),
        fault("f:none"),
    ]
    found = judgement(
        said("f:right", "differ", "jax", site="block_1"),
        said("f:wrong", "differ", "jax", site="block_2"),
        said("f:missed", "agree"),
        said("f:none", "differ", "jax"),
    )

    assert goals(score(found, faults))["site right"] == (1, 2)


@pytest.mark.parametrize("word", ["differ", "failed", "missing"])
def test_an_alarm_on_a_control_is_counted(word, fault, said, judgement):
    found = judgement(said("f:off", "differ", "jax"), said("c:fine", word, "jax"))
    controls = score(found, [fault()]).controls

    assert [verdict.verdict for verdict in controls.alarms] == [word]
    assert (controls.cases, controls.verdicts) == (1, 1)


def test_a_known_difference_on_a_control_is_no_alarm(said, judgement):
    controls = score(judgement(said("c:fine", "known", "jax")), []).controls

    assert (controls.alarms, controls.known) == ((), 1)


def test_abstentions_are_a_share_of_the_verdicts_on_controls(fault, said, judgement):
    found = judgement(
        said("f:off", "abstain"), said("c:a", "abstain"), said("c:b", "agree")
    )

    assert goals(score(found, [fault()]))["abstentions"] == (1, 2)


def test_a_perfect_trial_misses_no_target(fault, said, judgement):
    assert perfect(fault, said, judgement).missed_goals == ()


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("faults caught", lambda v: replace(v, verdict="agree")),
        ("blame right", lambda v: replace(v, blame=("torch",))),
        ("site right", lambda v: replace(v, site="elsewhere")),
    ],
)
def test_a_spoilt_trial_misses_its_target(name, spoil, fault, said, judgement):
    scored = perfect(fault, said, judgement, spoil=spoil)

    assert name in [goal.name for goal in scored.missed_goals]


@pytest.mark.parametrize(
    ("name", "word"), [("false alarms", "differ"), ("abstentions", "abstain")]
)
def test_a_control_that_does_not_agree_misses_a_target(
    name, word, fault, said, judgement
):
    scored = perfect(fault, said, judgement, control=word)

    assert [goal.name for goal in scored.missed_goals] == [name]


def test_what_was_not_measured_misses_its_target(fault, said, judgement):
    scored = replace(perfect(fault, said, judgement), sensitivity=())

    assert [goal.name for goal in scored.missed_goals] == [
        "1e-5 found in float32",
        "1e-11 found in float64",
    ]


def perfect(fault, said, judgement, *, spoil=lambda verdict: verdict, control="agree"):
    """A trial in which everything is as it should be, but for what is given."""
    caught = said("f:off", "differ", "jax", site="block_1")
    found = judgement(spoil(caught), said("c:fine", control, "jax"))
    return score(found, [fault(site="block_1")], sensitivity=SENSED)
