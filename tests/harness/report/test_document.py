import json
import math
import os
import threading
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multibackend.errors import OutputError, RecordError
from multibackend.parity.compare.shown import Curve, Element, Evidence
from multibackend.parity.compare.verdict import (
    KINDS,
    VERDICTS,
    Difference,
    Judgement,
    Verdict,
)
from multibackend.parity.report import schema
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.document import read_json, to_document, write_json
from multibackend.parity.report.exit import exit_code

SHIPPED = json.loads(
    files("multibackend.parity.report").joinpath("verdicts.schema.json").read_text()
)
VALIDATOR = jsonschema.Draft202012Validator(SHIPPED)

FIXTURES = ("sample", "hostile_judgement", "seven", "empty")

number = st.floats() | st.none()
differences = st.builds(
    Difference,
    kind=st.sampled_from(KINDS),
    backend=st.text(),
    output=st.text(),
    precision=st.sampled_from(["float32", "float64"]),
    received=st.text(),
    expected=st.text(),
    index=st.none() | st.lists(st.integers(0, 99)).map(tuple),
    error=number,
    budget=st.floats(min_value=0) | st.none(),
    detail=st.text(),
)
index = st.lists(st.integers(0, 99), max_size=3).map(tuple)
elements = st.builds(
    Element,
    index=index,
    expected=st.text(),
    received=st.dictionaries(st.text(), st.text(), max_size=2),
    ulps=st.dictionaries(st.text(), st.floats(), max_size=2),
)
curves = st.builds(
    Curve,
    name=st.text(),
    steps=index,
    lines=st.dictionaries(st.text(), st.tuples(st.floats()), max_size=2),
)
evidence = st.builds(
    Evidence,
    output=st.text(),
    backend=st.text(),
    precision=st.text(),
    shape=index,
    elements=st.tuples(elements),
    map=st.tuples(st.tuples(st.floats(), st.floats())),
    histogram=st.dictionaries(st.text(), index, max_size=2),
    curves=st.tuples(curves),
)
verdicts = st.builds(
    Verdict,
    case=st.text(),
    check=st.text(),
    verdict=st.sampled_from(VERDICTS),
    blame=st.lists(st.text(), max_size=2).map(tuple),
    differences=st.lists(differences, max_size=2).map(tuple),
    ratio=number,
    error=number,
    budget=number,
    output=st.none() | st.text(),
    detail=st.text(),
    site=st.none() | st.text(),
    file=st.text(),
    line=st.integers(0, 9999),
    seconds=st.dictionaries(st.text(), st.floats(), max_size=2),
    evidence=st.none() | evidence,
    reproducer=st.text(),
)


@pytest.mark.parametrize("name", FIXTURES)
def test_what_is_written_is_read_back_and_fits_the_shipped_schema(
    name, request, tmp_path
):
    judgement = request.getfixturevalue(name)
    path = tmp_path / "verdicts.json"

    write_json(judgement, path)
    back = read_json(path)

    # NaN is not equal to itself: the documents are compared, where it is a word.
    assert to_document(back) == to_document(judgement)
    assert [v.verdict for v in back.verdicts] == [v.verdict for v in judgement.verdicts]
    VALIDATOR.validate(json.loads(path.read_text("utf-8")))


def test_a_judgement_of_finite_numbers_comes_back_equal(sample, tmp_path):
    write_json(sample, tmp_path / "v.json")

    assert read_json(tmp_path / "v.json") == sample


# A busy machine may take its time over a file.
@settings(deadline=None)
@given(st.lists(verdicts, max_size=3))
def test_any_text_and_any_float_comes_back(tmp_path_factory, some):
    judgement = Judgement(tuple(some), {"torch": {"keras": "3"}})
    path = tmp_path_factory.mktemp("any") / "v.json"

    write_json(judgement, path)

    assert to_document(read_json(path)) == to_document(judgement)
    VALIDATOR.validate(json.loads(path.read_text("utf-8")))


def test_the_document_has_the_fields_of_the_design(sample):
    document = to_document(sample)
    verdict = next(v for v in document["verdicts"] if v["verdict"] == "differ")

    assert document["summary"] == {
        "cases": 39,
        "checks": 156,
        "agree": 137,
        "differ": 6,
        "known": 1,
        "abstain": 1,
        "unsupported": 8,
        "failed": 2,
        "missing": 1,
    }
    assert verdict["case"].endswith(":gated_dense")
    assert verdict["blame"] == ["jax"]
    assert verdict["kind"] == "value"
    assert verdict["where"] == {"output": "kernel", "index": [0, 3]}
    assert verdict["ratio"] == pytest.approx(77.5)
    assert len(verdict["differences"]) == 3


def test_infinite_and_undefined_numbers_are_words_that_float_reads(tmp_path):
    seconds = {"a": math.inf, "b": -math.inf, "c": math.nan}
    verdict = Verdict("m:c", "forward", "differ", ratio=math.inf, seconds=seconds)
    path = tmp_path / "v.json"

    write_json(Judgement((verdict,), {"torch": {"x": math.nan}}), path)
    text = path.read_text()
    stored = json.loads(text, parse_constant=pytest.fail)
    back = read_json(path).verdicts[0]

    assert stored["verdicts"][0]["ratio"] == "Infinity"
    assert stored["verdicts"][0]["error"] is None
    assert list(stored["verdicts"][0]["seconds"].values()) == [
        "Infinity",
        "-Infinity",
        "NaN",
    ]
    assert back.ratio == math.inf
    assert math.isnan(back.seconds["c"])


def test_facts_that_json_does_not_know_become_text():
    facts: dict[Any, Any] = {"path": Path("x"), 3: (1, {"deep": math.inf})}

    document = to_document(Judgement((), {"torch": facts}))

    assert document["environments"] == {
        "torch": {"path": "x", "3": [1, {"deep": "Infinity"}]}
    }


@pytest.mark.parametrize(
    ("definition", "struct"),
    [
        (SHIPPED, schema.Document),
        (SHIPPED["$defs"]["summary"], schema.Summary),
        (SHIPPED["$defs"]["verdict"], schema.Entry),
        (SHIPPED["$defs"]["difference"], schema.Gap),
        (SHIPPED["$defs"]["place"], schema.Place),
    ],
    ids=["document", "summary", "verdict", "difference", "place"],
)
def test_the_shipped_schema_names_every_field_and_no_other(definition, struct):
    fields = [field.name for field in msgspec.structs.fields(struct)]

    assert list(definition["properties"]) == fields
    assert definition["required"] == fields
    assert definition["additionalProperties"] is False


def test_the_shipped_schema_names_every_word_and_kind():
    assert SHIPPED["$defs"]["word"]["enum"] == list(VERDICTS)
    assert SHIPPED["$defs"]["kind"]["enum"] == list(KINDS)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"verdicts": [{"case": "m:c"}]},
        {"stages": {"run": None}},
        {"extra": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_shipped_schema_can_refuse(sample, change):
    VALIDATOR.validate(to_document(sample))

    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(to_document(sample) | change)


def cut(text):
    return text[: len(text) // 2]


def other_schema(text):
    return text.replace('"schema": 1', '"schema": 2', 1)


def no_schema(text):
    return text.replace('"schema": 1', '"version": 1', 1)


def unknown_word(text):
    return text.replace('"verdict": "differ"', '"verdict": "fine"', 1)


def unknown_field(text):
    return text.replace('"notes"', '"surprise": 1, "notes"', 1)


def lost_verdict(text):
    document = json.loads(text)
    return json.dumps(document | {"verdicts": document["verdicts"][1:]})


def other_kind(text):
    return text.replace('"kind": "value"', '"kind": "shape"', 1)


def nested(text):
    return text.replace('"notes": [', '"notes": [' + "[" * 100_000, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (cut, "truncated"),
        (other_schema, "schema 2"),
        (no_schema, "another JSON file"),
        (unknown_word, "fine"),
        (unknown_field, "surprise"),
        (lost_verdict, "does not fit"),
        (other_kind, "does not fit"),
        (nested, "received"),
        (lambda _: "", "truncated"),
        (lambda _: "[1, 2]", "another JSON file"),
        (lambda _: "\x00\x01", "damaged"),
        (lambda _: '{"schema": 1e999}', "received"),
    ],
    ids=[
        "cut short",
        "another schema",
        "no schema",
        "an unknown word",
        "an unknown field",
        "a verdict lost",
        "a derived field changed",
        "deeply nested",
        "empty",
        "a list",
        "binary",
        "an infinite schema",
    ],
)
def test_a_file_that_is_not_whole_or_not_ours_is_refused(
    sample, tmp_path, change, told
):
    path = tmp_path / "v.json"
    write_json(sample, path)
    _ = path.write_text(change(path.read_text("utf-8")), "utf-8")

    with pytest.raises(RecordError) as caught:
        _ = read_json(path)

    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert "multibackend compare" in str(caught.value)


def test_bytes_that_are_no_text_are_refused(sample, tmp_path):
    path = tmp_path / "v.json"
    write_json(sample, path)
    _ = path.write_bytes(path.read_bytes().replace(b"gated", b"\xff\xfe\xff", 1))

    with pytest.raises(RecordError):
        _ = read_json(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(RecordError, match=r"nothing\.json.*No such file"):
        _ = read_json(tmp_path / "nothing.json")


def test_a_folder_that_is_missing_is_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "file", "text")

    assert (tmp_path / "a" / "b" / "file").read_text() == "text"


@pytest.mark.parametrize("target", ["file/below", "folder", "nul\0"])
def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path, target):
    _ = (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()

    with pytest.raises(OutputError, match=r"Expected to write .*Name a file"):
        write_text(tmp_path / target, "new")

    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_failure_in_the_middle_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_text(path, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        write_text(path, "new")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_text(tmp_path / "link", "text")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "text")
    reader.join(10)

    assert read == ["text"]
    assert pipe.is_fifo()


def test_a_file_has_the_permissions_that_umask_gives(tmp_path):
    write_text(tmp_path / "ours", "x")
    _ = (tmp_path / "usual").write_text("x")

    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("agree", 0),
        ("known", 0),
        ("abstain", 0),
        ("unsupported", 0),
        ("differ", 1),
        ("failed", 1),
        ("missing", 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst_word(word, code):
    agree = Verdict("m:a", "forward", "agree")
    judgement = Judgement((agree, replace(agree, case="m:b", verdict=word)), {})

    assert exit_code(judgement) == code


def test_nothing_judged_is_no_success(empty):
    assert exit_code(empty) == 1
