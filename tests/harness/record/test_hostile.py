"""A record from a stranger: it runs nothing, leads nowhere, and ends in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from multibackend.errors import OutputError, RecordError
from multibackend.parity.record.arrays import pack
from multibackend.parity.record.journal import JOURNAL, read_finished
from multibackend.parity.record.read import find_records, read_record
from multibackend.parity.record.write import RecordWriter


@pytest.fixture
def folder(tmp_path: Path, about, observation) -> Path:
    """A whole record with one observation."""
    writer = RecordWriter(tmp_path / "mine" / "torch")
    writer.open(about, overwrite=False)
    writer.add(observation)
    writer.close(about)
    return writer.folder


def only(folder: Path, pattern: str) -> Path:
    (file,) = folder.rglob(pattern)
    return file


def read(folder: Path) -> None:
    record = read_record(folder)
    for case, check in record.files:
        _ = record.read(case, check)


def header(**about: object) -> bytes:
    text = json.dumps({"outputs/a": about}).encode()
    return struct.pack("<Q", len(text)) + text


CLAIMS = {
    "a shape of 2**60": header(dtype="F32", shape=[2**60], data_offsets=[0, 2**62]),
    "a shape whose size overflows": header(
        dtype="F32", shape=[2**33, 2**33], data_offsets=[0, 4]
    ),
    "offsets behind the end": header(
        dtype="U8", shape=[10**9], data_offsets=[0, 10**9]
    ),
    "a negative shape": header(dtype="F32", shape=[-1], data_offsets=[0, 4]),
    "a header of 2**63 bytes": struct.pack("<Q", 2**63) + b"{}",
    "a header of 90 MB": struct.pack("<Q", 90 * 10**6) + b"{}",
    "a header nested 100,000 deep": struct.pack("<Q", 200_000)
    + b"[" * 100_000
    + b"]" * 100_000,
}


@pytest.mark.parametrize("data", CLAIMS.values(), ids=CLAIMS)
def test_what_arrays_claim_to_be_is_not_believed(data: bytes, folder: Path) -> None:
    """Its digest is right: whoever made it could compute that too."""
    _ = only(folder, "*.safetensors").write_bytes(data)
    file = only(folder, "*.forward.json")
    told = {"digest": hashlib.sha256(data).hexdigest(), "dtypes": {"outputs/a": "f4"}}
    _ = file.write_text(json.dumps(json.loads(file.read_bytes()) | told))

    with pytest.raises(RecordError, match="Record again"):
        read(folder)


@pytest.mark.parametrize("dtype", ["O", "V0", "S0", "M8[fs", "f4,O", "np.evil()", ""])
def test_no_dtype_makes_objects_of_bytes(dtype: str, folder: Path) -> None:
    data, _ = pack({"outputs/a": np.zeros((2, 8), "uint8")})
    _ = only(folder, "*.safetensors").write_bytes(data)
    file = only(folder, "*.forward.json")
    told = {"digest": hashlib.sha256(data).hexdigest(), "dtypes": {"outputs/a": dtype}}
    _ = file.write_text(json.dumps(json.loads(file.read_bytes()) | told))

    with pytest.raises(RecordError):
        read(folder)


@pytest.mark.parametrize("pattern", ["record.json", "*.forward.json"])
@pytest.mark.parametrize("field", ["environment", "dtypes", "nobody asked for this"])
def test_deep_nesting_is_refused(pattern: str, field: str, folder: Path) -> None:
    file = only(folder, pattern)
    deep = "[" * 100_000 + "]" * 100_000
    text = json.dumps(json.loads(file.read_bytes()) | {field: 0})
    _ = file.write_text(text.replace(f'"{field}": 0', f'"{field}": {deep}'))

    with pytest.raises(RecordError, match=r"Record again|Check the folder"):
        read(folder)


@pytest.mark.parametrize(
    "name", ["record.json", "cases", "*.forward.json", "*.safetensors"]
)
def test_a_link_out_of_the_record_is_not_followed(
    name: str, folder: Path, tmp_path: Path
) -> None:
    place = only(folder, name)
    secret = place.rename(tmp_path / "secret")
    place.symlink_to(secret)

    with pytest.raises(RecordError, match=r"received a link to .*secret"):
        read(folder)


def test_a_folder_that_leads_elsewhere_is_not_looked_into(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "torch").symlink_to(folder)

    with pytest.raises(RecordError, match=r"lie inside it.*Name that folder"):
        _ = find_records([tmp_path / "given"])
    (tmp_path / "mine too").symlink_to(folder)
    assert find_records([tmp_path / "mine too"]) == [folder]


@pytest.mark.parametrize("name", ["record.json", "*.forward.json", "*.safetensors"])
def test_a_pipe_in_the_place_of_a_file_does_not_hold_us_up(
    name: str, folder: Path
) -> None:
    place = only(folder, name)
    place.unlink()
    os.mkfifo(place)

    with pytest.raises(RecordError, match="received something else"):
        read(folder)


@pytest.mark.parametrize("room", ["cases", "saved", ""])
def test_nothing_is_removed_or_written_through_a_link(
    room: str, folder: Path, tmp_path: Path, about
) -> None:
    """A record from a stranger whose `cases` is a link to somebody's documents."""
    mine = tmp_path / "documents"
    mine.mkdir()
    for name in ("letter.json", "model.keras", "record.json"):
        _ = (mine / name).write_text("mine")
    place = folder / room if room else folder
    if place.exists():
        _ = place.rename(tmp_path / "aside")
    place.symlink_to(mine)

    with pytest.raises(OutputError, match="received a link to"):
        RecordWriter(folder).open(about, overwrite=True)
    assert sorted(file.name for file in mine.iterdir()) == [
        "letter.json",
        "model.keras",
        "record.json",
    ]


def test_a_journal_of_rubbish_means_that_its_cases_are_run_again(folder: Path) -> None:
    lines = [
        b'{"case": "m:a", "lost": true}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"case": 3}',
        b'{"case": "m:b", "left": ["x"]}',
        b'{"case": "m:c"',
    ]
    _ = (folder / JOURNAL).write_bytes(b"\n".join(lines))
    found = read_finished(folder)

    assert sorted(found) == ["m:a", "m:b"]
    assert (found["m:a"].lost, found["m:b"].left) == (True, ("x",))
