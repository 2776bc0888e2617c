"""A case as an item of pytest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from multibackend.errors import MultibackendError
from multibackend.plugin.judging import judgement_on
from multibackend.plugin.marks import excused_on
from multibackend.plugin.options import backends_of
from multibackend.plugin.told import keep

if TYPE_CHECKING:
    from multibackend.parity.cases.case import Case
    from multibackend.parity.compare.verdict import Verdict

__all__ = ["CaseFailed", "CaseItem", "made_of"]


class CaseFailed(Exception):  # noqa: N818 - pytest shows it as a failure, not an error
    """A case does not agree; the text says where."""


def made_of(obj: Any) -> tuple[Case | None, tuple[pytest.Mark, ...]]:
    """The case that a name of a test file stands for, and the marks on it.

    A mark above `@case` is handed an object that is no function, and wraps it.
    """
    marks: list[pytest.Mark] = []
    given = obj
    while isinstance(given, pytest.MarkDecorator) and given.args:
        *own, inner = given.args
        mark = getattr(pytest.mark, given.name)
        marks.append(mark.with_args(*own, **given.kwargs).mark)
        given = inner
    case: Any = given
    kind = type(case)
    if kind.__name__ != "Case" or kind.__module__ != "multibackend.parity.cases.case":
        return None, ()
    below = getattr(case.function, "pytestmark", ())
    return case, (*marks, *below)


class CaseItem(pytest.Item):
    """One case: it passes if every check of it agrees."""

    def __init__(
        self, *, case: Case, marks: Sequence[pytest.Mark] = (), **given: Any
    ) -> None:
        """Keeps the case, and its marks where pytest looks for them."""
        super().__init__(**given)
        self.case = case
        self.own_markers.extend(marks)
        self.keywords.update({mark.name: mark for mark in marks})

    @property
    def target(self) -> str:
        """What the command line would call it."""
        return f"{self.path}::{self.case.name.partition(':')[2]}"

    @property
    def case_name(self) -> str:
        """The name of the case as a child process sees it."""
        from multibackend.parity.cases.select import parse

        wanted = parse(self.target)
        return f"{wanted.module}:{wanted.name}"

    def runtest(self) -> None:
        """Looks up the verdicts; the first item runs the cases of all of them.

        Raises:
            CaseFailed: A check differs, failed, or is missing.
        """
        from multibackend.parity.report.wording import OPEN

        names = backends_of(self.config)
        excused = excused_on(self, names)
        if len(excused) == len(names):
            pytest.skip("; ".join(dict.fromkeys(excused.values())))
        judgement = judgement_on(self)
        keep(self, judgement)
        verdicts = judgement.verdicts
        if not verdicts:
            message = f"Expected a verdict on {self.target}, found none."
            raise CaseFailed(message)
        opened = [verdict for verdict in verdicts if verdict.verdict in OPEN]
        if opened:
            raise CaseFailed("\n".join(_lines(opened)))
        others = [v for v in verdicts if v.verdict != "agree"]
        if len(others) == len(verdicts):
            pytest.skip("; ".join(f"{v.check}: {v.detail}" for v in others))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Shows the differences without a traceback of ours."""
        if isinstance(excinfo.value, CaseFailed | MultibackendError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is declared."""
        return self.path, max(0, self.case.line - 1), self.name


def _lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    from multibackend.parity.report.wording import sentence

    for verdict in verdicts:
        yield f"{verdict.check}: {verdict.verdict}: {sentence(verdict)}"
