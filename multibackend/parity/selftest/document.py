"""The score as JSON and as Markdown.

The JSON is closed: a new field makes a new schema number, so that an old reader says
so instead of leaving something out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from multibackend import __version__
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.text import visible
from multibackend.parity.report.wording import facts_of
from multibackend.parity.selftest.score import TARGETS, Outcome, Score
from multibackend.parity.selftest.table import Table, tables

__all__ = ["SCHEMA", "Document", "to_document", "to_json", "to_markdown"]

#: The number of the JSON's form.
SCHEMA = 1

_COMMAND = "multibackend selftest --json selftest.json --markdown docs/selftest.md"


class Reached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One target: `count` of `of` were measured, `met` says whether it is enough.

    `target` and `value` are shares, but for false alarms, which are counted. `value` is
    null where there was nothing to measure. `most` is true where less is better.
    """

    name: str
    target: float
    most: bool
    value: float | None
    count: int
    of: int
    met: bool


class Planted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault and what became of it.

    `check` is the check that caught it first, or null; `blame` whom that check blamed,
    `right` whether that is the victim alone. `site` is where it was planted and `found`
    which site the judge named; both are null where there is none.
    """

    case: str
    kind: str
    size: str
    victim: str
    check: str | None
    blame: tuple[str, ...]
    right: bool
    site: str | None
    found: str | None


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict on a control that is not `agree`."""

    case: str
    check: str
    verdict: str
    blame: tuple[str, ...]
    detail: str


class Clean(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The controls: correct code that the judge must leave alone."""

    cases: int
    verdicts: int
    known: int
    unsupported: int
    alarms: tuple[Said, ...]
    abstained: tuple[Said, ...]


class Sensed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A relative fault of `size` planted in recorded, well-conditioned controls."""

    precision: str
    size: float
    planted: int
    found: int
    missed: tuple[str, ...]


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole trial; `date` is ISO 8601 in UTC, `seconds` what all of it took."""

    schema: int
    version: str
    date: str
    quick: bool
    seconds: float
    environments: dict[str, Any]
    targets: tuple[Reached, ...]
    faults: tuple[Planted, ...]
    controls: Clean
    sensitivity: tuple[Sensed, ...]


def to_document(scored: Score, judgement: Judgement, *, seconds: float) -> Document:
    """Everything that a reader of the score may want.

    Args:
        scored: The score.
        judgement: What it was counted from; it says who was compared.
        seconds: What the whole trial took.
    """
    controls = scored.controls
    return Document(
        schema=SCHEMA,
        version=__version__,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        quick=scored.quick,
        seconds=round(seconds, 1),
        environments={k: dict(v) for k, v in judgement.environments.items()},
        targets=tuple(
            Reached(
                goal.name,
                goal.target,
                goal.most,
                goal.value(scored),
                *goal.of(scored),
                goal.met(scored),
            )
            for goal in TARGETS
        ),
        faults=tuple(map(_planted, scored.outcomes)),
        controls=Clean(
            controls.cases,
            controls.verdicts,
            controls.known,
            controls.unsupported,
            tuple(map(_said, controls.alarms)),
            tuple(map(_said, controls.abstained)),
        ),
        sensitivity=tuple(
            Sensed(s.precision, s.size, s.planted, s.found, s.missed)
            for s in scored.sensitivity
        ),
    )


def _planted(outcome: Outcome) -> Planted:
    fault = outcome.fault
    return Planted(
        fault.case,
        fault.kind,
        fault.size,
        fault.victim,
        outcome.check,
        outcome.blame,
        outcome.caught and outcome.blamed,
        fault.site,
        outcome.site,
    )


def _said(verdict: Verdict) -> Said:
    return Said(
        verdict.case, verdict.check, verdict.verdict, verdict.blame, verdict.detail
    )


def to_json(document: Document) -> str:
    """The document as indented JSON."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=1)
    return text.decode("utf-8") + "\n"


def to_markdown(scored: Score, document: Document) -> str:
    """The score with versions and date, for the docs.

    Args:
        scored: The score.
        document: The same, for what was compared and when.
    """
    part = " A seeded tenth of it was run." if document.quick else ""
    head = f"""# The judge on trial

`multibackend selftest` plants faults in correct Keras code, each on one backend, runs
them beside correct controls, and counts what the judge finds. Made by multibackend
{document.version} on {document.date[:10]} in {document.seconds:.0f} s.{part} Make it again:

```sh
{_COMMAND}
```

A fault is caught if a check says `differ`, or has no answer of the faulty backend
alone. Blame is right if the first such check blames the faulty backend and nobody else (a file that was saved wrongly is named by the
check itself, `save from torch`). The site is right if the sub-layer or step that is
named is the faulty one; it is counted for faults in models. A false alarm is a `differ`,
`failed` or `missing` on a control that the catalogue does not explain. A fault of 1e-5
is in the float32 run only, one of 1e-11 below what float32 holds.
"""
    made = tables(scored, TARGETS)
    parts = [head.rstrip(), _compared(document.environments), _counts(scored)]
    return "\n\n".join([*parts, *map(_markdown, made)]) + "\n"


def _compared(environments: Mapping[str, Any]) -> str:
    return "\n".join(
        f"- {label}: {', '.join(facts_of(label, facts))}"
        for label, facts in environments.items()
    )


def _counts(scored: Score) -> str:
    clean = scored.controls
    return (
        f"{len(scored.outcomes)} faults; {clean.cases} controls with {clean.verdicts} "
        f"verdicts, of which {clean.known} are known differences of Keras and "
        f"{clean.unsupported} could not be asked."
    )


def _markdown(table: Table) -> str:
    rows = [table.head, ("---",) * len(table.head), *table.rows]
    return "\n".join([f"## {table.title}", "", *map(_line, rows)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Text in which nothing is Markdown or HTML."""
    return "".join(
        f"&#{ord(letter)};" if letter in "&<>\\`*[]|~$" else letter
        for letter in visible(text)
    )
