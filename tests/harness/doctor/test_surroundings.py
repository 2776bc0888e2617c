"""What the environment says, read as Keras and XLA read it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from multibackend.doctor.surroundings import look


def test_only_variables_that_change_results_are_told() -> None:
    around = look({"XLA_FLAGS": "", "SECRET": "x"}, {}, gpu=False)

    assert around.variables == {"XLA_FLAGS": ""}


def test_pyproject_goes_over_the_environment_and_is_named() -> None:
    around = look(
        {"JAX_ENABLE_X64": "0", "OMP_NUM_THREADS": "2"},
        {"JAX_ENABLE_X64": "1", "MINE": "x"},
        gpu=True,
    )

    assert around.variables == {"JAX_ENABLE_X64": "1", "OMP_NUM_THREADS": "2"}
    assert around.project == ("JAX_ENABLE_X64",)
    assert around.nvidia_gpu


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("", {}),
        ("--a=1  --b=false\n--c", {"a": "1", "b": "false", "c": "true"}),
        ("  --a=x=y", {"a": "x=y"}),
        ("/no/such/file", {}),
    ],
)
def test_flags_are_read_by_name(text: str, flags: dict[str, str]) -> None:
    assert look({"XLA_FLAGS": text}, {}, gpu=False).xla_flags == flags


def test_flags_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "flags"
    _ = file.write_text("--a=1\n--b\n")

    assert look({"XLA_FLAGS": str(file)}, {}, gpu=False).xla_flags == {
        "a": "1",
        "b": "true",
    }


def home(folder: Path) -> dict[str, str]:
    return {"KERAS_HOME": str(folder)}


def test_the_file_is_read_and_nothing_is_written(tmp_path: Path) -> None:
    content = {"floatx": "float64"}
    _ = (tmp_path / "keras.json").write_text(json.dumps(content))
    around = look(home(tmp_path), {}, gpu=False)

    assert (around.keras_json, around.keras_json_error) == (content, "")
    assert around.keras_home == str(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["keras.json"]


def test_a_folder_that_is_not_there_is_no_error_and_is_not_made(tmp_path: Path) -> None:
    around = look(home(tmp_path / "a" / "b"), {}, gpu=False)

    assert (around.keras_json, around.keras_json_error) == (None, "")
    assert around.keras_home_writable
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "{'floatx': 1}"])
def test_what_is_not_json_says_so(text: str, tmp_path: Path) -> None:
    _ = (tmp_path / "keras.json").write_text(text)

    assert look(home(tmp_path), {}, gpu=False).keras_json_error.startswith("not JSON")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "keras.json").mkdir()

    assert look(home(tmp_path), {}, gpu=False).keras_json_error == "Is a directory"


def test_a_file_in_place_of_the_folder_cannot_be_written(tmp_path: Path) -> None:
    _ = (tmp_path / "file").write_text("")

    assert not look(home(tmp_path / "file"), {}, gpu=False).keras_home_writable


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    assert not look(home(tmp_path), {}, gpu=False).keras_home_writable


def test_without_the_variable_the_folder_is_keras_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert look({}, {}, gpu=False).keras_home == str(tmp_path / ".keras")


def test_pyproject_names_the_folder_too(tmp_path: Path) -> None:
    around = look(home(Path("/elsewhere")), home(tmp_path), gpu=False)

    assert around.keras_home == str(tmp_path)
    assert around.project == ("KERAS_HOME",)


@pytest.mark.parametrize(
    ("variable", "content", "plugins"),
    [
        ("mine", None, ("mine",)),
        ("other", {"backend": "mine"}, ("mine",)),
        ("mine", {"backend": "mine"}, ("mine",)),
        ("torch", {"backend": ["mine"]}, ()),
        ("", ["mine"], ()),
        ("mine.too", None, ()),
    ],
)
def test_a_plugin_is_told_where_it_is_named_and_installed(
    variable: str,
    content: object,
    plugins: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "keras_mine").mkdir()
    _ = (tmp_path / "keras_mine" / "__init__.py").write_text("")
    _ = (tmp_path / "keras.json").write_text(json.dumps(content))
    monkeypatch.syspath_prepend(tmp_path)

    named = {"KERAS_BACKEND": variable, "KERAS_HOME": str(tmp_path)}
    assert look(named, {}, gpu=False).plugins == plugins
