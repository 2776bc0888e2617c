"""The public symbols of the installed Keras: what there is to cover.

Started as `python -m multibackend.conformance.inside.surface`; prints JSON. The list is
read from the modules of Keras and never typed in, so that a symbol of a new Keras is
seen at once.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

__all__ = ["NAMESPACES", "symbols"]

#: Where Keras promises equal numbers. An object with several names is told by the
#: first one, in this order, that is found.
NAMESPACES = (
    "keras.ops",
    "keras.layers",
    "keras.losses",
    "keras.metrics",
    "keras.optimizers",
    "keras.activations",
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
    "keras.random",
    "keras.quantizers",
    "keras.preprocessing",
    "keras.utils.bounding_boxes",
)

# Optimizers of Keras 2 under another name; a module that forwards.
_LEFT_OUT = ("legacy",)


def symbols() -> list[dict[str, Any]]:
    """Every public function and class of the namespaces: name, kind, aliases."""
    found: dict[int, dict[str, Any]] = {}
    for namespace in NAMESPACES:
        for name, value in _public(namespace):
            kind = _kind(value)
            if kind is None:
                continue
            known = found.setdefault(
                id(value), {"name": name, "kind": kind, "aliases": []}
            )
            if known["name"] != name:
                known["aliases"].append(name)
    return sorted(found.values(), key=lambda symbol: symbol["name"])


def _public(namespace: str) -> Iterator[tuple[str, Any]]:
    """What a module offers, then what the modules in it do, by dotted name."""
    module = importlib.import_module(namespace)
    offered = {
        f"{namespace}.{name}": getattr(module, name)
        for name in sorted(vars(module))
        if not name.startswith("_") and name not in _LEFT_OUT
    }
    inner = [n for n, v in offered.items() if getattr(v, "__name__", "") == n]
    yield from ((n, v) for n, v in offered.items() if not isinstance(v, ModuleType))
    for name in inner:
        yield from _public(name)


def _kind(value: Any) -> str | None:
    if inspect.isclass(value):
        return "class"
    return "function" if callable(value) else None


def main() -> None:
    """Prints the version of Keras and its symbols."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    _ = os.dup2(2, 1)  # what a framework prints on its import is no answer
    import keras

    with out:
        json.dump({"keras": keras.__version__, "symbols": symbols()}, out)


if __name__ == "__main__":
    sys.exit(main())
