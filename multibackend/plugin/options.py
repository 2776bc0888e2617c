"""The options `--multibackend` and `--multibackend-record`, read and refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from multibackend import backends
from multibackend.errors import BackendError, MultibackendError

__all__ = ["add_options", "backends_of", "choose", "record_folder"]

_NAMES = pytest.StashKey[tuple[str, ...]]()

# What `multibackend check` and this plugin leave in a folder of records.
_OURS = {*backends.BACKENDS, "verdicts.json", "report.html"}


def add_options(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("multibackend", "parity of Keras backends")
    group.addoption(
        "--multibackend",
        metavar="BACKENDS",
        default="",
        help="judge @case functions across these backends, such as torch,jax,tensorflow",
    )
    group.addoption(
        "--multibackend-record",
        metavar="DIR",
        default="",
        help="keep the records of the cases in DIR, for `multibackend compare DIR`",
    )


def choose(config: pytest.Config, option: str) -> None:
    """Has Keras load the first of the given backends, where nobody chose another.

    Raises:
        pytest.UsageError: The option names no backend.
    """
    if not option:
        return
    try:
        names = backends_of(config, option)
        if backends.chosen() is None:
            os.environ["KERAS_BACKEND"] = names[0]
    except MultibackendError as error:
        raise pytest.UsageError(str(error)) from error


def backends_of(config: pytest.Config, option: str | None = None) -> tuple[str, ...]:
    """The backends of `--multibackend`, else the one chosen for this process.

    Asked once, before a test file imports Keras: what Keras then loads is no choice.

    Raises:
        BackendError: The option names no backend, or none is chosen.
    """
    if _NAMES not in config.stash:
        text = option or str(config.getoption("--multibackend") or "")
        wanted = [name.strip() for name in text.split(",") if name.strip()]
        if text and not wanted:
            message = (
                f"Expected --multibackend to name backends, received {text!r}. Name some "
                f"of {', '.join(backends.BACKENDS)}."
            )
            raise BackendError(message)
        names = wanted or [backends.chosen() or backends.DEFAULT]
        config.stash[_NAMES] = tuple(
            dict.fromkeys(backends.find(name).name for name in names)
        )
    return config.stash[_NAMES]


def record_folder(config: pytest.Config) -> Path | None:
    """The folder of `--multibackend-record`, or `None` without it.

    Raises:
        pytest.UsageError: It is a file, or holds what is not ours to replace.
    """
    text = str(config.getoption("--multibackend-record") or "")
    if not text:
        return None
    folder = Path(config.invocation_params.dir, text)
    if folder.exists() and not folder.is_dir():
        message = (
            "Expected --multibackend-record to name a folder, found a file at "
            f"{folder}. Name another."
        )
        raise pytest.UsageError(message)
    foreign = _foreign(folder) if folder.is_dir() else []
    if foreign:
        message = (
            "Expected --multibackend-record to name a new folder, or one with earlier "
            f"records alone, found {foreign[0]!r} in {folder}. Name another."
        )
        raise pytest.UsageError(message)
    return folder


def _foreign(folder: Path) -> list[str]:
    """The names in a folder that neither a record nor a report of ours has."""
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name not in _OURS
        or (entry.name in backends.BACKENDS and not (entry / "record.json").is_file())
    )
