"""The one open table of backends, and which of them a process is to use.

Keras reads the variable `KERAS_BACKEND` once, when it is first imported. This
module reads it too, and imports neither Keras nor a framework to do so.
"""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from multibackend.errors import (
    BackendError,
    EnvironmentUnfitError,
    UnknownBackendError,
)

__all__ = [
    "BACKENDS",
    "DEFAULT",
    "NEEDS",
    "TRAINABLE",
    "WRITTEN_BY_KERAS",
    "Backend",
    "choose",
    "chosen",
    "find",
    "installed",
    "named",
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
        compiles: Whether its users have a compiler to call.
        trains: Whether a Keras model trains on it.
        extra: The extra of this package that installs it, or `None`.
        listed: Whether it is in the table; else an installed package offers it.
    """

    name: str
    framework: str
    distributions: tuple[str, ...]
    differentiates: bool
    compiles: bool
    trains: bool
    extra: str | None = None
    listed: bool = True

    @property
    def install(self) -> str:
        """The command that installs the framework."""
        what = (
            f"'keras-multibackend[{self.extra}]'"
            if self.extra
            else self.distributions[0]
        )
        return f"python -m pip install {what}"

    @property
    def driven(self) -> bool:
        """Whether the suite has files of its own for it, `_torch.py` and the like."""
        return self.listed and self.differentiates

    def lacks(self, check: str, kind: str) -> str | None:
        """Why a check cannot be asked here, or `None` where it can.

        Args:
            check: The check.
            kind: What it is asked of, such as `"layer"`.
        """
        need = NEEDS.get(check)
        if need is None or getattr(self, need):
            return None
        if need == "trains" and kind != "model":  # a bare optimizer only computes
            return None
        return (_LACKS if self.listed else _UNDRIVEN)[need].format(self.name)

    def version(self) -> str | None:
        """The installed version of the framework, or `None`."""
        from importlib import metadata  # a sixth of what importing this package takes

        for distribution in self.distributions:
            try:
                return metadata.version(distribution)
            except metadata.PackageNotFoundError:
                continue
        return None


#: What a check needs of a backend. Whether there is float64 is asked of each process.
NEEDS: Mapping[str, str] = {
    "grad_inputs": "differentiates",
    "grad_weights": "differentiates",
    "hvp": "differentiates",
    "jit": "compiles",
    "fit": "trains",
}

_LACKS = {
    "differentiates": "{} has no automatic differentiation",
    "compiles": "{} has no compiler that its users call",
    "trains": "{} trains no model",
}

# A plugin may well do these; whoever asks has to call the framework behind it.
_UNDRIVEN = {
    "differentiates": "multibackend does not know how {} differentiates",
    "compiles": "multibackend does not know how {} compiles",
    "trains": "{} trained no model when it was tried",
}


class _Can(TypedDict):
    differentiates: bool
    compiles: bool
    trains: bool


_ALL: _Can = {"differentiates": True, "compiles": True, "trains": True}
_FORWARD: _Can = {"differentiates": False, "compiles": False, "trains": False}

#: Every backend that Keras 3 ships, the default first.
BACKENDS: dict[str, Backend] = {
    row.name: row
    for row in (
        Backend("torch", "torch", ("torch",), **_ALL, extra="torch"),
        Backend("jax", "jax", ("jax",), **_ALL, extra="jax"),
        Backend(
            "tensorflow",
            "tensorflow",
            ("tensorflow", "tensorflow-cpu"),
            **_ALL,
            extra="tensorflow",
        ),
        # Keras' own NumPy backend imports JAX (3.15).
        Backend("numpy", "numpy", ("numpy",), **_FORWARD, extra="jax"),
        Backend("openvino", "openvino", ("openvino",), **_FORWARD),
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
    """Returns the row of a backend, or one for the plugin that offers the name.

    Keras 3.16 (its nightly builds) looks for the backend `mlx` in the package
    `keras_mlx`. Where such a
    package is installed the name is tried, and Keras decides.

    Args:
        name: A name such as `"torch"`.

    Raises:
        UnknownBackendError: No backend and no installed plugin has this name.
    """
    if name in BACKENDS:
        return BACKENDS[name]
    plugin = _plugin(name)
    if name.isidentifier() and importlib.util.find_spec(plugin.framework):
        return plugin
    near = difflib.get_close_matches(name, BACKENDS, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Choose one of these."
    if not near and name.isidentifier():
        hint = f"Choose one of these, or install the plugin {plugin.framework}."
    message = (
        f"Expected a backend among {', '.join(BACKENDS)}, received {name!r}. {hint}"
    )
    raise UnknownBackendError(message)


def named(name: str) -> Backend:
    """Returns the row of a backend that may be installed elsewhere only.

    Another interpreter or another machine may have a plugin that this one lacks, so
    that any name will do which is no misspelt one of the table.

    Args:
        name: A name such as `"mlx"`.

    Raises:
        UnknownBackendError: It is no name, or close to another one.
    """
    near = difflib.get_close_matches(name, BACKENDS, n=1)
    if name in BACKENDS or near or not name.isidentifier():
        return find(name)
    return _plugin(name)


def _plugin(name: str) -> Backend:
    return Backend(name, f"keras_{name}", (f"keras-{name}",), **_FORWARD, listed=False)


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
