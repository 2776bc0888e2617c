"""What changed from one scoreboard to another: in samples, symbols and causes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from multibackend.conformance.board import Board
from multibackend.parity.report.wording import OPEN

__all__ = ["Change", "changes", "regressions"]

_OFF = (*OPEN, "known")


@dataclass(frozen=True)
class Change:
    """One check of a sample on one backend that is not what it was.

    Attributes:
        sample: The sample.
        check: The check.
        backend: The backend.
        before: The word it had; nothing where it was not asked.
        after: The word it has; nothing where it is not asked any more.
        detail: Why it is what it is.
    """

    sample: str
    check: str
    backend: str
    before: str
    after: str
    detail: str = ""

    @property
    def worse(self) -> bool:
        """Whether something that agreed, or was excused, differs now."""
        return self.after in OPEN and self.before not in ("", *OPEN)

    @property
    def better(self) -> bool:
        """Whether something that differed agrees now."""
        return self.before in _OFF and self.after == "agree"

    @property
    def off(self) -> bool:
        """Whether something that agreed differs now, known or not."""
        return self.after in _OFF and self.before == "agree"

    @property
    def told(self) -> bool:
        """Whether it is worth a line: not what is new, gone or excused."""
        opened = not self.before and self.after in OPEN
        return self.worse or self.off or self.better or opened


def changes(before: Board, after: Board) -> list[Change]:
    """Every change, in the order of the newer scoreboard, then what is gone."""
    return list(_changes(before, after))


def regressions(before: Board, after: Board) -> list[Change]:
    """What got worse, and what is new and open."""
    new = {sample.name for sample in after.samples}
    new -= {sample.name for sample in before.samples}
    return [
        change
        for change in _changes(before, after)
        if change.worse or (change.after in OPEN and change.sample in new)
    ]


def _changes(before: Board, after: Board) -> Iterator[Change]:
    old, new = _words(before), _words(after)
    for place, (word, detail) in new.items():
        was = old.get(place, ("", ""))[0]
        if was != word:
            yield Change(*place, was, word, detail)
    for place, (word, _) in old.items():
        if place not in new and place[2] in after.backends:
            yield Change(*place, word, "")


def _words(board: Board) -> dict[tuple[str, str, str], tuple[str, str]]:
    return {
        (sample.name, asked.check, backend): (word, asked.detail)
        for sample in board.samples
        for asked in sample.asked
        for backend, word in asked.words.items()
    }
