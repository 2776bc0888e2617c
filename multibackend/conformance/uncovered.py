"""Why a public symbol of Keras has no sample: by name, with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

__all__ = ["UNCOVERED", "reasons"]

#: Names, in which `*` is any text, and the reason.
UNCOVERED: dict[str, str] = {
    "keras.layers.FlaxLayer": "needs flax, which none of the environments has",
}


def reasons(symbols: Iterable[str]) -> dict[str, str]:
    """The reason of each of these symbols that has one."""
    return {
        symbol: reason
        for symbol in symbols
        for pattern, reason in UNCOVERED.items()
        if fnmatchcase(symbol, pattern)
    }
