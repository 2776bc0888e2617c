"""A judgement as terminal text: what matters first, one line each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from multibackend.parity.compare.rerun import rerun
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.pen import INDENT, Pen
from multibackend.parity.report.text import (
    budgets,
    count,
    line_of,
    number,
    place,
    shorten,
)
from multibackend.parity.report.wording import (
    MEANINGS,
    OPEN,
    advice,
    describe,
    excused_groups,
    excused_name,
    facts_of,
    headline,
    open_verdicts,
    sentence,
    sides,
    spent,
    split_case,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["print_judgement"]

_STYLES = {
    "agree": "green",
    "differ": "bold red",
    "failed": "bold red",
    "missing": "bold magenta",
    "known": "cyan",
    "abstain": "yellow",
    "unsupported": "dim",
}
_LONGEST = 300


def print_judgement(
    judgement: Judgement,
    console: Console,
    *,
    verbose: bool = False,
    rerun: bool = True,
) -> None:
    """Prints the backends, what does not agree, what is excused, counts and times.

    On a terminal, lines are laid out for its width; elsewhere every verdict stays on
    one line, so that a log can be searched.

    Args:
        judgement: What the comparison found.
        console: Where to; its settings decide on colour and width.
        verbose: Lists every verdict, and every difference.
        rerun: Says by which command a check is asked again, and where its case is.
    """
    pen = Pen(console)
    _print_environments(pen, judgement.environments)
    _print_open(pen, open_verdicts(judgement), verbose=verbose, again=rerun)
    pen.gap()
    for group in excused_groups(judgement, alone=verbose):
        _print_excused(pen, group)
    pen.gap()
    if verbose:
        for _ in _print_rows(pen, judgement.of("agree")):
            pass
    pen.gap()
    _print_end(pen, judgement, again=rerun)


def _print_environments(
    pen: Pen, environments: Mapping[str, Mapping[str, Any]]
) -> None:
    rows = [
        [pen.text(label, "bold"), *map(pen.text, facts_of(label, facts))]
        for label, facts in environments.items()
    ]
    for lines in pen.table(rows):
        pen.lines(lines)
    pen.gap()


def _print_open(
    pen: Pen, verdicts: Sequence[Verdict], *, verbose: bool, again: bool
) -> None:
    for verdict in _print_rows(pen, verdicts, why=not verbose):
        if not verbose:
            continue
        _print_reason(pen, verdict)
        if again:
            if verdict.file:
                where = line_of(verdict.file, verdict.line)
                pen.say(where, "dim", indent=INDENT)
            pen.say(rerun(verdict), "dim", indent=INDENT)


def _print_reason(pen: Pen, verdict: Verdict) -> None:
    for difference in verdict.differences:
        pen.say(describe(difference), indent=INDENT)
    if verdict.detail:
        pen.say(verdict.detail, indent=INDENT)
    if verdict.site:
        pen.say(f"first seen in {verdict.site}", indent=INDENT)
    if side := sides(verdict):
        pen.say(side, indent=INDENT)


def _print_rows(
    pen: Pen, verdicts: Sequence[Verdict], *, why: bool = False
) -> Iterator[Verdict]:
    """Prints a line a verdict, under its module on a terminal; yields after each."""
    modules: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        module = split_case(verdict.case)[0] if pen.console.is_terminal else ""
        modules.setdefault(module, []).append(verdict)
    for module, some in modules.items():
        if module:
            pen.say(module, "dim")
        rows = [_fields(pen, v, v.case.removeprefix(f"{module}:")) for v in some]
        told = [pen.text(shorten(_why(v), _LONGEST)) for v in some if why]
        laid = pen.table(rows, 2 * bool(module), last=told)
        for verdict, lines in zip(some, laid, strict=True):
            pen.lines(lines)
            yield verdict


def _why(verdict: Verdict) -> str:
    """The site of an open verdict, else the place; where nothing was measured, why."""
    worst = verdict.differences[0] if verdict.differences else None
    if worst is None or worst.error is None:
        return sentence(verdict)
    return f"in {verdict.site or place(worst.output, worst.index)}"


def _fields(pen: Pen, verdict: Verdict, name: str) -> Sequence[Text]:
    ratio = "" if verdict.ratio is None else f"{budgets(verdict.ratio)} budget"
    if (
        verdict.differences
        and verdict.error is not None
        and math.isfinite(verdict.error)
    ):
        ratio += f" ({number(verdict.error)} / {number(verdict.budget)})"
    return (
        pen.text(verdict.verdict, _STYLES[verdict.verdict]),
        pen.text(name, "bold" if verdict.verdict in OPEN else ""),
        pen.text(verdict.check),
        pen.text(", ".join(verdict.blame), "bold red"),
        pen.text(ratio),
    )


def _print_excused(pen: Pen, group: Sequence[Verdict]) -> None:
    first = group[0]
    word = pen.text(first.verdict, _STYLES[first.verdict])
    blame = pen.text(", ".join(first.blame))
    pen.lines(pen.flow([word, pen.text(excused_name(group)), blame]))
    if told := sentence(first):
        pen.say(shorten(told, _LONGEST), "dim", indent=INDENT)


def _print_end(pen: Pen, judgement: Judgement, *, again: bool) -> None:
    for note in judgement.notes:
        pen.say(f"Note: {note}", "yellow")
    bad = not judgement.verdicts or judgement.of(*OPEN)
    pen.say(headline(judgement), "bold red" if bad else "bold green")
    counts = judgement.counts()
    if judgement.verdicts:
        total = pen.text(f"{count(len(judgement.verdicts), 'check')}:")
        words = [word for word in MEANINGS if counts[word]]
        shown = [pen.text(f"{counts[word]:,} {word}", _STYLES[word]) for word in words]
        pen.lines(pen.flow([total, *shown]))
    if judgement.stages:
        pen.lines(pen.flow(pen.text(each, "dim") for each in spent(judgement)))
    told, command = advice(judgement)
    if told and again:
        pen.say(told)
        pen.lines([pen.text(f"  {command}")])
