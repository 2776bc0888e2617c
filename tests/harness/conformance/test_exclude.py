"""Exclusions: with a reason and an end, and only for the backend that has them."""

from __future__ import annotations

import datetime as dt

import pytest

from multibackend.conformance.draws import n
from multibackend.conformance.exclude import read_exclusions
from multibackend.conformance.table import Table
from multibackend.conformance.tables import MODULE
from multibackend.errors import TargetError
from multibackend.parity.compare.verdict import Judgement, Verdict, Word

TODAY = dt.date(2026, 11, 29)
FILE = """
[[exclude]]
samples = ["ops.add"]
checks = ["forward"]
reason = "not done yet"
expires = 2027-01-01

[[exclude]]
samples = ["keras.ops.sub[*"]
reason = "crashes"
expires = 2027-01-01

[[exclude]]
samples = ["ops.mul"]
checks = ["forward"]
reason = "was hard"
expires = 2026-11-29
"""


@pytest.fixture
def samples():
    t = Table("ops.small", "keras.ops", jit=False)
    for name in ("add", "sub", "mul"):
        t(name, "one", n(2))
    return t.every()


@pytest.fixture
def exclusions(tmp_path):
    file = tmp_path / "exclude.toml"
    _ = file.write_text(FILE, "utf-8")
    return read_exclusions(file, "mine", TODAY)


def verdict(name, blame=("mine",), check="forward", word: Word = "differ"):
    return Verdict(f"{MODULE}:keras.ops.{name}[one]", check, word, blame=blame)


def applied(exclusions, samples, *verdicts):
    return exclusions.applied(Judgement(verdicts, {}), samples)


def test_without_checks_a_sample_is_not_run(exclusions, samples):
    assert exclusions.unasked(samples) == {
        f"{MODULE}:keras.ops.sub[one]": "excluded until 2027-01-01: crashes"
    }


def test_a_difference_is_excused_with_its_reason(exclusions, samples):
    (found,) = applied(exclusions, samples, verdict("add")).verdicts

    assert found.verdict == "unsupported"
    assert found.detail == "excluded until 2027-01-01: not done yet"


@pytest.mark.parametrize(
    "other",
    [
        verdict("add", blame=("torch",)),
        verdict("add", blame=("mine", "torch")),
        verdict("add", check="spec"),
        verdict("mul"),
        verdict("add", word="agree"),
    ],
    ids=["another backend", "another too", "another check", "expired", "agrees"],
)
def test_nothing_else_is_excused(exclusions, samples, other):
    (found,) = applied(exclusions, samples, other).verdicts

    assert found == other


def test_what_expired_and_what_is_not_needed_is_said(exclusions, samples):
    notes = applied(exclusions, samples, verdict("mul")).notes

    assert any("ops.mul expired on 2026-11-29: was hard" in note for note in notes)
    assert any("ops.add (forward) excuses nothing any more" in note for note in notes)


@pytest.mark.parametrize(
    "text",
    [
        "exclude = 3",
        "[[exclude]]\nsamples = []\nreason = 'x'\nexpires = 2027-01-01",
        "[[exclude]]\nsamples = ['a']\nexpires = 2027-01-01",
        "[[exclude]]\nsamples = ['a']\nreason = ' '\nexpires = 2027-01-01",
        "[[exclude]]\nsamples = ['a']\nreason = 'x'",
        "[[exclude]\n",
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(tmp_path, text):
    file = tmp_path / "exclude.toml"
    _ = file.write_text(text, "utf-8")

    with pytest.raises(TargetError, match="Expected exclusions in"):
        _ = read_exclusions(file, "mine", TODAY)
