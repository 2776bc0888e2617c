"""Ctrl-C in the middle of a run; light, so that the command line may know of it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Interrupted"]


class Interrupted(Exception):  # noqa: N818 - the user's wish, not an error
    """The user pressed Ctrl-C; what was recorded so far stays in `folder`.

    Attributes:
        opened: Whether a record was begun, which replaced an earlier one.
    """

    def __init__(self, folder: Path, cases: int, *, opened: bool = True) -> None:
        """Says what was kept and what to do with it."""
        self.opened = opened
        kept = (
            f"{cases} case runs are recorded. Go on: the same command with --resume. "
            f"Compare them: multibackend compare {folder}"
            if cases
            else "nothing was recorded yet"
        )
        super().__init__(f"multibackend: interrupted; {kept}")
