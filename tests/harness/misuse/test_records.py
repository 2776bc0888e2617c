"""Records that are not whole or not ours, and settings that cannot be meant."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from multibackend.parity.record.schema import SCHEMA


# What was done to a whole record, and what the sentence must hold.
def _cut(file: Path) -> None:
    _ = file.write_bytes(file.read_bytes()[:-20])


def _as_schema(file: Path, number: int) -> None:
    described = json.loads(file.read_text("utf-8"))
    _ = file.write_text(json.dumps(described | {"schema": number}), "utf-8")


def _one(record: Path, suffix: str) -> Path:
    return next((record / "cases").glob(f"*.forward.{suffix}"))


DAMAGE = {
    "record.json cut short": (
        lambda record: _cut(record / "record.json"),
        ("record.json", "cut short or damaged", "Record again"),
    ),
    "an observation cut short": (
        lambda record: _cut(_one(record, "json")),
        (".forward.json", "cut short or damaged", "Record again"),
    ),
    "arrays cut short": (
        lambda record: _cut(_one(record, "safetensors")),
        (".safetensors", "whole", "Record again"),
    ),
    "arrays gone": (
        lambda record: _one(record, "safetensors").unlink(),
        (".safetensors", "No such file", "Record again"),
    ),
    "of a newer schema": (
        lambda record: _as_schema(record / "record.json", SCHEMA + 1),
        (f"schema {SCHEMA} at", f"schema {SCHEMA + 1}", "Update multibackend"),
    ),
    "of an older schema": (
        lambda record: _as_schema(record / "record.json", 0),
        (f"schema {SCHEMA} at", "schema 0", "Record again"),
    ),
    "not ours": (
        lambda record: (record / "record.json").write_text('{"name": "left-pad"}'),
        ("a multibackend record", "record.json", "Check the folder"),
    ),
    "an empty file": (
        lambda record: (record / "record.json").write_bytes(b""),
        ("record.json", "cut short or damaged", "Record again"),
    ),
    "bytes that are no text": (
        lambda record: (record / "record.json").write_bytes(b"\xff\xfe\x00" * 50),
        ("record.json", "cut short or damaged", "Record again"),
    ),
}


@pytest.mark.parametrize(("harm", "holds"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_record_that_is_not_whole_or_not_ours_is_refused(
    folder, multibackend, tmp_path, harm, holds
):
    record = tmp_path / "kept" / "numpy"
    _ = shutil.copytree(folder / "kept" / "numpy", record)
    _ = harm(record)

    done = multibackend("compare", "kept", cwd=tmp_path)

    assert done.code == 2, done.err
    assert done.is_one_sentence, done.err
    for part in holds:
        assert part in done.err
    assert not done.out


def test_the_record_that_the_damage_is_done_to_is_whole_before(folder, multibackend):
    done = multibackend("compare", "kept", cwd=folder)

    assert done.code == 0, done.err
    assert "The 1 check of 1 case agrees." in done.out


CONFIGURED = {
    "an unknown key": ("[tool.multibackend]\nnope = 1", "unknown field `nope`"),
    "a misspelt backend": (
        '[tool.multibackend.backends.jaxx]\npython = "python"',
        "Did you mean 'jax'?",
    ),
    "an interpreter that is not there": (
        '[tool.multibackend.backends.numpy]\npython = "no/python"',
        "Expected an interpreter for 'numpy' at",
    ),
    "no TOML": ("[tool.multibackend", "pyproject.toml"),
    "a variable that is no text": (
        "[tool.multibackend.backends.numpy]\nenv = {A = 1}",
        "Expected `str`",
    ),
    "a catalogue outside of the project": (
        '[tool.multibackend]\ncatalogue = "../known.toml"',
        "inside the project",
    ),
}


@pytest.mark.parametrize(("text", "holds"), CONFIGURED.values(), ids=CONFIGURED.keys())
def test_settings_that_cannot_be_meant_are_refused(
    folder, multibackend, tmp_path, text, holds
):
    _ = shutil.copy(folder / "good.py", tmp_path)
    _ = (tmp_path / "pyproject.toml").write_text(text, "utf-8")

    done = multibackend("check", "good.py", "--backends", "numpy", cwd=tmp_path)

    assert done.code == 2, done.err
    assert holds in done.err
    assert done.is_one_sentence, done.err


# Permissions do not bind root: it gives up the right to pass over them first.
_BOUND = """
import ctypes, os, sys
if os.geteuid() == 0 and ctypes.CDLL(None).prctl(24, 1, 0, 0, 0):
    sys.exit("cannot give it up")
os.execv(sys.executable, [sys.executable, "-m", "multibackend", *sys.argv[1:]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="root is bound by a call of Linux")
@pytest.mark.parametrize(
    ("command", "holds"),
    [
        (("run", "good.py", "--backend", "numpy", "--out", "shut"), "can be written"),
        (
            ("run", "good.py", "--backend", "numpy", "--out", "shut/a"),
            "make the folder",
        ),
        (
            ("compare", "kept", "--json", "shut/a.json"),
            "Expected to write 'shut/a.json'",
        ),
    ],
    ids=["for the record", "for a folder", "for the report"],
)
def test_a_folder_that_may_not_be_written_to_is_refused(
    folder, tmp_path, command, holds
):
    for name in ("good.py", "kept"):
        copy = shutil.copytree if (folder / name).is_dir() else shutil.copy
        _ = copy(folder / name, tmp_path / name)
    (tmp_path / "shut").mkdir(mode=0o555)
    done = subprocess.run(
        [sys.executable, "-c", _BOUND, *command],
        cwd=tmp_path,
        env=os.environ | {"KERAS_BACKEND": "numpy"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2, done.stderr
    assert holds in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "shut").iterdir()) == []


def test_a_name_with_markup_and_controls_is_shown_as_text(
    folder, multibackend, tmp_path
):
    """From a record that somebody sent: no escape of the terminal, no tag of a page."""
    _ = shutil.copytree(folder / "kept", tmp_path / "kept")
    name = "m:<script>alert(1)</script>\x1b[2J\x07\u202e&amp;"
    for file in (tmp_path / "kept").rglob("*.json"):
        told = json.loads(file.read_bytes())
        told |= {"cases": [name]} if "cases" in told else {"case": name}
        _ = file.write_text(json.dumps(told))
    given = ("--html", "a.html", "--markdown", "a.md", "--junit", "a.xml", "-v")

    done = multibackend("compare", "kept", *given, cwd=tmp_path)

    assert done.code == 0, done.err
    page, xml = (tmp_path / "a.html").read_text(), (tmp_path / "a.xml").read_text()
    for text in (done.out, done.err, page, xml, (tmp_path / "a.md").read_text()):
        assert not set("\x1b\x07\u202e") & set(text)
        assert "<script>alert" not in text or text is done.out
