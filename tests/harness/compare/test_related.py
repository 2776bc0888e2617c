"""A check's own rule: each backend is judged by its own plain run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from multibackend.parity.compare.verdict import Verdict
from multibackend.parity.record.observation import Observation

Make = Callable[..., Observation]
Judge = Callable[..., Verdict]


def related(observed: Make, truth: Any, **changes: Any) -> Observation:
    return observed(truth, expected={"output": truth}, **changes)


def test_a_backend_that_keeps_its_own_rule_agrees_whatever_others_compute(
    observed: Make, judged: Judge, truth: Any
) -> None:
    """Where jax computes something else, `forward` says so, and a round trip need not."""
    verdict = judged(
        torch=related(observed, truth),
        jax=related(observed, truth * 2),
        tensorflow=related(observed, truth),
    )

    assert verdict.verdict == "agree"


def test_a_backend_that_breaks_its_own_rule_is_named(
    observed: Make, judged: Judge, truth: Any
) -> None:
    broken = related(observed, truth, outputs={"output": (truth * 1.01).astype("f4")})

    verdict = judged(
        torch=related(observed, truth), jax=broken, tensorflow=related(observed, truth)
    )

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))


def test_a_rule_that_is_broken_alike_everywhere_is_no_agreement(
    observed: Make, judged: Judge, truth: Any
) -> None:
    """A layer of the user's own drops an argument on every backend alike."""
    broken = related(observed, truth, outputs={"output": (truth * 1.01).astype("f4")})

    verdict = judged(torch=broken, jax=broken, tensorflow=broken)

    assert verdict.verdict == "differ"
    assert set(verdict.blame) == {"torch", "jax", "tensorflow"}


def test_a_rule_is_kept_to_float64_where_there_is_one(
    observed: Make, judged: Judge, truth: Any
) -> None:
    """An error that float32 hides is found in the float64 run."""
    broken = related(observed, truth, referee={"output": truth * (1 + 1e-10)})

    verdict = judged(torch=related(observed, truth), jax=broken)

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
    assert verdict.differences[0].precision == "float64"


def test_another_shape_than_expected_is_a_difference_of_that_backend(
    observed: Make, judged: Judge, truth: Any
) -> None:
    odd = observed(truth, expected={"output": truth[:2]})

    verdict = judged(torch=odd, jax=odd)

    assert verdict.verdict == "differ"
    assert verdict.differences[0].kind == "shape"


def test_what_is_not_related_is_judged_across_backends(
    observed: Make, judged: Judge, truth: Any
) -> None:
    def both(free: Any) -> Observation:
        values = {"free": free, "round trip": truth}
        return observed(values, expected={"round trip": truth})

    verdict = judged(torch=both(truth), jax=both(truth * 1.1), tensorflow=both(truth))

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
    assert {d.output for d in verdict.differences} == {"free"}


@pytest.mark.parametrize(
    ("compute", "kind"), [("float16", "float16"), ("bfloat16", ml_dtypes.bfloat16)]
)
def test_the_budget_is_that_of_the_dtype_computed_in(
    compute: str, kind: Any, observed: Make, judged: Judge, truth: Any
) -> None:
    """Half precision inside, float32 handed out: an error of float16's size is fine."""
    rounded = {"output": truth.astype(kind).astype("float32")}
    honest = related(observed, truth, outputs=rounded, compute={"output": compute})
    wrong = related(observed, truth, outputs=rounded)

    assert judged(torch=honest, jax=honest).verdict == "agree"
    assert judged(torch=wrong, jax=wrong).verdict == "differ"


def test_what_no_backend_can_hold_in_float16_is_nobodys_fault(
    observed: Make, judged: Judge, truth: Any
) -> None:
    """An overflow inside, on all alike; on one alone it is a difference."""
    outputs = truth.astype("float16")
    full = {"outputs": {"output": outputs.copy()}, "compute": {"output": "float16"}}
    outputs[0, 0] = np.inf
    over = {"outputs": {"output": outputs}, "compute": {"output": "float16"}}

    everywhere = [related(observed, truth, **over) for _ in range(3)]
    alone = related(observed, truth, **full)

    assert judged(a=everywhere[0], b=everywhere[1]).verdict == "agree"
    found = judged(a=alone, b=everywhere[0], c=alone)
    assert (found.verdict, found.blame) == ("differ", ("b",))
    assert found.differences[0].kind == "nonfinite"


# Answers that are equal or not.


def exact(*text: str, **changes: Any) -> Observation:
    given: dict[str, Any] = {"outputs": {"class": np.array(text)}} | changes
    return Observation("m:a", "errors", "ok", "*", judged="exact", **given)


def test_the_one_that_says_otherwise_is_named(judged: Judge) -> None:
    verdict = judged(
        torch=exact("ValueError"),
        jax=exact("TypeError"),
        tensorflow=exact("ValueError"),
    )

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
    assert verdict.differences[0].received == "TypeError"
    assert verdict.differences[0].expected == "ValueError"


def test_where_all_say_the_same_they_agree(judged: Judge) -> None:
    assert judged(torch=exact("ValueError"), jax=exact("ValueError")).verdict == "agree"


def test_of_two_that_disagree_nobody_is_picked(judged: Judge) -> None:
    verdict = judged(torch=exact("ValueError"), jax=exact("TypeError"))

    assert verdict.verdict == "differ"
    assert set(verdict.blame) == {"torch", "jax"}


def test_an_exact_answer_is_judged_by_its_own_expectation(judged: Judge) -> None:
    """Three backends accept a bad input alike, and none should."""
    accepted = exact("no error", expected={"class": np.array(["an error"])})

    assert judged(torch=accepted, jax=accepted).verdict == "differ"


def test_one_backend_alone_answers_by_its_own_expectation(judged: Judge) -> None:
    wrong = exact("(None, 7)", expected={"class": np.array(["(None, 8)"])})

    assert judged(torch=wrong).verdict == "differ"


# A backend that cannot be asked.


def test_a_refusal_abstains_and_never_agrees(observed: Make, judged: Judge) -> None:
    refused = Observation("m:a", "jit", "abstain", detail="the compiler refuses")

    verdict = judged(torch=refused, jax=observed(), tensorflow=observed())

    assert verdict.verdict == "abstain"
    assert "the compiler refuses" in verdict.detail


def test_a_refusal_of_one_excuses_no_difference_of_the_others(
    observed: Make, judged: Judge, truth: Any
) -> None:
    refused = Observation("m:a", "jit", "abstain", detail="the compiler refuses")
    broken = related(observed, truth, outputs={"output": (truth * 2).astype("f4")})

    verdict = judged(torch=refused, jax=broken, tensorflow=related(observed, truth))

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
