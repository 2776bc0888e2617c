"""The catalogue of known differences: strict in both directions."""

from __future__ import annotations

import ast
import importlib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

import multibackend
from multibackend.backends import BACKENDS
from multibackend.errors import RecordError
from multibackend.parity.checks.table import CHECKS
from multibackend.parity.compare.catalogue import Entry, apply, parse, read_catalogue
from multibackend.parity.compare.verdict import Difference, Verdict

ENTRY = Entry(
    id="jax-rounds",
    cases=("m:a", "m:b"),
    check="fit",
    backend="jax",
    precision="float64",
    kind="value",
    keras=">=3.15,<3.16",
    reason="it rounds a constant",
    reproducer="python -c 1",
)
ENVIRONMENTS = {
    name: {"backend": name, "keras": "3.15.1"}
    for name in ("torch", "jax", "tensorflow")
}
KNOWN = Difference("value", "jax", "kernel", "float64", "1.1", "1.0", (0,), 0.1, 1e-9)


def verdict(*differences: Difference, **changes: Any) -> Verdict:
    found = Verdict(
        case="m:a",
        check="fit",
        verdict="differ" if differences else "agree",
        blame=tuple(dict.fromkeys(d.backend for d in differences)),
        differences=differences,
        file="m.py",
        line=3,
    )
    return replace(found, **changes)


def test_a_difference_that_the_catalogue_explains_is_known() -> None:
    (judged,) = apply([ENTRY], [verdict(KNOWN)], ENVIRONMENTS)

    assert judged.verdict == "known"
    assert judged.detail == "jax-rounds: it rounds a constant"
    assert judged.differences == (KNOWN,)


@pytest.mark.parametrize(
    "change",
    [
        {"backend": "torch"},
        {"precision": "float32"},
        {"kind": "nonfinite"},
    ],
    ids=str,
)
def test_a_difference_beside_the_known_one_stays_a_difference(change: Any) -> None:
    """Partly explained: what the entry explains must not hide the rest."""
    other = replace(KNOWN, **change)
    (judged,) = apply([ENTRY], [verdict(KNOWN, other)], ENVIRONMENTS)

    assert judged.verdict == "differ"
    assert judged.differences == (other,)
    assert judged.blame == (other.backend,)


def test_two_entries_explain_a_verdict_together() -> None:
    other = replace(KNOWN, backend="tensorflow")
    second = replace(ENTRY, id="tensorflow-too", backend="tensorflow")
    (judged,) = apply([ENTRY, second], [verdict(KNOWN, other)], ENVIRONMENTS)

    assert judged.verdict == "known"
    assert "jax-rounds" in judged.detail
    assert "tensorflow-too" in judged.detail


@pytest.mark.parametrize(
    "found",
    [verdict(), verdict(replace(KNOWN, kind="shape"))],
    ids=["agreement", "another difference"],
)
def test_an_entry_that_no_longer_reproduces_fails(found: Verdict) -> None:
    same, stale = apply([ENTRY], [found], ENVIRONMENTS)

    assert same == found
    assert (stale.case, stale.check) == ("m:a", "catalogue jax-rounds")
    assert stale.verdict == "failed"
    assert "remove this case from the entry" in stale.detail
    assert (stale.file, stale.line) == ("m.py", 3)


@pytest.mark.parametrize("word", ["failed", "missing", "abstain", "unsupported"])
def test_what_was_not_judged_makes_no_entry_stale(word: Any) -> None:
    found = verdict(verdict=word)

    assert apply([ENTRY], [found], ENVIRONMENTS) == [found]


@pytest.mark.parametrize(
    "found",
    [verdict(KNOWN, case="m:c"), verdict(KNOWN, check="forward")],
    ids=["another case", "another check"],
)
def test_an_entry_explains_nothing_beyond_its_scope(found: Verdict) -> None:
    assert apply([ENTRY], [found], ENVIRONMENTS) == [found]


@pytest.mark.parametrize(
    ("version", "word"),
    [
        ("3.15.0", "known"),
        ("3.15.9", "known"),
        ("3.15.0.dev20260101", "differ"),
        ("3.15.2rc1", "known"),
        ("3.14.9", "differ"),
        ("3.16.0", "differ"),
        ("4.0", "differ"),
    ],
)
def test_an_entry_holds_for_its_versions_of_keras(version: str, word: str) -> None:
    about = {"jax": {"backend": "jax", "keras": version}}
    judged = apply([ENTRY], [verdict(KNOWN)], about)

    assert [v.verdict for v in judged] == [word]


def test_an_entry_of_a_backend_without_a_record_is_neither_used_nor_stale() -> None:
    found = verdict()
    about = {"torch": ENVIRONMENTS["torch"]}

    assert apply([ENTRY], [found], about) == [found]


def test_a_record_alone_makes_no_entry_stale() -> None:
    """One backend differs from nobody: whether it still does, others must tell."""
    found = verdict()
    about = {"jax": ENVIRONMENTS["jax"]}

    assert apply([ENTRY], [found], about) == [found]


def test_an_error_that_the_catalogue_explains_is_known_of_a_record_alone() -> None:
    entry = replace(ENTRY, kind="error", precision="float32")
    error = Difference("error", "jax", "", "float32", "TypeError: no", "outputs")
    found = verdict(error, verdict="failed", blame=())
    (judged,) = apply([entry], [found], {"jax": ENVIRONMENTS["jax"]})

    assert judged.verdict == "known"


def test_a_failure_that_tells_no_difference_is_never_known() -> None:
    found = verdict(verdict="failed", detail="the process was killed")

    assert apply([ENTRY], [found], ENVIRONMENTS) == [found]


@pytest.mark.parametrize("label", ["jax-gpu", "jax artifact", "jax 2"])
def test_an_entry_knows_its_backend_under_every_label(label: str) -> None:
    about = {label: {"backend": "jax", "keras": "3.15.1"}}
    found = verdict(replace(KNOWN, backend=label))

    assert apply([ENTRY], [found], about)[0].verdict == "known"


@pytest.mark.parametrize("about", [{}, {"keras": "main"}], ids=["none", "no version"])
def test_a_record_without_a_version_of_keras_is_in_no_scope(about: Any) -> None:
    found = verdict(KNOWN)

    assert apply([ENTRY], [found], {"jax": {"backend": "jax"} | about}) == [found]


def test_of_two_that_disagree_the_catalogue_knows_who_is_off(
    observed, judged, truth
) -> None:
    """Whoever comes first is taken for the truth where there is no majority."""
    off = observed(truth, referee={"output": truth + 1e-3})
    found = replace(judged(jax=off, torch=observed(truth)), check="fit")
    about = {label: ENVIRONMENTS[label] for label in ("jax", "torch")}

    assert [v.verdict for v in apply([ENTRY], [found], about)] == ["known"]


# ------------------------------------------------------------------------- its text


def text(**changes: str | None) -> str:
    lines = {
        "id": '"a"',
        "cases": '["m:a"]',
        "check": '"fit"',
        "backend": '"jax"',
        "precision": '"float64"',
        "kind": '"value"',
        "keras": '">=3.15"',
        "reason": '"because"',
        "reproducer": '"python -c 1"',
    } | changes
    told = [f"{name} = {value}" for name, value in lines.items() if value is not None]
    return "\n".join(["[[entry]]", *told])


def test_a_whole_entry_is_read() -> None:
    (entry,) = parse(text())

    assert (entry.id, entry.cases, entry.kind) == ("a", ("m:a",), "value")
    assert parse("") == ()


@pytest.mark.parametrize("field", ["reason", "reproducer"])
@pytest.mark.parametrize("value", ['""', '"  "'])
def test_an_entry_without_words_is_refused(field: str, value: str) -> None:
    with pytest.raises(RecordError, match="to have a reason and a reproducer"):
        _ = parse(text(**{field: value}))


@pytest.mark.parametrize("field", [field.name for field in fields(Entry)])
def test_an_entry_without_one_of_its_fields_is_refused(field: str) -> None:
    with pytest.raises(RecordError, match=f"`{field}`"):
        _ = parse(text(**{field: None}))


@pytest.mark.parametrize(
    "wrong",
    [
        text(kind='"colour"'),
        text(cases='"m:a"'),
        "[[entries]]\nid = 'a'",
        "[[entry",
    ],
    ids=["no kind", "no list", "another table", "no TOML"],
)
def test_another_text_is_refused(wrong: str) -> None:
    with pytest.raises(RecordError, match="Expected a catalogue"):
        _ = parse(wrong)


# ---------------------------------------------------------------- the one that ships


def declared() -> set[str]:
    """Every declared case, by reading: functions under `@case` in our own modules."""
    room = Path(multibackend.__file__).parent / "parity" / "cases" / "declared"
    found: set[str] = set()
    for file in room.glob("*.py"):
        module = f"multibackend.parity.cases.declared.{file.stem}"
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                marks = [ast.unparse(mark) for mark in node.decorator_list]
                if any(mark.partition("(")[0] == "case" for mark in marks):
                    found.add(f"{module}:{node.name}")
    return found


ENTRIES = read_catalogue()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_that_ships_is_about_cases_checks_and_backends_that_exist(
    entry: Entry,
) -> None:
    assert set(entry.cases) <= declared()
    assert len(set(entry.cases)) == len(entry.cases) > 0
    assert entry.check in CHECKS
    assert entry.backend in BACKENDS
    assert entry.precision in ("float32", "float64")
    assert str(SpecifierSet(entry.keras))
    assert "<" in entry.keras, "an entry for all times to come is never looked at again"


def test_the_entries_that_ship_have_names_of_their_own() -> None:
    assert len({entry.id for entry in ENTRIES}) == len(ENTRIES)


def test_the_cases_that_are_read_are_those_that_are_declared() -> None:
    """Reading finds what running finds, or the test above would prove nothing."""
    select = importlib.import_module("multibackend.parity.cases.select")

    assert {case.name for case in select.select([select.OWN])} == declared()
