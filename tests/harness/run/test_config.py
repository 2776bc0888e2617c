"""`[tool.multibackend]`: an interpreter a backend, or a message that says what is off."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from multibackend.errors import UnknownBackendError
from multibackend.parity.run.config import (
    Config,
    ConfigError,
    Interpreter,
    read_config,
)


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pyproject.toml"
    _ = file.write_text(text, "utf-8")
    return folder


def test_an_interpreter_is_found_relative_to_the_file(tmp_path: Path) -> None:
    """The command may be given in any folder below."""
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    text = """
        [tool.multibackend.backends.jax]
        python = "env/bin/python"
        env = { XLA_FLAGS = "--fast", EMPTY = "" }
    """
    below = write(tmp_path, text) / "tests" / "cases"
    below.mkdir(parents=True)

    assert read_config(below).interpreter("jax") == Interpreter(
        str(python), {"XLA_FLAGS": "--fast", "EMPTY": ""}
    )


def test_an_interpreter_may_be_anywhere(tmp_path: Path) -> None:
    text = f"[tool.multibackend.backends.torch]\npython = '{sys.executable}'"

    assert read_config(write(tmp_path, text)).interpreter("torch") == Interpreter(
        sys.executable
    )


def test_who_is_not_named_runs_in_this_interpreter(tmp_path: Path) -> None:
    text = "[tool.multibackend.backends.torch]\nenv = { A = '1' }"
    config = read_config(write(tmp_path, text))

    assert config.interpreter("torch") == Interpreter(None, {"A": "1"})
    assert config.interpreter("jax") == Interpreter(None, {})


@pytest.mark.parametrize(
    "text",
    ["", "[project]\nname = 'a'", "[tool.ruff]\n", "[tool.multibackend]\n"],
)
def test_a_project_that_says_nothing_of_us_is_fine(text: str, tmp_path: Path) -> None:
    assert read_config(write(tmp_path, text)) == Config()


def test_the_nearest_file_is_the_project(tmp_path: Path) -> None:
    """A monorepo's outer file must not reach into a package of its own."""
    outer = "[tool.multibackend.backends.torch]\nenv = { A = 'outer' }"
    inner = write(write(tmp_path, outer) / "package", "[project]\nname = 'a'")

    assert read_config(inner) == Config()
    assert read_config(tmp_path).interpreter("torch").env == {"A": "outer"}


@pytest.mark.parametrize(
    "text",
    [
        "[tool.multibackend",
        "[tool.multibackend]\ntolerance = 1e-3",
        "[tool.multibackend]\nbackends = ['torch']",
        "[tool.multibackend.backends]\ntorch = 'python'",
        "[tool.multibackend.backends.torch]\npython = 3",
        "[tool.multibackend.backends.torch]\nenv = ['A=1']",
        "[tool.multibackend.backends.torch]\nenv = { A = 1 }",
        "tool.multibackend = 3",
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_its_form(
    text: str, tmp_path: Path
) -> None:
    """A misspelt key that is ignored would be a setting that is silently off."""
    with pytest.raises(ConfigError, match=r"with `python` and `env`.*Correct it") as no:
        _ = read_config(write(tmp_path, text))

    assert str(tmp_path / "pyproject.toml") in str(no.value)
    assert no.value.exit_code == 2


@pytest.mark.parametrize("key", ["interpreter", "pyhton", "environment"])
def test_an_unknown_key_of_a_backend_is_refused(key: str, tmp_path: Path) -> None:
    text = f"[tool.multibackend.backends.torch]\n{key} = '/usr/bin/python'"

    with pytest.raises(ConfigError, match=key):
        _ = read_config(write(tmp_path, text))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    _ = (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError):
        _ = read_config(tmp_path)


def test_a_tool_that_is_no_table_says_nothing_of_us(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, "tool = 3")) == Config()


@pytest.mark.parametrize("name", ["pytorch", "Jax", "keras"])
def test_a_backend_that_keras_does_not_have_is_refused(
    name: str, tmp_path: Path
) -> None:
    text = f"[tool.multibackend.backends.{name}]\nenv = {{}}"

    with pytest.raises(UnknownBackendError, match=name):
        _ = read_config(write(tmp_path, text))


@pytest.mark.parametrize("place", ["nowhere/bin/python", ".", ""])
def test_an_interpreter_that_is_not_there_is_refused(
    place: str, tmp_path: Path
) -> None:
    text = f"[tool.multibackend.backends.jax]\npython = '{place}'"

    with pytest.raises(ConfigError, match=r"interpreter for 'jax'.*found none"):
        _ = read_config(write(tmp_path, text))
