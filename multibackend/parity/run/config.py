"""`[tool.multibackend]` in the nearest pyproject.toml: an interpreter a backend."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from multibackend import backends
from multibackend.errors import MultibackendError

__all__ = ["Config", "ConfigError", "Interpreter", "read_config"]


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


@dataclass(frozen=True)
class Config:
    """What the project's pyproject.toml says about us."""

    interpreters: Mapping[str, Interpreter] = field(
        default_factory=dict[str, Interpreter]
    )

    def interpreter(self, backend: str) -> Interpreter:
        """How to start this backend's child."""
        return self.interpreters.get(backend, Interpreter())


def read_config(start: Path) -> Config:
    """Reads the pyproject.toml of `start` or of the nearest folder above.

    Raises:
        ConfigError: The table has an unknown key or a wrong type, or names an
            interpreter that is not there.
        UnknownBackendError: It names a backend that Keras does not have.
    """
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            return _config(file)
    return Config()


def _config(file: Path) -> Config:
    try:
        text: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        tool = text.get("tool")
        given = tool.get("multibackend", {}) if isinstance(tool, dict) else {}
        table = msgspec.convert(given, _Table)
    except (
        tomllib.TOMLDecodeError,
        msgspec.ValidationError,
        UnicodeDecodeError,
    ) as error:
        message = (
            f"Expected [tool.multibackend.backends.NAME] with `python` and `env` in "
            f"{file}, received another table ({error}). Correct it."
        )
        raise ConfigError(message) from error
    found: dict[str, Interpreter] = {}
    for name, given in table.backends.items():
        _ = backends.find(name)
        python = None if given.python is None else str(file.parent / given.python)
        if python is not None and not Path(python).is_file():
            message = (
                f"Expected an interpreter for {name!r} at {python}, found none. "
                f"Correct `python` in {file} or make that environment."
            )
            raise ConfigError(message)
        found[name] = Interpreter(python, given.env)
    return Config(found)
