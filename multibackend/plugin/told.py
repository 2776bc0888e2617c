"""Verdicts on their way: into the report of an item, JUnit's file and the summary."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from multibackend.parity.compare.verdict import Judgement, Verdict

__all__ = ["attach", "keep", "properties", "summarize"]

_FOUND = pytest.StashKey["list[Judgement]"]()

#: The attribute of a report that holds verdicts as plain data, which xdist can send.
_SENT = "multibackend_verdicts"


def keep(item: pytest.Item, judgement: Judgement) -> None:
    """Keeps what was found on an item, for its report and as properties for JUnit."""
    item.stash.setdefault(_FOUND, []).append(judgement)
    item.user_properties.extend(properties(judgement))


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Adds what was found to the report of the call."""
    from multibackend.parity.report.document import to_document

    if report.when == "call" and _FOUND in item.stash:
        setattr(report, _SENT, [to_document(j) for j in item.stash[_FOUND]])


def properties(judgement: Judgement) -> Iterator[tuple[str, str]]:
    """What was found as names and values: who computed, and each check.

    Args:
        judgement: The verdicts on one case.
    """
    from multibackend.parity.report.text import visible
    from multibackend.parity.report.wording import facts_of

    for label, facts in judgement.environments.items():
        yield (
            f"multibackend.{visible(label)}",
            visible(", ".join(facts_of(label, facts))),
        )
    for case in dict.fromkeys(verdict.case for verdict in judgement.verdicts):
        yield "multibackend.case", visible(case)
    for verdict in judgement.verdicts:
        for name, value in _facts(verdict):
            yield f"multibackend.{visible(verdict.check)}{name}", visible(value)


def _facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    from multibackend.parity.report.text import number
    from multibackend.parity.report.wording import sentence

    yield "", verdict.verdict
    if verdict.blame:
        yield ".blame", ", ".join(verdict.blame)
    if verdict.error is not None and verdict.budget is not None:
        yield ".error", number(verdict.error)
        yield ".budget", number(verdict.budget)
    if verdict.verdict != "agree":
        yield ".detail", sentence(verdict)


def summarize(reporter: Any) -> None:
    """Prints everything that the reports brought, like `multibackend check` does."""
    from multibackend.parity.report.wording import headline

    judgement = _together(reporter)
    if judgement is None:
        return
    names = ", ".join(judgement.environments)
    reporter.section(f"multibackend: {names}")
    verbosity = int(reporter.config.get_verbosity())
    if verbosity < 0:
        reporter.write_line(headline(judgement))
        return
    reporter.write(_text(judgement, color=reporter.hasmarkup, verbose=verbosity > 0))


def _text(judgement: Judgement, *, color: bool, verbose: bool) -> str:
    from rich.console import Console

    from multibackend.parity.report.terminal import print_judgement

    text = io.StringIO()
    width = shutil.get_terminal_size().columns
    console = Console(file=text, width=width, force_terminal=color, no_color=not color)
    print_judgement(judgement, console, verbose=verbose, rerun=False)
    return text.getvalue()


def _together(reporter: Any) -> Judgement | None:
    """One judgement of all that the reports brought; `None` where they brought none."""
    sent = [
        document
        for reports in reporter.stats.values()
        for report in reports
        for document in getattr(report, _SENT, ())
    ]
    if not sent:
        return None
    from multibackend.parity.compare.verdict import Judgement
    from multibackend.parity.report.document import from_document

    found = [from_document(document) for document in sent]
    return Judgement(
        verdicts=tuple(verdict for one in found for verdict in one.verdicts),
        environments={
            n: facts for one in found for n, facts in one.environments.items()
        },
        notes=tuple(dict.fromkeys(note for one in found for note in one.notes)),
    )
