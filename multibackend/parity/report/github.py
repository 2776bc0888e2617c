"""A judgement as GitHub annotations: workflow commands that mark lines of the code."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from multibackend.parity.compare.rerun import rerun
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.text import count, shorten, visible
from multibackend.parity.report.wording import (
    advice,
    headline,
    open_verdicts,
    sentence,
    split_case,
)

__all__ = ["to_annotations", "wanted"]

_LONGEST = 1000
# GitHub shows so many errors of a step, and as many notices; it drops the others.
_MOST = 10
# What would end a message or a property is written as `%0A` and its kin.
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def wanted() -> bool:
    """Whether this process is a step of a GitHub workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def to_annotations(judgement: Judgement) -> list[str]:
    """Returns a line for each verdict that is open, the worst first.

    Printed, `::error file=...,line=...,title=...::message` marks the case in the pull
    request. GitHub shows ten of a step: a notice behind them counts the others. A
    judgement without a verdict is one error.

    Args:
        judgement: What the comparison found.
    """
    if not judgement.verdicts:
        told = f"{headline(judgement)} {' '.join(advice(judgement))}"
        return [f"::error title=multibackend::{_escaped(told, _MESSAGE)}"]
    waiting = open_verdicts(judgement)
    errors = [_annotation(verdict) for verdict in waiting[:_MOST]]
    return [*errors, *_rest(waiting[_MOST:])]


def _rest(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """How many are not shown, and where they are."""
    if verdicts:
        do = "does" if len(verdicts) == 1 else "do"
        told = (
            f"{count(len(verdicts), 'more check')} {do} not agree; the log of this step "
            "has them above, and so has every report that it wrote."
        )
        yield f"::notice title=multibackend::{_escaped(told, _MESSAGE)}"


def _annotation(verdict: Verdict) -> str:
    _, name = split_case(verdict.case)
    given = {"title": f"{name} {verdict.check}: {verdict.verdict}"}
    if place := _place(verdict.file):
        line = {"line": str(verdict.line)} if verdict.line > 0 else {}
        given = {"file": place, **line, **given}
    properties = ",".join(f"{k}={_escaped(v, _PROPERTY)}" for k, v in given.items())
    told = [shorten(sentence(verdict), _LONGEST) or verdict.verdict, rerun(verdict)]
    message = "%0A".join(_escaped(each, _MESSAGE) for each in told)
    return f"::error {properties}::{message}"


def _place(file: str) -> str:
    """The file as the repository knows it; nothing for one that lies elsewhere."""
    path = Path(file)
    if not file or not path.is_absolute():
        return path.as_posix() if file else ""
    roots = [root for root in (os.environ.get("GITHUB_WORKSPACE"), Path.cwd()) if root]
    for root in roots:
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return ""


def _escaped(text: str, marks: dict[str, str]) -> str:
    return "".join(marks.get(letter, letter) for letter in visible(text))
