import math
from dataclasses import replace

import pytest

from multibackend.parity.compare.verdict import (
    VERDICTS,
    Difference,
    Judgement,
    Verdict,
    Word,
)
from multibackend.parity.report.text import budgets, number, place, shorten, visible
from multibackend.parity.report.wording import (
    EXCUSED,
    MEANINGS,
    OPEN,
    describe,
    excused_groups,
    excused_name,
    facts_of,
    headline,
    open_verdicts,
    sentence,
)


def test_every_word_is_open_excused_or_agree_and_has_a_meaning():
    assert {*OPEN, *EXCUSED, "agree"} == set(VERDICTS) == set(MEANINGS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.25, "-0.25"),
        (3.14159e-5, "3.1e-5"),
        (1e-3, "0.001"),
        (9.999e-4, "1.0e-3"),
        (999.7, "1000"),
        (9999.4, "9999"),
        (12345.0, "1.2e4"),
        (5e-324, "4.9e-324"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
        (None, "-"),
    ],
)
def test_a_number_is_short_and_keeps_its_size(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (77.5, "77.5x"),
        (1.0004, ">1x"),
        (1.0, "1x"),
        (0.9996, "1x"),
        (1.2e6, "1.2e6x"),
        (math.inf, "inf x"),
        (math.nan, "nan x"),
        (None, "-"),
    ],
)
def test_an_error_just_over_its_budget_is_not_shown_as_within(ratio, text):
    assert budgets(ratio) == text


def test_control_and_direction_characters_become_escapes():
    assert visible("a\nb\r\x1b[2J\x00\u202e\ud800") == (
        r"a\nb\r\x1b[2J\x00\u202e\ud800"
    )
    assert visible("한글 é", keep="\n") == "한글 é"
    assert visible("a\nb", keep="\n") == "a\nb"


def test_a_shortened_text_shows_that_it_is_cut():
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abc..."


def test_a_scalar_has_a_place_without_brackets():
    assert place("loss", ()) == place("loss", None) == "loss"
    assert place("kernel", (0, 3)) == "kernel[0, 3]"
    assert place(None, None) == ""


SHAPE = Difference("shape", "jax", "output", "float32", "(4, 7)", "(4, 8)")


def test_a_sentence_tells_the_worst_and_how_many_more():
    verdict = Verdict(
        "m:c",
        "forward",
        "differ",
        differences=(SHAPE, SHAPE, SHAPE),
        site="m/dense",
        detail="said.",
    )

    assert sentence(verdict) == (
        "jax output in float32: expected shape (4, 8), received (4, 7); said; "
        "first seen in m/dense; 2 more differences"
    )


def test_a_detail_that_repeats_the_difference_is_told_once():
    verdict = Verdict(
        "m:c",
        "f",
        "failed",
        differences=(replace(SHAPE, detail="same"),),
        detail="same",
    )

    assert sentence(verdict).count("same") == 1


def test_an_error_stands_beside_its_budget():
    value = Difference(
        "value", "jax", "y", "float32", "1.5", "1.0", index=(0,), error=0.5, budget=1e-7
    )

    assert describe(value) == (
        "jax y[0] in float32: expected 1.0, received 1.5, error 0.5, budget 1.0e-7"
    )


def test_the_worst_comes_first_and_what_cannot_be_measured_before_it():
    def verdict(name, word: Word = "differ", ratio=None):
        return Verdict(name, "forward", word, ratio=ratio)

    some = (
        verdict("missing", "missing"),
        verdict("failed", "failed"),
        verdict("small", ratio=2.0),
        verdict("large", ratio=9.0),
        verdict("infinite", ratio=math.inf),
        verdict("nan", ratio=math.nan),
        verdict("shape"),
        verdict("fine", "agree", 0.1),
    )

    found = [v.case for v in open_verdicts(Judgement(some, {}))]

    assert found[:3] == ["infinite", "nan", "shape"]
    assert found[3:] == ["large", "small", "failed", "missing"]


def test_what_is_excused_for_one_reason_is_one_group():
    some = [
        Verdict(f"m:{name}", check, "unsupported", detail="no gradient")
        for name in "abcde"
        for check in ("hvp", "jit")
    ]
    other = replace(some[0], detail="another reason")
    judgement = Judgement((*some, other), {})

    groups = excused_groups(judgement)

    assert [len(group) for group in groups] == [10, 1]
    assert excused_name(groups[0]) == "hvp, jit of 5 cases: a, b, c and 2 more"
    assert excused_name(groups[1]) == "m:a  hvp"
    assert len(excused_groups(judgement, alone=True)) == 11


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Nothing was judged."),
        (["agree"], "The 1 check of 1 case agrees."),
        (["agree", "agree"], "All of 2 checks of 2 cases agree."),
        (["agree", "known"], "Nothing new differs: 1 of 2 checks of 2 cases agree."),
        (["unsupported"], "Nothing new differs: 0 of 1 check of 1 case agree."),
        (["differ", "agree"], "1 of 2 checks of 2 cases does not agree."),
        (["missing", "failed"], "2 of 2 checks of 2 cases do not agree."),
    ],
)
def test_the_headline_never_says_more_than_was_seen(words, told):
    some = (Verdict(f"m:{i}", "forward", word) for i, word in enumerate(words))

    assert headline(Judgement(tuple(some), {})) == told


def test_an_environment_that_says_little_is_still_one_line():
    assert facts_of("torch", {}) == (
        "keras of unknown version",
        "torch of unknown version",
        "unknown device",
    )
    assert facts_of(
        "gpu", {"backend": "torch", "framework": "2.13.0", "keras": "3", "device": "c"}
    ) == ("keras 3", "torch 2.13.0", "c")
    assert facts_of("t", {"framework": "torch 2.13.0"})[1] == "torch 2.13.0"
    assert facts_of("t", {"device": "cuda", "device_name": "H100"})[2] == "cuda (H100)"
    assert facts_of("t", {"device": "cpu", "device_name": "cpu"})[2] == "cpu"


def test_a_difference_tells_its_error_in_units_in_the_last_place() -> None:
    difference = Difference(
        "value", "jax", "y", "float32", "1.1", "1.0", (0,), 0.1, 1e-6, ulps=838860.8
    )

    assert "error 0.1 (8.4e5 ulps), budget 1.0e-6" in describe(difference)


def test_a_verdict_tells_which_side_the_referee_is_on() -> None:
    seconds = {"torch": 1.0, "jax": 1.0, "tensorflow": 1.0}
    verdict = Verdict("m:a", "forward", "differ", ("jax",), seconds=seconds)

    told = sentence(replace(verdict, referee="reference"))

    assert "the NumPy reference sides with torch, tensorflow" in told
    assert "sides with" not in sentence(verdict)
