"""What stops a function from being traced, and whose doing it is."""

from __future__ import annotations

__all__ = ["TraceError", "UntraceableError"]


class UntraceableError(Exception):
    """The function cannot become a graph; it still runs eagerly. The text says why."""


class TraceError(ValueError):
    """The function is used wrongly, eagerly too or in a way that would lose something."""
