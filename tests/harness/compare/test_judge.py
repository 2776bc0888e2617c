"""One fault of every kind, planted in one of three backends: verdict, blame, place."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from multibackend.parity.record.observation import Observation, Raised

LABELS = ("torch", "jax", "tensorflow")


def like(values: Any, **elements: Any) -> Any:
    """A copy with other elements: `at_1_2=5.0`."""
    changed = np.array(values)
    for place, value in elements.items():
        changed[tuple(int(i) for i in place.split("_")[1:])] = value
    return changed


def raised(kind: str = "ValueError") -> Observation:
    return Observation(
        "m:a", "forward", "raised", raised=Raised(kind, "no such axis", "m.py:5")
    )


def without(status: Any, reason: str) -> Observation:
    return Observation("m:a", "forward", status, detail=reason)


# ------------------------------------------------------------------------- agreement


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(-3, 3, 12).reshape(4, 3),
        np.float64(0.1),
        np.zeros((3, 0, 2)),
        np.zeros((4, 3)),
        np.array([0.5 + 0.1j, -2j]),
        np.array([3, 1, 2]),
        np.array([True, False]),
        np.array(["red", "blue"]),
        {"a": np.ones(3), "b/0": np.array([1, 2]), "b/1": np.float64(7)},
    ],
    ids=[
        "floats",
        "0-d",
        "empty",
        "zeros",
        "complex",
        "integers",
        "booleans",
        "text",
        "nested",
    ],
)
def test_three_honest_backends_agree(values: Any, among_three) -> None:
    verdict = among_three(values)

    assert verdict.verdict == "agree"
    assert (verdict.blame, verdict.differences) == ((), ())
    assert verdict.ratio < 0.1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_anywhere_is_an_answer_like_another(
    value: float, observed, judged
) -> None:
    """Infinity minus infinity is NaN: there a twin tells nothing, and nobody errs."""
    values = np.array([1.0, value, 3.0])
    moves = {"output": np.array([1e-7, np.nan, 1e-7])}
    found = {label: observed(values, spread=moves, noise=moves) for label in LABELS}

    assert judged(**found).verdict == "agree"


def test_bfloat16_is_judged_by_its_own_steps(observed, judged, truth) -> None:
    narrow = {"output": truth.astype(ml_dtypes.bfloat16)}
    coarse = {"output": (truth * 1.2).astype(ml_dtypes.bfloat16)}
    found = {label: observed(truth, outputs=narrow) for label in LABELS}

    assert judged(**found).verdict == "agree"
    verdict = judged(**(found | {"jax": observed(truth, outputs=coarse)}))
    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))


@pytest.mark.parametrize("seed", range(5))
def test_rounding_noise_is_no_difference(seed: int, observed, judged, truth) -> None:
    """Every backend off by the last bit, up or down, in float32 and in float64."""
    rng = np.random.default_rng(seed)
    found = {}
    for label in LABELS:
        up = np.where(rng.integers(0, 2, truth.shape), np.inf, -np.inf)
        wide = np.nextafter(truth, up)
        narrow = np.nextafter(truth.astype("float32"), up.astype("float32"))
        found[label] = observed(wide, outputs={"output": narrow})
    verdict = judged(**found)

    assert verdict.verdict == "agree"
    assert 0 < verdict.ratio < 0.5


# ----------------------------------------------------------- one fault of every kind


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("factor", [1e-5, 1e-3, 1.0])
def test_a_relative_fault_in_float32_only_is_found(
    label: str, factor: float, observed, among_three, truth
) -> None:
    off = truth.astype("float32") * np.float32(1 + factor)
    verdict = among_three(truth, **{label: observed(truth, outputs={"output": off})})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    assert {(d.kind, d.precision) for d in verdict.differences} == {
        ("value", "float32")
    }
    assert verdict.ratio > 1


@pytest.mark.parametrize("label", LABELS)
def test_a_semantic_fault_shows_in_float64_alone(
    label: str, observed, among_three, truth
) -> None:
    """A constant rounded to float32 is 5e-9 off: no float32 tolerance sees it."""
    off = {"output": like(truth, at_2_1=truth[2, 1] + 5e-9)}
    verdict = among_three(truth, **{label: observed(truth, referee=off)})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    (difference,) = verdict.differences
    assert (difference.kind, difference.precision) == ("value", "float64")
    assert (difference.output, difference.index) == ("output", (2, 1))
    assert difference.error == pytest.approx(5e-9, rel=1e-6)
    assert (verdict.output, verdict.error) == ("output", difference.error)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("other", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_on_one_backend_only_is_found(
    label: str, other: float, observed, among_three
) -> None:
    honest = np.array([[0.5, 1.0, 2.0]])
    off = {"output": np.array([[0.5, other, 2.0]], "float32")}
    verdict = among_three(honest, **{label: observed(honest, outputs=off)})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    (difference,) = verdict.differences
    assert (difference.kind, difference.index) == ("nonfinite", (0, 1))


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_where_the_others_have_none_is_found(
    label: str, value: float, observed, among_three
) -> None:
    honest = np.array([[0.5, value, 2.0]])
    off = {"output": np.array([[0.5, 1.0, 2.0]], "float32")}
    verdict = among_three(honest, **{label: observed(honest, outputs=off)})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    (difference,) = verdict.differences
    assert (difference.kind, difference.index) == ("nonfinite", (0, 1))


@pytest.mark.parametrize("label", LABELS)
def test_the_other_infinity_is_found(label: str, observed, among_three) -> None:
    honest = np.array([1.0, np.inf])
    verdict = among_three(honest, **{label: observed(np.array([1.0, -np.inf]))})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    assert {(d.kind, d.index) for d in verdict.differences} == {("nonfinite", (1,))}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    ("honest", "other"),
    [
        (np.array([3, 1, 2]), np.array([3, 1, 4])),
        (np.array([True, True, False]), np.array([True, True, True])),
        (np.array(["a", "b", "c"]), np.array(["a", "b", "d"])),
    ],
    ids=["integers", "booleans", "text"],
)
def test_what_is_no_float_is_compared_exactly(
    label: str, honest: Any, other: Any, observed, among_three
) -> None:
    verdict = among_three(honest, **{label: observed(other)})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    assert {(d.kind, d.index) for d in verdict.differences} == {("value", (2,))}


@pytest.mark.parametrize("label", LABELS)
def test_another_shape_is_found_before_any_value(
    label: str, observed, among_three, truth
) -> None:
    verdict = among_three(truth, **{label: observed(truth[:, :2] + 1)})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    (difference,) = verdict.differences
    assert (difference.kind, difference.output) == ("shape", "output")
    assert (difference.received, difference.expected) == ("(4, 2)", "(4, 3)")


def test_a_shape_that_would_broadcast_is_another_shape(observed, among_three) -> None:
    """A comparison that broadcasts says that `(1,)` and `(3,)` are equal."""
    ones = np.ones(3)

    verdict = among_three(ones, jax=observed(np.ones(1)))

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
    assert among_three(np.ones(()), jax=observed(np.ones(1))).verdict == "differ"
    assert among_three(np.ones((0, 3)), jax=observed(np.ones(0))).verdict == "differ"


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("dtype", ["float64", "float16", "int32", "complex64"])
def test_another_dtype_is_found_where_the_values_are_equal(
    label: str, dtype: str, observed, among_three
) -> None:
    ones = np.ones(3)
    verdict = among_three(
        ones, **{label: observed(ones, outputs={"output": ones.astype(dtype)})}
    )

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    (difference,) = verdict.differences
    assert (difference.kind, difference.received) == ("dtype", dtype)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    "other",
    [{"a": np.ones(2)}, {"a": np.ones(2), "b": np.ones(1), "c": np.ones(1)}],
    ids=["one missing", "one more"],
)
def test_an_output_on_one_side_only_is_a_difference(
    label: str, other: Any, observed, among_three
) -> None:
    honest = {"a": np.ones(2), "b": np.ones(1)}
    verdict = among_three(honest, **{label: observed(other)})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    assert [d.kind for d in verdict.differences] == ["structure"]


def test_a_tuple_for_a_list_is_another_structure(observed, among_three) -> None:
    outputs = {"0": np.ones(2)}
    verdict = among_three(outputs, tensorflow=observed(outputs, structure="(*)"))

    assert (verdict.verdict, verdict.blame) == ("differ", ("tensorflow",))
    assert [d.kind for d in verdict.differences] == ["structure"]


@pytest.mark.parametrize("label", LABELS)
def test_an_error_on_one_backend_only_is_a_difference(label: str, among_three) -> None:
    verdict = among_three(**{label: raised()})

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))
    (difference,) = verdict.differences
    assert difference.kind == "error"
    assert difference.received == "ValueError: no such axis"
    assert difference.detail == "m.py:5"


def test_an_error_on_two_of_three_blames_both(among_three) -> None:
    verdict = among_three(jax=raised(), tensorflow=raised("TypeError"))

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax", "tensorflow"))
    assert verdict.differences[0].expected == "outputs, as on torch"


def test_an_error_everywhere_is_a_failure_and_nobody_is_to_blame(judged) -> None:
    verdict = judged(torch=raised(), jax=raised(), tensorflow=raised("TypeError"))

    assert (verdict.verdict, verdict.blame) == ("failed", ())
    assert "torch, jax: ValueError: no such axis" in verdict.detail
    assert "tensorflow: TypeError" in verdict.detail


def test_every_difference_is_told_the_worst_first(observed, among_three) -> None:
    honest = {name: np.ones(2) for name in "abc"}
    off = {"a": 1 + 1e-4, "b": 1.5, "c": 1 + 1e-2}
    outputs = {n: np.array([1, v], "float32") for n, v in off.items()}
    verdict = among_three(
        honest,
        jax=observed(honest, outputs=outputs),
        torch=observed(honest, outputs=outputs | {"b": np.ones(2, "float32")}),
    )

    told = [(d.backend, d.output) for d in verdict.differences]
    assert told[0] == ("jax", "b")
    assert verdict.blame[0] == "jax"
    assert (verdict.output, verdict.ratio) == ("b", verdict.differences[0].ratio)


def test_what_only_one_backend_yields_is_in_the_seconds(
    observed, among_three, truth
) -> None:
    verdict = among_three(truth, jax=observed(truth, seconds=2.5))

    assert verdict.seconds == {"torch": 0.0, "jax": 2.5, "tensorflow": 0.0}


# ------------------------------------------------------------------ who is to blame


def test_two_that_disagree_without_a_reference_are_both_blamed(
    observed, judged, truth
) -> None:
    verdict = judged(torch=observed(truth), jax=observed(truth + 1))

    assert (verdict.verdict, verdict.blame) == ("differ", ("torch", "jax"))
    assert "no majority" in verdict.detail


@pytest.mark.parametrize("wrong", ["torch", "jax"])
def test_a_reference_tells_which_of_two_is_off(
    wrong: str, observed, judged, truth
) -> None:
    reference = {"output": truth}
    found = {
        label: observed(truth + (label == wrong), reference=reference)
        for label in ("torch", "jax")
    }
    verdict = judged(**found)

    assert (verdict.verdict, verdict.blame) == ("differ", (wrong,))


def test_a_reference_that_disagrees_with_all_blames_all(
    observed, judged, truth
) -> None:
    """Agreement is not correctness: what a reference is for."""
    reference = {"output": truth + 1}
    verdict = judged(
        **{label: observed(truth, reference=reference) for label in LABELS}
    )

    assert verdict.verdict == "differ"
    assert set(verdict.blame) == set(LABELS)


@pytest.mark.parametrize("right", LABELS)
def test_a_reference_goes_before_a_majority(
    right: str, observed, judged, truth
) -> None:
    reference = {"output": truth}
    found = {
        label: observed(truth + (label != right), reference=reference)
        for label in LABELS
    }
    verdict = judged(**found)

    assert verdict.verdict == "differ"
    assert set(verdict.blame) == set(LABELS) - {right}


def test_three_that_all_disagree_never_agree(observed, judged, truth) -> None:
    verdict = judged(
        torch=observed(truth), jax=observed(truth + 1), tensorflow=observed(truth - 1)
    )

    assert verdict.verdict == "differ"


@pytest.mark.parametrize("right", LABELS)
def test_two_of_three_off_in_float32_are_no_majority_over_the_referee(
    right: str, observed, judged, truth
) -> None:
    off = {"output": (truth + 0.1).astype("float32")}
    found = {
        label: observed(truth) if label == right else observed(truth, outputs=off)
        for label in LABELS
    }
    verdict = judged(**found)

    assert verdict.verdict == "differ"
    assert set(verdict.blame) == set(LABELS) - {right}


def test_an_error_that_all_share_in_float32_is_the_formulas(
    observed, judged, among_three, truth
) -> None:
    """`1 - 0.999` in float32 is off everywhere alike; off on one alone it is a fault."""
    common = {"output": (truth + 1e-4).astype("float32")}
    off = observed(truth, outputs=common)

    assert judged(torch=off, jax=off, tensorflow=off).verdict == "agree"
    verdict = among_three(truth, jax=off)
    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))


def test_an_error_twice_the_common_one_is_a_fault(observed, judged, truth) -> None:
    common = observed(truth, outputs={"output": (truth + 1e-4).astype("float32")})
    double = observed(truth, outputs={"output": (truth + 2e-4).astype("float32")})
    verdict = judged(torch=common, jax=double, tensorflow=common)

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))


def test_a_noisy_backend_cannot_excuse_itself(observed, among_three, truth) -> None:
    noisy = observed(
        truth,
        outputs={"output": (truth + 1e-2).astype("float32")},
        noise={"output": np.full_like(truth, 1e-2)},
    )
    verdict = among_three(truth, tensorflow=noisy)

    assert (verdict.verdict, verdict.blame) == ("differ", ("tensorflow",))


def test_a_noisy_backend_of_two_cannot_excuse_itself(observed, judged, truth) -> None:
    noisy = observed(
        truth,
        outputs={"output": (truth + 1e-2).astype("float32")},
        noise={"output": np.full_like(truth, 1e-2)},
    )
    verdict = judged(torch=observed(truth), jax=noisy)

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))


# --------------------------------------------------- referees, whole and less than whole


def test_one_record_alone_is_judged_by_its_own_referee(observed, judged, truth) -> None:
    assert judged(torch=observed(truth)).verdict == "agree"
    off = observed(truth, outputs={"output": (truth * 1.001).astype("float32")})
    verdict = judged(torch=off)
    assert (verdict.verdict, verdict.blame) == ("differ", ("torch",))
    assert verdict.differences[0].precision == "float32"


def test_a_backend_without_float64_is_judged_by_the_others_referee(
    observed, judged, truth
) -> None:
    bare = observed(truth, referee={}, spread={}, detail="no float64")
    off = observed(truth + 1e-3, referee={}, spread={}, detail="no float64")

    assert judged(torch=observed(truth), numpy=bare).verdict == "agree"
    verdict = judged(torch=observed(truth), numpy=off)
    assert (verdict.verdict, verdict.blame) == ("differ", ("numpy",))


def test_an_unsure_truth_still_finds_a_fault_in_float32(
    observed, judged, truth
) -> None:
    """Each float32 run is then judged by its own referee."""
    verdict = judged(
        torch=observed(truth),
        jax=observed(
            truth + 1e-8, outputs={"output": (truth + 1e-2).astype("float32")}
        ),
    )

    assert {d.precision for d in verdict.differences} == {"float32", "float64"}


def test_an_unsure_truth_blames_no_float32_run_that_does_as_its_own_float64(
    observed, judged, truth
) -> None:
    """The semantic difference is told once, where it is sharp."""
    verdict = judged(torch=observed(truth), jax=observed(truth + 1))

    assert {d.precision for d in verdict.differences} == {"float64"}


def test_without_any_spread_no_number_is_judged_but_what_is_exact_is(
    observed, judged, truth
) -> None:
    """`check` moves whole cases on its first backend only."""
    honest = observed(truth, spread={})
    far = {"output": (truth * 1.001).astype("float32")}
    off = observed(truth, spread={}, outputs=far)
    whole = observed(np.array([1, 2]))

    assert judged(torch=honest, jax=honest).verdict == "agree"
    verdict = judged(torch=honest, jax=off, tensorflow=honest)
    assert verdict.verdict == "abstain"
    assert "no record here says how far rounding moves" in verdict.detail
    assert judged(torch=whole, jax=observed(np.array([1, 3]))).verdict == "differ"


def test_without_any_referee_equal_bits_agree(observed, judged, truth) -> None:
    bare = observed(truth, referee={}, spread={}, detail="no float64")

    assert judged(numpy=bare, openvino=bare).verdict == "agree"


def test_without_any_referee_unequal_bits_are_not_judged(
    observed, judged, truth
) -> None:
    bare = observed(truth, referee={}, spread={}, detail="no float64")
    last_bit = np.nextafter(truth.astype("float32"), np.float32(9))
    other = observed(truth, outputs={"output": last_bit}, referee={}, spread={})
    verdict = judged(numpy=bare, openvino=other)

    assert verdict.verdict == "abstain"
    assert "no referee; numpy: no float64" in verdict.detail


def test_without_any_referee_one_record_has_nothing_to_compare_with(
    observed, judged, truth
) -> None:
    verdict = judged(numpy=observed(truth, referee={}, detail="no float64"))

    assert verdict.verdict == "missing"
    assert "nothing to compare with" in verdict.detail


@pytest.mark.parametrize(
    "referee",
    [
        {"output": np.ones(3), "more": np.ones(1)},
        {"another": np.ones(3)},
        {"output": np.ones(2)},
        {"output": np.ones((3, 1))},
    ],
    ids=["one more", "another name", "another shape", "a shape that broadcasts"],
)
def test_a_float64_run_of_another_structure_or_shape_is_a_difference(
    referee: Any, observed, among_three
) -> None:
    ones = np.ones(3)
    spread = {name: np.full(value.shape, 1e-7) for name, value in referee.items()}
    verdict = among_three(ones, jax=observed(ones, referee=referee, spread=spread))

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
    assert verdict.differences[0].kind in ("structure", "shape")
    assert verdict.differences[0].precision == "float64"


def test_an_output_that_the_float64_run_lost_is_a_difference(
    observed, among_three
) -> None:
    values = {"a": np.ones(3), "b": np.ones(2)}
    verdict = among_three(values, jax=observed(values, referee={"a": np.ones(3)}))

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))


def test_float64_runs_that_are_all_of_another_shape_judge_nobody(
    observed, judged
) -> None:
    """What cannot be laid over the outputs has compared nothing."""
    far = {"output": np.zeros(2)}
    found = {
        label: observed(np.full(3, float(place)), referee=far, spread={}, noise={})
        for place, label in enumerate(LABELS)
    }

    assert judged(**found).verdict != "agree"


def test_a_reference_of_another_shape_is_a_failure_with_its_cure(
    observed, judged, truth
) -> None:
    reference = {"output": truth[0]}
    verdict = judged(
        **{label: observed(truth, reference=reference) for label in LABELS}
    )

    assert verdict.verdict == "failed"
    assert "return the same structure" in verdict.detail


@pytest.mark.parametrize("names", [("another",), ("output", "more")], ids=str)
def test_a_reference_of_another_structure_is_a_failure(
    names: tuple[str, ...], observed, judged, truth
) -> None:
    reference = dict.fromkeys(names, truth + 1)
    verdict = judged(
        **{label: observed(truth, reference=reference) for label in LABELS}
    )

    assert verdict.verdict == "failed"
    assert "return the same structure" in verdict.detail


def test_a_reference_in_integers_judges_floats(observed, judged) -> None:
    reference = {"output": np.array([1, 2])}
    right = observed(np.array([1.0, 2.0]), reference=reference)
    wrong = observed(np.array([1.0, 2.5]), reference=reference)

    assert judged(torch=right, jax=right).verdict == "agree"
    assert judged(torch=right, jax=wrong).blame == ("jax",)


@pytest.mark.parametrize("move", [np.inf, np.nan])
def test_where_one_roundoff_moves_the_truth_without_bound_nobody_is_judged(
    move: float, observed, judged
) -> None:
    values = np.array([1.0, 2.0])
    spread = {"output": np.array([1e-7, move])}
    off = {"output": np.array([1.0, 9.0], "float32")}
    verdict = judged(
        torch=observed(values, spread=spread),
        jax=observed(values, spread=spread),
        tensorflow=observed(values, spread=spread, outputs=off),
    )

    assert verdict.verdict == "abstain"
    assert "output" in verdict.detail


def test_an_endless_spread_in_one_place_hides_no_fault_in_another(
    observed, judged
) -> None:
    values = np.array([1.0, 2.0])
    spread = {"output": np.array([1e-7, np.nan])}
    off = {"output": np.array([9.0, 2.0], "float32")}
    verdict = judged(
        torch=observed(values, spread=spread),
        jax=observed(values, spread=spread),
        tensorflow=observed(values, spread=spread, outputs=off),
    )

    assert (verdict.verdict, verdict.blame) == ("differ", ("tensorflow",))
    assert verdict.differences[0].index == (0,)


# -------------------------------------------------------------- abstain, unsupported


def test_who_cannot_be_asked_is_left_out_and_the_others_are_judged(
    observed, among_three, truth
) -> None:
    bare = without("unsupported", "no automatic differentiation")

    assert among_three(truth, torch=bare).verdict == "agree"
    verdict = among_three(truth, torch=bare, jax=observed(truth + 1))
    assert verdict.verdict == "differ"


def test_where_only_one_can_be_asked_the_check_is_unsupported(among_three) -> None:
    bare = without("unsupported", "no automatic differentiation")
    verdict = among_three(torch=bare, jax=bare)

    assert verdict.verdict == "unsupported"
    assert verdict.detail == "torch, jax: no automatic differentiation"


def test_one_record_alone_that_cannot_be_asked_is_unsupported(judged) -> None:
    bare = without("unsupported", "skipped: too slow")

    assert judged(torch=bare).verdict == "unsupported"


def test_who_draws_at_random_makes_all_abstain(among_three) -> None:
    verdict = among_three(jax=without("abstain", "draws random numbers"))

    assert verdict.verdict == "abstain"
    assert verdict.detail == "jax: draws random numbers"


def test_an_error_is_not_hidden_by_who_abstains(among_three) -> None:
    """Whoever draws at random did yield something; this one did not."""
    bare = without("abstain", "draws random numbers")
    verdict = among_three(torch=bare, jax=bare, tensorflow=raised())

    assert (verdict.verdict, verdict.blame) == ("differ", ("tensorflow",))


def test_an_error_is_not_hidden_by_who_cannot_be_asked(among_three) -> None:
    """Who was not asked yielded nothing to differ from."""
    bare = without("unsupported", "no automatic differentiation")
    verdict = among_three(torch=bare, jax=bare, tensorflow=raised())

    assert verdict.verdict == "failed"
    assert "tensorflow: ValueError: no such axis" in verdict.detail


def test_an_error_is_told_beside_a_backend_that_yielded_something(
    observed, among_three, truth
) -> None:
    bare = without("unsupported", "no automatic differentiation")
    verdict = among_three(truth, torch=bare, jax=raised())

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
    assert verdict.differences[0].expected == "outputs, as on tensorflow"
