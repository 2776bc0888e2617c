"""A watcher that says nothing: a call returns what there is to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Silent"]


class Silent:
    """Takes note of nothing."""

    def started(self, backend: str) -> None:
        """A child was started, or is warm already."""

    def ready(
        self, backend: str, environment: Mapping[str, Any], seconds: float
    ) -> None:
        """It has imported everything."""

    def total(self, backend: str, cases: int) -> None:
        """So many cases are to be run."""

    def case_done(self, backend: str, name: str, seconds: float) -> None:
        """A case is on disk."""

    def restarted(self, backend: str, reason: str) -> None:
        """Another child takes over."""

    def finished(self, backend: str) -> None:
        """All cases are on disk."""
