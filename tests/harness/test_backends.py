"""Which backend a process is to use: the variable, then the file, then torch."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from multibackend import backends
from multibackend.backends import Backend
from multibackend.errors import (
    BackendError,
    EnvironmentUnfitError,
    UnknownBackendError,
)

WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


@pytest.fixture(autouse=True)
def nobody_chose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable, no file, no Keras in the process, and torch installed."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setattr(backends, "installed", _yes)


def _yes(_: Backend) -> bool:
    return True


def _no(_: Backend) -> bool:
    return False


def write(folder: Path, settings: object) -> None:
    text = settings if isinstance(settings, str) else json.dumps(settings)
    _ = (folder / "keras.json").write_text(text, "utf-8")


def load_keras(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    config = SimpleNamespace(backend=lambda: backend)
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(config=config))


def test_torch_is_chosen_where_nobody_chose() -> None:
    assert backends.chosen() is None
    assert backends.choose() == "torch"
    assert os.environ["KERAS_BACKEND"] == "torch"


def test_nothing_is_chosen_where_torch_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backends, "installed", _no)

    assert backends.choose() is None
    assert "KERAS_BACKEND" not in os.environ


def test_the_variable_is_never_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")

    assert backends.choose() == "jax"
    assert os.environ["KERAS_BACKEND"] == "jax"


def test_the_variable_goes_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path, {"backend": "tensorflow"})
    monkeypatch.setenv("KERAS_BACKEND", "jax")

    assert backends.chosen() == "jax"


def test_a_file_that_somebody_wrote_is_a_choice(tmp_path: Path) -> None:
    write(tmp_path, WRITTEN_BY_KERAS | {"backend": "jax"})

    assert backends.choose() == "jax"
    assert "KERAS_BACKEND" not in os.environ


def test_tensorflow_with_another_setting_is_a_choice(tmp_path: Path) -> None:
    write(tmp_path, WRITTEN_BY_KERAS | {"floatx": "float64"})

    assert backends.choose() == "tensorflow"


def test_the_file_that_keras_writes_by_itself_is_no_choice(tmp_path: Path) -> None:
    write(tmp_path, WRITTEN_BY_KERAS)

    assert backends.choose() == "torch"


@pytest.mark.parametrize(
    "settings",
    ["", "{", "[]", '{"backend": ""}', '{"backend": 3}', '{"floatx": "float32"}'],
)
def test_a_file_that_names_no_backend_is_no_choice(
    settings: str, tmp_path: Path
) -> None:
    write(tmp_path, settings)

    assert backends.chosen() is None


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras itself would silently take its file, or tensorflow."""
    monkeypatch.setenv("KERAS_BACKEND", value)

    with pytest.raises(BackendError, match="received an empty value"):
        _ = backends.choose()


def test_a_keras_that_runs_is_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    load_keras(monkeypatch, "jax")

    assert backends.choose() == "jax"
    assert "KERAS_BACKEND" not in os.environ


def test_a_variable_that_came_after_keras_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_keras(monkeypatch, "tensorflow")
    monkeypatch.setenv("KERAS_BACKEND", "torch")

    with pytest.raises(BackendError, match="'torch' after Keras had started with"):
        _ = backends.chosen()


def test_a_half_imported_keras_is_no_choice_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A layer imported while Keras loads a plugin meets a module without `config`."""
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace())

    assert backends.chosen() is None


@pytest.mark.parametrize("name", backends.BACKENDS)
def test_a_row_is_found_by_its_name(name: str) -> None:
    assert backends.find(name).name == name


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("pytorch", "Did you mean 'torch'"),
        ("tensorflw", "Did you mean 'tensorflow'"),
        ("Torch", "Did you mean 'torch'"),
        ("", "Choose one of these"),
        ("mxnet", "Choose one of these"),
    ],
)
def test_an_unknown_backend_is_refused_with_the_nearest_name(
    name: str, cure: str
) -> None:
    with pytest.raises(UnknownBackendError, match=cure):
        _ = backends.find(name)


def test_torch_is_the_first_row_and_the_trainable_ones_can_be_installed() -> None:
    assert next(iter(backends.BACKENDS)) == backends.DEFAULT == "torch"
    assert backends.TRAINABLE == ("torch", "jax", "tensorflow")
    assert all(backends.BACKENDS[name].extra for name in backends.TRAINABLE)


def test_a_missing_framework_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    row = replace(backends.BACKENDS["jax"], framework="no_such_framework")

    with pytest.raises(EnvironmentUnfitError) as refused:
        backends.require(row)

    assert refused.value.exit_code == 3
    assert "pip install 'keras-multibackend[jax]'" in str(refused.value)


def test_a_version_is_found_under_any_of_the_distributions() -> None:
    row = replace(backends.BACKENDS["tensorflow"], distributions=("no-such", "numpy"))

    assert row.version() == backends.BACKENDS["numpy"].version()
    assert replace(row, distributions=("no-such",)).version() is None
