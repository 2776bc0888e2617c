"""The one open table of backends, and which of them a process is to use.

Keras reads the variable `KERAS_BACKEND` once, when it is first imported. This
module reads it too, and imports neither Keras nor a framework to do so.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from multibackend.errors import (
    BackendError,
    EnvironmentUnfitError,
    UnknownBackendError,
)

__all__ = [
    "BACKENDS",
    "DEFAULT",
    "TRAINABLE",
    "WRITTEN_BY_KERAS",
    "Backend",
    "choose",
    "chosen",
    "find",
    "installed",
    "require",
]


@dataclass(frozen=True)
class Backend:
    """One row of the table.

    Attributes:
        name: What `KERAS_BACKEND` holds.
        framework: The importable package that computes.
        distributions: The distributions that bring it, the usual one first.
        differentiates: Whether it has automatic differentiation.
        extra: The extra of this package that installs it, or `None`.
    """

    name: str
    framework: str
    distributions: tuple[str, ...]
    differentiates: bool
    extra: str | None = None

    @property
    def install(self) -> str:
        """The command that installs the framework."""
        what = f"'keras-multibackend[{self.extra}]'" if self.extra else self.framework
        return f"python -m pip install {what}"

    def version(self) -> str | None:
        """The installed version of the framework, or `None`."""
        for distribution in self.distributions:
            try:
                return importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
        return None


#: Every backend that Keras 3 ships, the default first.
BACKENDS: dict[str, Backend] = {
    row.name: row
    for row in (
        Backend("torch", "torch", ("torch",), differentiates=True, extra="torch"),
        Backend("jax", "jax", ("jax",), differentiates=True, extra="jax"),
        Backend(
            "tensorflow",
            "tensorflow",
            ("tensorflow", "tensorflow-cpu"),
            differentiates=True,
            extra="tensorflow",
        ),
        Backend("numpy", "numpy", ("numpy",), differentiates=False),
        Backend("openvino", "openvino", ("openvino",), differentiates=False),
    )
}

#: The backends that the suite compares unless told otherwise.
TRAINABLE = tuple(name for name, row in BACKENDS.items() if row.differentiates)

#: The backend where nobody chose another.
DEFAULT = "torch"

#: What Keras writes into `keras.json` by itself on its first import. A file with
#: exactly this in it was chosen by nobody (keras/src/backend/config.py, 3.0 to 3.15).
WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


def find(name: str) -> Backend:
    """Returns the row of a backend.

    Args:
        name: A name such as `"torch"`.

    Raises:
        UnknownBackendError: No backend has this name.
    """
    if name in BACKENDS:
        return BACKENDS[name]
    near = difflib.get_close_matches(name, BACKENDS, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Choose one of these."
    message = (
        f"Expected a backend among {', '.join(BACKENDS)}, received {name!r}. {hint}"
    )
    raise UnknownBackendError(message)


def installed(backend: Backend) -> bool:
    """Whether this interpreter can import the framework; imports nothing."""
    return importlib.util.find_spec(backend.framework) is not None


def require(backend: Backend) -> None:
    """Raises `EnvironmentUnfitError` where the framework is not installed."""
    if not installed(backend):
        message = (
            f"Expected {backend.framework} to be installed for the backend "
            f"{backend.name!r}, found none in {sys.executable}. "
            f"Install it: {backend.install}"
        )
        raise EnvironmentUnfitError(message)


def _keras_json() -> Path:
    """Where Keras looks for its settings (`KERAS_HOME`, else `~/.keras`)."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home).expanduser() / "keras.json"


def _chosen_in_file() -> str | None:
    try:
        settings = json.loads(_keras_json().read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(settings, dict) or settings == WRITTEN_BY_KERAS:
        return None
    name = settings.get("backend")
    return name if isinstance(name, str) and name else None


def chosen() -> str | None:
    """Returns the backend that somebody chose for this process, or `None`.

    `KERAS_BACKEND` goes before `keras.json`. A `keras.json` that holds no more
    than what Keras itself writes on its first import is not a choice.

    Raises:
        BackendError: `KERAS_BACKEND` is set but empty (Keras would take
            tensorflow), or differs from what Keras was imported with.
    """
    name = os.environ.get("KERAS_BACKEND")
    if name is not None and not name.strip():
        message = (
            "Expected KERAS_BACKEND to name a backend, received an empty value. "
            f"Unset it or set it to one of {', '.join(BACKENDS)}."
        )
        raise BackendError(message)
    loaded = _loaded()
    if name and loaded and name != loaded:
        message = (
            f"Expected KERAS_BACKEND before Keras is imported, received {name!r} after "
            f"Keras had started with {loaded!r}. Set it first, in a new process."
        )
        raise BackendError(message)
    return name or loaded or _chosen_in_file()


def _loaded() -> str | None:
    """The backend of an already imported Keras; a half-imported one has none yet."""
    config = getattr(sys.modules.get("keras"), "config", None)
    return None if config is None else str(config.backend())


def choose() -> str | None:
    """Chooses torch for this process where nobody chose and it is installed.

    Library rooms call this before they import Keras. It never overrides a choice.

    Returns:
        The backend in force, or `None` where Keras is left to decide.

    Raises:
        BackendError: As in `chosen`.
    """
    name = chosen()
    if name is None and installed(BACKENDS[DEFAULT]):
        os.environ["KERAS_BACKEND"] = name = DEFAULT
    return name
