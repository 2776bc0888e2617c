"""Writing a record: whole files, names of their own, and nothing lost."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multibackend.errors import OutputError, RecordError
from multibackend.parity.record.atomic import make_folder, write_atomically
from multibackend.parity.record.read import read_record
from multibackend.parity.record.write import (
    GROUPS,
    RecordWriter,
    file_stem,
    saved_stem,
    write_observation,
)

HOSTILE = [
    "m:a/b",
    "m:../../../etc/passwd",
    "m:a\\b",
    "m:über_größe",
    "m:模型",
    "m:",
    "m:...",
    "m:CON",
    "m: a b",
    "m:a\nb",
    "m:a\x00b",
    "m:" + "x" * 5000,
    "m:" + "x" * 5001,
    "n:" + "x" * 5000,
    "m:a-b",
    "m:a_b",
    "m:A_B",
    "m:a b",
    "n:a_b",
    "m:a:b",
    "a_b",
]


@pytest.fixture
def writer(tmp_path: Path) -> RecordWriter:
    return RecordWriter(tmp_path / "records" / "torch")


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("case", HOSTILE)
def test_any_case_name_gives_a_file_name_that_any_system_takes(case: str) -> None:
    stem = file_stem(case, "forward")

    assert re.fullmatch(r"[A-Za-z0-9-]+\.forward", stem)
    assert len(stem) <= 100
    assert not stem.startswith("-")


def test_two_cases_never_share_a_file() -> None:
    """Not where a file system ignores case, either."""
    stems = {file_stem(case, "forward").lower() for case in HOSTILE}

    assert len(stems) == len(HOSTILE)


def test_two_checks_of_a_case_never_share_a_file() -> None:
    assert file_stem("m:a", "forward") != file_stem("m:a", "fit")


def test_a_file_name_tells_its_case_to_people() -> None:
    assert file_stem("tests.one:gated_dense", "fit").startswith("gated-dense-")


@pytest.mark.parametrize("case", HOSTILE)
def test_a_case_of_any_name_is_written_inside_its_folder_and_read_back(
    case: str, writer: RecordWriter, about, observation, tmp_path: Path
) -> None:
    writer.open(about, overwrite=False)
    writer.add(replace(observation, case=case))
    written = {file.parent for file in tmp_path.rglob("*") if file.is_file()}

    assert written == {writer.folder, writer.cases}
    found = read_record(writer.folder).read(case, "forward")
    assert found is not None
    assert found.case == case


def test_a_record_is_incomplete_until_it_is_closed(writer: RecordWriter, about) -> None:
    writer.open(about, overwrite=False)
    assert not read_record(writer.folder).about.complete

    writer.close(about)
    assert read_record(writer.folder).about.complete


def test_an_observation_is_on_disk_before_the_record_is_closed(
    writer: RecordWriter, about, observation
) -> None:
    """A crash later must not cost it."""
    writer.open(about, overwrite=False)
    writer.add(observation)

    assert read_record(writer.folder).read(observation.case, "forward") is not None


def test_an_earlier_record_is_not_replaced_unasked(
    writer: RecordWriter, about, observation
) -> None:
    writer.open(about, overwrite=False)
    writer.add(observation)
    writer.close(about)
    before = everything_in(writer.folder)

    with pytest.raises(OutputError, match="pass --overwrite"):
        writer.open(about, overwrite=False)
    assert everything_in(writer.folder) == before


def test_an_earlier_record_is_replaced_whole_when_asked(
    writer: RecordWriter, about, observation
) -> None:
    """An observation of the earlier record must not be read as one of the new."""
    writer.open(about, overwrite=False)
    writer.add(observation)
    writer.open(replace(about, backend="jax"), overwrite=True)

    assert list(everything_in(writer.folder)) == ["record.json"]
    assert read_record(writer.folder).about.backend == "jax"


@pytest.mark.parametrize("name", ["notes.txt", "mine/notes.txt"])
def test_what_is_no_part_of_a_record_survives_its_replacement(
    name: str, writer: RecordWriter, about, observation
) -> None:
    writer.open(about, overwrite=False)
    writer.add(observation)
    file = writer.cases / name
    file.parent.mkdir(exist_ok=True)
    _ = file.write_text("keep me")
    writer.open(about, overwrite=True)

    assert file.read_text() == "keep me"


def test_what_was_saved_for_others_goes_with_the_record(
    writer: RecordWriter, about
) -> None:
    """A file of an earlier run would be loaded as if this one had saved it."""
    writer.open(about, overwrite=False)
    stem = saved_stem(writer.folder, "m:a")
    stem.parent.mkdir()
    for ending in (".keras", ".weights.h5"):
        stem.with_name(stem.name + ending).touch()
    note = stem.with_name("note.txt")
    note.touch()
    writer.open(about, overwrite=True)

    assert list(stem.parent.iterdir()) == [note]


@pytest.mark.parametrize(
    "case", ["m:../../a", "/etc/a", "m:a\\..\\b", "m:" + "x" * 999]
)
def test_what_is_saved_of_a_case_lies_in_the_record_whatever_its_name(
    case: str, tmp_path: Path
) -> None:
    stem = saved_stem(tmp_path, case)

    assert stem.parent == tmp_path / "saved"
    assert len(stem.name) < 100


def test_a_record_without_cases_is_replaced_too(writer: RecordWriter, about) -> None:
    """An artifact store drops empty folders."""
    writer.open(about, overwrite=False)
    writer.cases.rmdir()
    writer.open(about, overwrite=True)

    assert writer.cases.is_dir()


def test_python_objects_leave_no_half_observation(
    writer: RecordWriter, about, observation
) -> None:
    writer.open(about, overwrite=False)
    bad = replace(observation, outputs={"a": np.array([None])})

    with pytest.raises(RecordError, match="Python objects"):
        writer.add(bad)
    assert list(everything_in(writer.cases)) == []


def test_the_arrays_are_written_before_the_file_that_names_them(
    writer: RecordWriter, about, observation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between the two leaves arrays that nobody reads, not names of nothing."""
    order: list[str] = []

    def note(path: Path, data: bytes) -> None:
        order.append(path.suffix)

    writer.open(about, overwrite=False)
    monkeypatch.setattr("multibackend.parity.record.write.write_atomically", note)
    writer.add(observation)

    assert order == [".safetensors", ".json"]


def test_an_observation_without_arrays_has_one_file(
    writer: RecordWriter, about, observation
) -> None:
    writer.open(about, overwrite=False)
    none: dict[str, Any] = {group: {} for group in GROUPS}
    write_observation(writer.cases, replace(observation, **none))

    (file,) = writer.cases.iterdir()
    assert json.loads(file.read_bytes())["arrays"] is None


def test_a_file_is_replaced_by_the_new_one(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.json", b"old")
    write_atomically(tmp_path / "a.json", b"new")

    assert everything_in(tmp_path) == {"a.json": b"new"}


def test_a_write_that_fails_keeps_the_old_file_and_leaves_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomically(tmp_path / "a.json", b"old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match=r"No space left on device.*--out"):
        write_atomically(tmp_path / "a.json", b"new")
    monkeypatch.undo()

    assert everything_in(tmp_path) == {"a.json": b"old"}


def test_an_interrupted_write_keeps_the_old_file_and_leaves_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomically(tmp_path / "a.json", b"old")

    def stop(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.json", b"new")
    monkeypatch.undo()

    assert everything_in(tmp_path) == {"a.json": b"old"}


def test_a_folder_in_the_way_of_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()

    with pytest.raises(OutputError, match="Expected to write"):
        write_atomically(tmp_path / "a.json", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("inner", ["record", "record/cases"])
def test_a_file_in_the_way_of_a_folder_is_an_output_error(
    inner: str, tmp_path: Path
) -> None:
    _ = (tmp_path / "record").write_text("mine")

    with pytest.raises(OutputError, match="Choose another folder with --out"):
        make_folder(tmp_path / inner)
    assert (tmp_path / "record").read_text() == "mine"
