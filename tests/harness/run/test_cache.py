"""The caches of what was compiled: named, left alone where they are the user's, pruned."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from multibackend.parity.run.cache import compiled_before, prune


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("JAX_COMPILATION_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "multibackend"


@pytest.mark.parametrize(
    ("backend", "name"),
    [
        ("jax", "JAX_COMPILATION_CACHE_DIR"),
        ("torch", "TORCHINDUCTOR_CACHE_DIR"),
    ],
)
def test_a_backend_that_compiles_keeps_it_in_a_folder_of_its_own(
    backend: str, name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compiled_before(backend)[name] == str(home / backend)

    monkeypatch.setenv(name, "/elsewhere")

    assert name not in compiled_before(backend)


def test_jax_has_no_limit_that_makes_it_read_every_entry_for_each_new_one() -> None:
    assert "JAX_COMPILATION_CACHE_MAX_SIZE" not in compiled_before("jax")


def test_tensorflow_needs_none() -> None:
    assert compiled_before("tensorflow") == {}


def filled(folder: Path, count: int) -> list[Path]:
    folder.mkdir(parents=True)
    files = [folder / f"{place}-cache" for place in range(count)]
    for age, file in enumerate(files):
        _ = file.write_bytes(b"x" * 10)
        os.utime(file, (age, age))
    return files


def test_a_cache_within_its_limit_keeps_everything(tmp_path: Path) -> None:
    files = filled(tmp_path / "cache", 6)

    prune(tmp_path / "cache", 60)

    assert all(file.exists() for file in files)


def test_a_cache_above_its_limit_loses_the_oldest_down_to_half(tmp_path: Path) -> None:
    files = filled(tmp_path / "cache", 6)

    prune(tmp_path / "cache", 59)

    kept = [file.exists() for file in files]
    assert kept == [False, False, False, False, True, True]


def test_a_cache_that_is_not_there_yet_is_no_error(tmp_path: Path) -> None:
    prune(tmp_path / "none", 1)

    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_cache_is_looked_through_once_an_hour(
    backend: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each child that starts would wait for it, seconds where it is large."""
    monkeypatch.setattr("multibackend.parity.run.cache.LIMIT", 59)
    files = filled(home / backend, 6)
    stamp = home / f"{backend}.pruned"
    stamp.touch()
    _ = compiled_before(backend)
    assert all(file.exists() for file in files)

    os.utime(stamp, (0, 0))
    _ = compiled_before(backend)
    assert [file.exists() for file in files] == [False] * 4 + [True] * 2
    assert stamp.stat().st_mtime > 0


def test_files_in_folders_count_too(tmp_path: Path) -> None:
    """torch keeps a folder for each graph."""
    above, below = tmp_path / "cache", tmp_path / "cache" / "graph"
    (old,) = filled(below, 1)
    (above / "new").touch()

    prune(above, 9)

    assert not old.exists()
    assert (above / "new").exists()
