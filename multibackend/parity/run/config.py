"""`[tool.multibackend]` in the nearest pyproject.toml: interpreters and a catalogue."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from multibackend import backends
from multibackend.errors import MultibackendError

__all__ = ["Config", "ConfigError", "Interpreter", "find_catalogue", "read_config"]

#: Where a project's known differences stand unless `catalogue` names another file.
CATALOGUE = "multibackend-catalogue.toml"


class ConfigError(MultibackendError):
    """`[tool.multibackend]` says something that it cannot mean."""


@dataclass(frozen=True)
class Interpreter:
    """How one backend's child is started.

    Attributes:
        python: The interpreter, relative to the pyproject.toml; this one if `None`.
        env: Variables that go over our own.
    """

    python: str | None = None
    env: dict[str, str] = field(default_factory=dict[str, str])


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    python: str | None = None
    env: dict[str, str] = {}


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    backends: dict[str, _Row] = {}
    catalogue: str | None = None


@dataclass(frozen=True)
class Config:
    """What the project's pyproject.toml says about us."""

    interpreters: Mapping[str, Interpreter] = field(
        default_factory=dict[str, Interpreter]
    )

    def interpreter(self, backend: str) -> Interpreter:
        """How to start this backend's child."""
        return self.interpreters.get(backend, Interpreter())


def read_config(start: Path, *, absent: bool = False) -> Config:
    """Reads the pyproject.toml of `start` or of the nearest folder above.

    Args:
        start: Where to begin.
        absent: Whether an interpreter may be named that is not there.

    Raises:
        ConfigError: The table has an unknown key or a wrong type, or names an
            interpreter that is not there.
        UnknownBackendError: It names a backend that Keras does not have.
    """
    file = _project(start)
    return Config() if file is None else _config(file, absent=absent)


def find_catalogue(start: Path) -> tuple[Path, bool]:
    """Finds the catalogue of the project that `start` is in.

    Returns:
        The file, and whether the project says that it is there. The default stands
        beside the pyproject.toml, or in `start` where there is none.

    Raises:
        ConfigError: The table is wrong, or names a file outside of the project.
    """
    file = _project(start)
    if file is None:
        return start / CATALOGUE, False
    told = _read(file).catalogue
    place = file.parent / (CATALOGUE if told is None else told)
    if told is not None and not (told and _inside(place, file.parent)):
        message = (
            f"Expected `catalogue` in {file} to name a file inside the project, received "
            f"{told!r}. Correct it."
        )
        raise ConfigError(message)
    return place, told is not None


def _inside(place: Path, folder: Path) -> bool:
    return place.resolve().is_relative_to(folder.resolve())


def _project(start: Path) -> Path | None:
    """The pyproject.toml of this folder or of the nearest one above."""
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            return file
    return None


def _read(file: Path) -> _Table:
    try:
        text: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        tool = text.get("tool")
        given = tool.get("multibackend", {}) if isinstance(tool, dict) else {}
        return msgspec.convert(given, _Table)
    except (
        tomllib.TOMLDecodeError,
        msgspec.ValidationError,
        UnicodeDecodeError,
    ) as error:
        message = (
            "Expected [tool.multibackend] with `catalogue`, and "
            f"[tool.multibackend.backends.NAME] with `python` and `env` in {file}, "
            f"received another table ({error}). Correct it."
        )
        raise ConfigError(message) from error


def _config(file: Path, *, absent: bool) -> Config:
    table = _read(file)
    found: dict[str, Interpreter] = {}
    for name, given in table.backends.items():
        _ = backends.find(name) if given.python is None else backends.named(name)
        python = None if given.python is None else str(file.parent / given.python)
        if python is not None and not absent and not Path(python).is_file():
            message = (
                f"Expected an interpreter for {name!r} at {python}, found none. "
                f"Correct `python` in {file} or make that environment."
            )
            raise ConfigError(message)
        found[name] = Interpreter(python, given.env)
    return Config(found)
