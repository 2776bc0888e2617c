"""The exit code that a judgement deserves."""

from __future__ import annotations

from multibackend.errors import CaseError
from multibackend.parity.compare.verdict import Judgement
from multibackend.parity.report.wording import (
    OPEN,
)

__all__ = ["exit_code"]


def exit_code(judgement: Judgement) -> int:
    """Returns 0 where nothing is open, 2 where only cases are written wrongly, else 1.

    Open are `differ`, `failed` and `missing`. A judgement without any verdict is 1
    too: a run that compared nothing has not shown that anything agrees.

    Example:
    >>> from multibackend.parity.compare.verdict import Judgement
    >>> exit_code(Judgement(verdicts=(), environments={}))
    1
    """
    opened = judgement.of(*OPEN)
    if opened and all(verdict.usage for verdict in opened):
        return CaseError.exit_code
    return int(not judgement.verdicts or bool(opened))
