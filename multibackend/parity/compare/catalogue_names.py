"""Names and patterns of a catalogue: `*` is any text, and nothing else is special."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Names", "names"]


@dataclass(frozen=True)
class Names:
    """What `in` answers for: the exact names, and what the patterns match."""

    exact: frozenset[str]
    pattern: re.Pattern[str] | None

    def __contains__(self, name: str) -> bool:
        """Whether one of them is this name, or matches it."""
        if name in self.exact:
            return True
        return self.pattern is not None and self.pattern.fullmatch(name) is not None


def names(texts: Iterable[str]) -> Names:
    """Takes names and patterns.

    Example:

    >>> [name in names(["m:a", "n:lstm_*"]) for name in ("m:a", "n:lstm_2", "n:gru")]
    [True, True, False]
    """
    every = list(texts)
    forms = [".*".join(map(re.escape, t.split("*"))) for t in every if "*" in t]
    pattern = re.compile("|".join(forms), re.DOTALL) if forms else None
    return Names(frozenset(t for t in every if "*" not in t), pattern)
