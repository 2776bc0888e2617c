"""Checks between two backends: only who was asked owes an answer, and the faulty is blamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from multibackend.parity.compare.pairs import (
    blame_sender,
    in_order,
    never_exchanged,
    owes,
)
from multibackend.parity.compare.verdict import Verdict
from multibackend.parity.record.read import Record
from multibackend.parity.record.schema import SCHEMA, RecordFile

SAVE = "save from torch"


def record(backend: str, *checks: str, exchanged: tuple[str, ...] = ()) -> Record:
    about = RecordFile(
        format="multibackend record",
        schema=SCHEMA,
        backend=backend,
        environment={},
        started="",
        exchanged=exchanged,
    )
    files = {("m:a", check): Path(f"{check}.json") for check in checks}
    return Record(backend, Path("out") / backend, about, files)


def test_what_starts_from_a_backend_stands_where_its_check_does() -> None:
    checks = {"zebra", "save from jax", SAVE, "forward"}

    assert in_order(checks) == ["forward", "save from jax", SAVE, "zebra"]


@pytest.mark.parametrize(
    ("made", "check", "owed"),
    [
        (record("jax"), "forward", True),
        (record("jax"), SAVE, False),
        (record("jax", exchanged=("tensorflow",)), SAVE, False),
        (record("jax", exchanged=("torch",)), SAVE, True),
        (record("torch"), SAVE, True),
        (record("jax", SAVE), SAVE, True),
    ],
    ids=["plain", "never", "with another", "with torch", "itself", "interrupted"],
)
def test_only_who_was_asked_owes_an_answer(
    made: Record, check: str, *, owed: bool
) -> None:
    """An interrupted exchange has some answers, and these are judged."""
    assert owes(made, "m:a", check) is owed


def test_a_record_that_did_not_load_what_another_saved_gets_the_command() -> None:
    saved = record("torch", SAVE)

    (note,) = never_exchanged([saved, record("jax")])
    assert "jax has not loaded what torch saved" in note
    assert f"multibackend run --backend jax --exchange {saved.folder}" in note


@pytest.mark.parametrize(
    "records",
    [
        [record("torch", SAVE)],
        [record("torch", "forward"), record("jax", "forward")],
        [record("torch", SAVE), record("jax", SAVE, exchanged=("torch",))],
    ],
    ids=["alone", "saves nothing", "exchanged"],
)
def test_where_nothing_was_left_out_nothing_is_noted(records: list[Record]) -> None:
    assert never_exchanged(records) == []


ALL = [record("torch", SAVE), record("jax", SAVE), record("tensorflow", SAVE)]


@pytest.mark.parametrize(
    ("records", "far", "blame"),
    [
        (ALL, ("jax", "tensorflow"), ("torch",)),
        (ALL, ("torch", "jax", "tensorflow"), ("torch",)),
        (ALL, ("jax",), ("jax",)),
        (ALL, ("torch",), ("torch",)),
        (ALL, ("torch", "jax"), ("torch", "jax")),
        (ALL[:1], ("torch",), ("torch",)),
        (ALL[1:], ("jax", "tensorflow"), ("jax", "tensorflow")),
    ],
)
def test_who_saves_what_nobody_else_can_load_is_blamed(
    records: list[Record], far: tuple[str, ...], blame: tuple[str, ...]
) -> None:
    verdict = Verdict("m:a", SAVE, "differ", blame=far)

    assert blame_sender(verdict, records).blame == blame


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict("m:a", "forward", "differ", blame=("jax", "tensorflow")),
        Verdict("m:a", SAVE, "failed", blame=("jax", "tensorflow")),
        Verdict("m:a", SAVE, "agree"),
    ],
    ids=lambda verdict: f"{verdict.check} {verdict.verdict}",
)
def test_any_other_verdict_stays_as_it_is(verdict: Verdict) -> None:
    assert blame_sender(verdict, ALL) == verdict
