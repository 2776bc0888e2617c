"""A watcher that says nothing: a call returns what there is to say."""

from __future__ import annotations

from multibackend.parity.run.worker import Watcher

__all__ = ["Silent"]


class Silent(Watcher):
    """Takes note of nothing."""
