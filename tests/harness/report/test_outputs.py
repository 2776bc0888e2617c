"""What an earlier check left is gone when another one writes, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import RecordWriter
from multibackend.parity.report.outputs import forget_earlier


def record(folder: Path, backend: str) -> Path:
    about = RecordFile("multibackend record", SCHEMA, backend, {}, "2026-01-02")
    RecordWriter(folder).open(about, overwrite=False)
    return folder / "record.json"


@pytest.mark.parametrize("backend", ["torch", "mlx"])
def test_the_record_of_a_backend_that_is_not_asked_again_goes(
    tmp_path: Path, backend: str
) -> None:
    """Else the next `compare` judges it beside the new ones."""
    file = record(tmp_path / backend, backend)
    kept = record(tmp_path / "jax", "jax")
    forget_earlier(tmp_path, keep=("jax",))

    assert not file.exists()
    assert kept.exists()


def test_a_plugin_that_is_asked_again_replaces_its_own_record(tmp_path: Path) -> None:
    file = record(tmp_path / "mlx", "mlx")
    forget_earlier(tmp_path, keep=("jax", "mlx"))

    assert file.exists()


def test_what_is_not_a_record_named_by_its_backend_stays(tmp_path: Path) -> None:
    moved = record(tmp_path / "from another machine", "torch")
    (tmp_path / "theirs").mkdir()
    theirs = tmp_path / "theirs" / "record.json"
    _ = theirs.write_text('{"artist": "theirs"}')
    forget_earlier(tmp_path, keep=("jax",))

    assert moved.exists()
    assert theirs.exists()
