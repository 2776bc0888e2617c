"""Declares a table of controls; Keras is imported when one of them is built.

The parent process imports every module that declares cases, and must not need Keras.
A table of small functions without arguments stays readable if each of them can say
`keras.layers.Dense(8)`, so `keras` here is a name that imports on first use.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from multibackend.inputs import seed_of
from multibackend.parity.cases.case import case

__all__ = ["Table", "declare", "keras"]

_COMPILED = 10

Build = Callable[[], Any]
Reference = Callable[..., Any]
#: What builds a control, or that and its formula in NumPy, by name.
Table = Mapping[str, Build | tuple[Build, Reference]]


class _Late:
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        # Kept, so that a compiler that traces a control finds a plain attribute here.
        found = vars(self)[name] = getattr(importlib.import_module("keras"), name)
        return found


keras: Any = _Late()


def declare(table: Table) -> None:
    """Declares each row of a table as a case of the module that its function is in.

    Args:
        table: Functions without arguments that return what `case` takes, by name;
            in a pair with a NumPy reference where there is one.
    """
    for name, row in table.items():
        build, reference = row if isinstance(row, tuple) else (row, None)
        _ = case(name=name, reference=reference, skip=_skipped(name))(build)


def _skipped(name: str) -> dict[str, str]:
    """A seeded tenth of the controls is compiled: each costs torch a second or more."""
    if seed_of(name) % _COMPILED == 0:
        return {}
    return {"jit": f"one control in {_COMPILED} is compiled, as that takes a second"}
