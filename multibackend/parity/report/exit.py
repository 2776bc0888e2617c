"""The exit code that a judgement deserves."""

from __future__ import annotations

from multibackend.parity.compare.verdict import Judgement
from multibackend.parity.report.wording import (
    OPEN,
)

__all__ = ["exit_code"]


def exit_code(judgement: Judgement) -> int:
    """Returns 0 where nothing is open, 1 otherwise.

    Open are `differ`, `failed` and `missing`. A judgement without any verdict is 1
    too: a run that compared nothing has not shown that anything agrees.

    Example:
    >>> from multibackend.parity.compare.verdict import Judgement
    >>> exit_code(Judgement(verdicts=(), environments={}))
    1
    """
    return int(not judgement.verdicts or bool(judgement.of(*OPEN)))
