"""A judgement as GitHub annotations: workflow commands that mark lines of the code."""

from __future__ import annotations

import os
from pathlib import Path

from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.text import shorten, visible
from multibackend.parity.report.wording import (
    advice,
    headline,
    open_verdicts,
    rerun,
    sentence,
    split_case,
)

__all__ = ["to_annotations", "wanted"]

_LONGEST = 1000
# What would end a message or a property is written as `%0A` and its kin.
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def wanted() -> bool:
    """Whether this process is a step of a GitHub workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def to_annotations(judgement: Judgement) -> list[str]:
    """Returns a line for each verdict that is open, the worst first.

    Printed, `::error file=...,line=...,title=...::message` marks the case in the pull
    request. GitHub shows the first ten of a step. A judgement without a verdict is one
    error.

    Args:
        judgement: What the comparison found.
    """
    if not judgement.verdicts:
        told = f"{headline(judgement)} {' '.join(advice(judgement))}"
        return [f"::error title=multibackend::{_escaped(told, _MESSAGE)}"]
    return [_annotation(verdict) for verdict in open_verdicts(judgement)]


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
