"""Runs the targets on every backend at once, each in a process of its own."""

from __future__ import annotations

from multibackend.parity.run.request import Request, Run
from multibackend.parity.run.team import team
from multibackend.parity.run.worker import Watcher

__all__ = ["Request", "Run", "run"]


def run(request: Request, watcher: Watcher) -> Run:
    """Runs every case on every backend, and lets each load what the others saved.

    Args:
        request: What to run.
        watcher: Who is told what happens.

    Returns:
        Where the records are.

    Raises:
        MultibackendError: Nothing could be run; the message says why.
        Interrupted: The user pressed Ctrl-C; what was recorded stays.
    """
    with team(request, watcher) as members:
        members.record()
        members.exchange()
        return members.left
