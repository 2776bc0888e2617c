"""A judgement as Markdown, for the summary of a run in continuous integration."""

from __future__ import annotations

from collections.abc import Iterable

from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.text import budgets, shorten, visible
from multibackend.parity.report.wording import (
    MEANINGS,
    advice,
    excused_groups,
    excused_name,
    facts_of,
    headline,
    open_verdicts,
    sentence,
)

__all__ = ["to_markdown"]

# GitHub refuses a summary of more than 1 MiB.
_ROWS = 200
_LONGEST = 400


def to_markdown(judgement: Judgement) -> str:
    """Returns counts, backends, what does not agree, what is excused, and a closing.

    Every text of the record is escaped, so that no name becomes a table, a link or
    HTML. Where the tables would be longer than a summary may be, their last line
    says how many rows are left out.

    Args:
        judgement: What the comparison found.
    """
    counts = judgement.counts()
    return (
        "\n\n".join(
            [
                f"## {headline(judgement)}",
                _table(MEANINGS, [[f"{counts[word]:,}" for word in MEANINGS]]),
                *_environments(judgement),
                *_open(judgement),
                *_excused(judgement),
                *(f"> {_prose(note)}" for note in judgement.notes),
                _closing(judgement),
            ]
        ).rstrip()
        + "\n"
    )


def _environments(judgement: Judgement) -> Iterable[str]:
    if judgement.environments:
        yield _table(
            ("backend", "keras", "framework", "device"),
            (
                [_code(label), *map(_prose, facts_of(label, facts))]
                for label, facts in judgement.environments.items()
            ),
        )


def _open(judgement: Judgement) -> Iterable[str]:
    if verdicts := open_verdicts(judgement):
        yield "### What does not agree"
        yield _table(
            ("verdict", "case", "check", "blame", "error / budget", "why"),
            map(_row, verdicts[:_ROWS]),
        )
        yield from _left_out(len(verdicts))


def _row(verdict: Verdict) -> list[str]:
    return [
        f"**{verdict.verdict}**",
        _code(verdict.case),
        _code(verdict.check),
        ", ".join(map(_code, verdict.blame)),
        budgets(verdict.ratio),
        _prose(shorten(sentence(verdict), _LONGEST)),
    ]


def _excused(judgement: Judgement) -> Iterable[str]:
    if groups := excused_groups(judgement):
        yield "### What is excused"
        yield _table(
            ("verdict", "what", "why"),
            (
                [
                    group[0].verdict,
                    _prose(excused_name(group)),
                    _prose(shorten(sentence(group[0]), _LONGEST)),
                ]
                for group in groups[:_ROWS]
            ),
        )
        yield from _left_out(len(groups))


def _left_out(rows: int) -> Iterable[str]:
    if rows > _ROWS:
        yield f"{rows - _ROWS:,} more rows are in the JSON and HTML reports."


def _closing(judgement: Judgement) -> str:
    told, command = advice(judgement)
    return f"{told} {_code(command)}" if told else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    """A code span; where one cannot hold the text, the element with entities."""
    shown = visible(text)
    if not shown:
        return ""
    if set(shown) & set("`|\\<>&") or shown != shown.strip():
        return f"<code>{_entities(shown)}</code>"
    return f"`{shown}`"


def _prose(text: str) -> str:
    """Text in which nothing is Markdown or HTML."""
    return _entities(visible(text))


def _entities(text: str) -> str:
    return "".join(
        f"&#{ord(letter)};" if letter in "&<>\\`*_[]|~$@#!" else letter
        for letter in text
    )
