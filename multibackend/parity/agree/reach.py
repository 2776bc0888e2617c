"""How another process imports what this one has: by module and name, where it can."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from multibackend.parity.cases.edited import installed

__all__ = ["Reached", "reach", "root_of"]

# Where the public names of Keras are; `__module__` of a function is a private one.
_PUBLIC = (
    "keras.ops",
    "keras.layers",
    "keras.losses",
    "keras.metrics",
    "keras.activations",
    "keras.optimizers",
    "keras.random",
)


@dataclass(frozen=True)
class Reached:
    """A name in a module that can be imported."""

    module: ModuleType
    qualname: str

    def line(self, name: str) -> str:
        """The statement that gives it this name."""
        home, _, last = self.qualname.rpartition(".")
        if not home:
            given = last if last == name else f"{last} as {name}"
            return f"from {self.module.__name__} import {given}"
        top = self.qualname.partition(".")[0]
        return f"from {self.module.__name__} import {top}\n{name} = {self.qualname}"


def reach(value: Any) -> Reached | None:
    """Where a function or class can be imported from; `None` where nowhere."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", "")
    own = getattr(value, "__module__", None) or "numpy"
    public = _PUBLIC if own.startswith("keras.src") else ()
    for place in (*public, own):
        module = sys.modules.get(place)
        if module is not None and _found(module, name) is value and _importable(module):
            return Reached(module, name)
    return None


def _found(module: ModuleType, qualname: str) -> Any:
    here: Any = module
    for part in qualname.split("."):
        here = getattr(here, part, None)
    return here


def _importable(module: ModuleType) -> bool:
    """Whether another process can import it: a script and a notebook it cannot."""
    if module.__name__ == "__main__":
        return False
    file = getattr(module, "__file__", None)
    return file is None or _root(module.__name__, Path(file)) is not None


def root_of(module: ModuleType) -> Path | None:
    """The folder to import a module from; `None` where it is installed anyway."""
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    root = _root(module.__name__, Path(file))
    return None if root is None or installed(root) else root


def _root(name: str, file: Path) -> Path | None:
    """The folder below which the file lies as its dotted name says."""
    parts = name.split(".")
    here = file.resolve()
    tail = here.parent.parts if here.stem == "__init__" else here.with_suffix("").parts
    if list(tail[-len(parts) :]) != parts:
        return None
    return Path(*tail[: -len(parts)])
