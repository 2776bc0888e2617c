"""Reading a record: whole and of our schema, or refused with the next step."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multibackend.errors import RecordError
from multibackend.parity.record.arrays import pack
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.read import find_records, read_record
from multibackend.parity.record.schema import SCHEMA
from multibackend.parity.record.write import GROUPS, RecordWriter


@pytest.fixture
def folder(tmp_path: Path, about, observation) -> Path:
    """A whole record with one observation."""
    writer = RecordWriter(tmp_path / "torch")
    writer.open(about, overwrite=False)
    writer.add(observation)
    writer.close(about)
    return writer.folder


def only(folder: Path, pattern: str) -> Path:
    (file,) = folder.rglob(pattern)
    return file


def change(file: Path, **values: Any) -> None:
    """Writes other values into a JSON file."""
    _ = file.write_text(json.dumps(json.loads(file.read_bytes()) | values))


def read(folder: Path) -> Observation | None:
    return read_record(folder).read("tests.cases.one:gated_dense", "forward")


def test_a_record_comes_back_as_it_was_written(folder: Path, about) -> None:
    record = read_record(folder)

    assert record.about == replace(about, complete=True)
    assert (record.label, record.folder) == ("torch", folder)
    assert list(record.files) == [("tests.cases.one:gated_dense", "forward")]
    assert read_record(folder, label="torch-gpu").label == "torch-gpu"


def test_an_observation_comes_back_as_it_was_written(
    folder: Path, observation: Observation
) -> None:
    found = read(folder)

    assert found is not None
    for field in fields(Observation):
        if field.name not in GROUPS:
            assert getattr(found, field.name) == getattr(observation, field.name)
    for group in GROUPS:
        expected = getattr(observation, group)
        received = getattr(found, group)
        assert set(received) == set(expected)
        for name, array in expected.items():
            assert received[name].dtype == array.dtype
            assert received[name].shape == array.shape
            assert received[name].tobytes() == array.tobytes()


@pytest.mark.parametrize("status", ["ok", "raised", "failed", "unsupported"])
def test_an_observation_without_arrays_comes_back(
    status: Any, tmp_path: Path, about
) -> None:
    bare = Observation("m:a", "fit", status, detail="why")
    writer = RecordWriter(tmp_path)
    writer.open(about, overwrite=False)
    writer.add(bare)

    assert read_record(tmp_path).read("m:a", "fit") == bare


def test_what_was_not_observed_is_none(folder: Path) -> None:
    record = read_record(folder)

    assert record.read("tests.cases.one:gated_dense", "fit") is None
    assert record.read("m:b", "forward") is None


# ---------------------------------------------------------------------------- damaged


@pytest.mark.parametrize("pattern", ["record.json", "*.forward.json"])
@pytest.mark.parametrize("part", [0.0, 0.01, 0.2, 0.5, 0.8, 0.98])
def test_json_cut_short_is_refused(pattern: str, part: float, folder: Path) -> None:
    file = only(folder, pattern)
    data = file.read_bytes()
    _ = file.write_bytes(data[: int(part * len(data))])

    with pytest.raises(RecordError, match=r"cut short or damaged .* Record again"):
        _ = read(folder)


@pytest.mark.parametrize("pattern", ["record.json", "*.forward.json"])
@pytest.mark.parametrize("text", [b"\xff\xfe", b"null", b"[]", b"{}", b"3", b'"a"'])
def test_what_is_not_ours_is_refused(pattern: str, text: bytes, folder: Path) -> None:
    _ = only(folder, pattern).write_bytes(text)

    with pytest.raises(RecordError, match=r"another one|cut short or damaged"):
        _ = read(folder)


@pytest.mark.parametrize("pattern", ["record.json", "*.forward.json"])
@pytest.mark.parametrize(
    ("number", "cure"),
    [(SCHEMA + 1, "Update multibackend"), (99, "Update"), (0, "Record again")],
)
def test_another_schema_is_refused_with_its_cure(
    pattern: str, number: int, cure: str, folder: Path
) -> None:
    change(only(folder, pattern), schema=number)

    with pytest.raises(RecordError, match=rf"received schema {number}\. {cure}"):
        _ = read(folder)


def test_another_schema_is_told_before_fields_that_it_may_lack(folder: Path) -> None:
    _ = (folder / "record.json").write_text('{"schema": 99, "who": "torch"}')

    with pytest.raises(RecordError, match="received schema 99"):
        _ = read_record(folder)


@pytest.mark.parametrize("number", [-1, SCHEMA + 1])
def test_another_schema_is_refused_wherever_it_stands(
    number: int, folder: Path
) -> None:
    file = folder / "record.json"
    about = json.loads(file.read_bytes())
    about |= {"started": "2026" + " " * 5000}
    _ = about.pop("schema")
    _ = file.write_text(json.dumps(about | {"schema": number}))

    with pytest.raises(RecordError, match="received schema"):
        _ = read_record(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"format": "another record"},
        {"format": "multibackend observation"},
        {"backend": None},
        {"backend": ["torch"]},
        {"environment": "cpu"},
        {"complete": "yes"},
        {"cases": "m:a"},
        {"schema": "1"},
    ],
    ids=str,
)
def test_a_record_with_another_type_in_it_is_refused(
    values: dict[str, Any], folder: Path
) -> None:
    change(folder / "record.json", **values)

    with pytest.raises(RecordError, match="Check the folder"):
        _ = read_record(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"format": "multibackend record"},
        {"status": "agree"},
        {"case": 3},
        {"line": "12"},
        {"dtypes": {"a": 1}},
        {"raised": "ValueError"},
    ],
    ids=str,
)
def test_an_observation_with_another_type_in_it_is_refused(
    values: dict[str, Any], folder: Path
) -> None:
    change(only(folder, "*.forward.json"), **values)

    with pytest.raises(RecordError, match="Check the folder"):
        _ = read_record(folder)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:10],
        lambda data: b"",
        lambda data: data + b"\0",
        lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:],
    ],
    ids=["cut short", "cut shorter", "empty", "one byte more", "one bit"],
)
def test_damaged_arrays_are_refused(damage: Any, folder: Path) -> None:
    """One bit in a number is still a safetensors file: the digest tells."""
    file = only(folder, "*.safetensors")
    _ = file.write_bytes(damage(file.read_bytes()))

    with pytest.raises(RecordError, match="Record again"):
        _ = read(folder)


def test_lost_arrays_are_refused(folder: Path) -> None:
    only(folder, "*.safetensors").unlink()

    with pytest.raises(RecordError, match="Expected to read"):
        _ = read(folder)


def test_arrays_of_another_observation_are_refused(
    folder: Path, about, observation
) -> None:
    """Two files exchanged by a careless copy are both whole."""
    other = replace(observation, check="fit", outputs={"a": np.ones(3)})
    writer = RecordWriter(folder)
    writer.add(other)
    one, two = sorted(folder.rglob("*.safetensors"))
    first, second = one.read_bytes(), two.read_bytes()
    _ = one.write_bytes(second)
    _ = two.write_bytes(first)

    with pytest.raises(RecordError, match="received other bytes"):
        _ = read(folder)


@pytest.mark.parametrize(
    "place", ["../../secret.safetensors", "/etc/passwd", "other.safetensors", ""]
)
def test_a_record_cannot_point_outside_itself(
    place: str, folder: Path, tmp_path: Path
) -> None:
    """The name in the file is not followed: the arrays lie beside it or nowhere."""
    file = only(folder, "*.safetensors")
    change(only(folder, "*.forward.json"), arrays=place)
    assert read(folder) is not None

    _ = file.rename(tmp_path / "secret.safetensors")
    with pytest.raises(RecordError, match="Expected to read"):
        _ = read(folder)


@pytest.mark.parametrize("name", ["a", "secrets/a", "/a", "../outputs/a"])
def test_an_array_of_no_group_is_refused(name: str, folder: Path) -> None:
    data, dtypes = pack({name: np.ones(2)})
    _ = only(folder, "*.safetensors").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    change(only(folder, "*.forward.json"), digest=digest, dtypes=dtypes)

    with pytest.raises(RecordError, match="array group"):
        _ = read(folder)


def test_two_files_for_one_observation_are_refused(folder: Path) -> None:
    file = only(folder, "*.forward.json")
    _ = (file.parent / f"copy of {file.name}").write_bytes(file.read_bytes())

    with pytest.raises(RecordError, match=r"copy of .*"):
        _ = read_record(folder)


def test_a_file_that_was_being_written_is_not_read(folder: Path) -> None:
    _ = (folder / "cases" / ".1234.part").write_bytes(b"{")

    assert read(folder) is not None


# ----------------------------------------------------------------------------- finding


def record_at(folder: Path, about) -> Path:
    RecordWriter(folder).open(about, overwrite=False)
    return folder


@pytest.mark.parametrize("depth", range(4))
def test_a_record_is_found_at_or_below_a_folder(
    depth: int, tmp_path: Path, about
) -> None:
    """Downloaded artifacts lie at artifact/environment/backend."""
    inner = tmp_path.joinpath(*("artifact", "environment", "torch")[:depth])

    record = record_at(inner, about)

    assert find_records([tmp_path]) == [record]
    assert find_records([record]) == [record]


def test_all_records_are_found_once_in_the_order_of_the_folders(
    tmp_path: Path, about
) -> None:
    jax = record_at(tmp_path / "a" / "jax", about)
    torch = record_at(tmp_path / "b" / "torch", about)
    tensorflow = record_at(tmp_path / "b" / "tensorflow", about)

    assert find_records([tmp_path / "b", tmp_path]) == [tensorflow, torch, jax]
    assert find_records([torch, jax, torch]) == [torch, jax]


def test_a_folder_without_a_record_is_refused(tmp_path: Path, about) -> None:
    """Also beside one that has some: a job whose record is lost must not pass."""
    record = record_at(tmp_path / "torch", about)
    (tmp_path / "empty").mkdir()

    with pytest.raises(RecordError, match=r"found no record\.json.*run --out"):
        _ = find_records([record, tmp_path / "empty"])


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"found none.*run --out"):
        _ = find_records([tmp_path / "nowhere"])


def test_a_record_without_its_first_file_is_refused(folder: Path) -> None:
    (folder / "record.json").unlink()

    with pytest.raises(RecordError, match="Expected to read"):
        _ = read_record(folder)
