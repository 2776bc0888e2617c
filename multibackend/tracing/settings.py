"""What `jit` is told, checked."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from multibackend.tracing.errors import TraceError

__all__ = ["OPTIMIZE", "Settings", "positional", "settings"]

#: When PyTorch's graphs are made into fused code.
OPTIMIZE = ("background", "first", "never")


@dataclass(frozen=True)
class Settings:
    """What `jit` was told; its docstring says what each means."""

    static_argnames: tuple[str, ...]
    optimize: str
    strict: bool
    cache_size: int


def settings(
    fn: Callable[..., Any],
    static_argnames: str | Sequence[str],
    optimize: str | None,
    *,
    strict: bool,
    cache_size: int,
) -> Settings:
    """What `jit` was told, or an error that names what is expected."""
    return Settings(
        static_argnames=_checked_names(fn, static_argnames),
        optimize=_checked_optimize(optimize),
        strict=strict,
        cache_size=_checked_size(cache_size),
    )


def positional(fn: Callable[..., Any]) -> list[str]:
    """The names of the arguments that may be given by position."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        p.name for p in inspect.signature(fn).parameters.values() if p.kind in kinds
    ]


def _checked_names(fn: Any, names: str | Sequence[str]) -> tuple[str, ...]:
    listed = (names,) if isinstance(names, str) else tuple(names)
    known = inspect.signature(fn).parameters if listed else {}
    unknown = [name for name in listed if name not in known]
    if unknown:
        message = (
            f"Expected `static_argnames` among {', '.join(known)}, received "
            f"{', '.join(map(repr, unknown))}. Correct the spelling."
        )
        raise TraceError(message)
    return listed


def _checked_optimize(optimize: str | None) -> str:
    chosen = optimize or os.environ.get("MULTIBACKEND_OPTIMIZE") or OPTIMIZE[0]
    if chosen not in OPTIMIZE:
        message = (
            f"Expected `optimize` among {', '.join(OPTIMIZE)}, received {chosen!r}. "
            "Choose one of these."
        )
        raise TraceError(message)
    return chosen


def _checked_size(size: int) -> int:
    if type(size) is not int or size < 1:
        message = (
            f"Expected `cache_size` to be a positive integer, received {size!r}. "
            "It is how many graphs are kept."
        )
        raise TraceError(message)
    return size
