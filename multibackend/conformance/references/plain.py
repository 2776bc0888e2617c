"""References of layers without weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["plain"]


def plain(formula: Callable[..., Any]) -> Callable[..., Any]:
    """A formula of the inputs alone as the reference of a layer."""

    def reference(*given: Any, weights: Any = None, **options: Any) -> Any:
        del weights
        return formula(*given, **options)

    return reference
