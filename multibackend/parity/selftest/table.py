"""The score as rows: one table for the terminal and for the docs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from multibackend.parity.compare.verdict import Verdict
from multibackend.parity.report.text import shorten, visible
from multibackend.parity.selftest.plant import SIZES
from multibackend.parity.selftest.score import Goal, Outcome, Score

__all__ = ["Table", "tables"]

_LONGEST = 200


@dataclass(frozen=True)
class Table:
    """A titled table of text."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(scored: Score, goals: Sequence[Goal]) -> tuple[Table, ...]:
    """The targets, the faults by kind and size, and everything that went wrong.

    Args:
        scored: The score.
        goals: The targets to measure it by.
    """
    every = (
        _goals(scored, goals),
        _kinds(scored.outcomes),
        _checks(scored.outcomes),
        _unlike(scored.outcomes),
        _verdicts("False alarms among the controls", scored.controls.alarms),
        _verdicts("Abstentions among the controls", scored.controls.abstained),
        _insensitive(scored),
    )
    return tuple(table for table in every if table.rows)


def _goals(scored: Score, goals: Sequence[Goal]) -> Table:
    rows: list[tuple[str, ...]] = []
    for goal in goals:
        count, of = goal.of(scored)
        measured = _share(count, of) if goal.share else str(count)
        limit = f"{goal.target:.0%}" if goal.share else f"{goal.target:g}"
        least = "at most" if goal.most else "at least"
        met = "yes" if goal.met(scored) else "NO"
        rows.append((goal.name, f"{least} {limit}", measured, f"{count}/{of}", met))
    return Table("Targets", ("what", "target", "measured", "of", "met"), tuple(rows))


def _kinds(outcomes: Iterable[Outcome]) -> Table:
    by_kind: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_kind.setdefault(outcome.fault.kind, []).append(outcome)
    rows = [_kind(kind, by_kind[kind]) for kind in sorted(by_kind)]
    if rows:
        rows.append(_kind("all", [o for found in by_kind.values() for o in found]))
    head = ("kind", *SIZES, "caught", "blame right", "site right", "caught first by")
    return Table("Planted faults: caught of planted", head, tuple(rows))


def _kind(kind: str, found: Sequence[Outcome]) -> tuple[str, ...]:
    caught = [o for o in found if o.caught]
    sited = [o for o in caught if o.fault.site is not None]
    sizes = [[o for o in found if o.fault.size == size] for size in SIZES]
    first = Counter(_plain(o.check) for o in caught if o.check)
    return (
        kind,
        *(_part(sum(o.caught for o in some), len(some)) for some in sizes),
        _part(len(caught), len(found)),
        _part(sum(o.blamed for o in caught), len(caught)),
        _part(sum(o.located for o in sited), len(sited)),
        ", ".join(f"{check} {count}" for check, count in first.most_common())
        if kind != "all"
        else "",
    )


def _checks(outcomes: Iterable[Outcome]) -> Table:
    first = Counter(_plain(o.check) for o in outcomes if o.check)
    rows = tuple((check, str(count)) for check, count in first.most_common())
    return Table("Which check caught a fault first", ("check", "faults"), rows)


def _plain(check: str | None) -> str:
    """`save` for `save from torch`."""
    return (check or "").partition(" from ")[0]


def _unlike(outcomes: Iterable[Outcome]) -> Table:
    rows: list[tuple[str, ...]] = []
    for outcome in outcomes:
        fault = outcome.fault
        if not outcome.caught:
            wrong = f"not caught: {', '.join(outcome.words) or 'no verdict'}"
        elif not outcome.blamed:
            wrong = f"{outcome.check} blames {', '.join(outcome.blame) or 'nobody'}"
        elif fault.site is not None and not outcome.located:
            wrong = f"site {outcome.site or 'not found'}, expected {fault.site}"
        else:
            continue
        name = fault.case.rpartition(":")[2]
        rows.append((name, fault.kind, fault.size, fault.victim, wrong))
    head = ("fault", "kind", "size", "victim", "what went wrong")
    return Table("Faults that were not caught, blamed or located", head, tuple(rows))


def _verdicts(title: str, found: Iterable[Verdict]) -> Table:
    rows = tuple(
        (v.case, v.check, v.verdict, ", ".join(v.blame), _why(v)) for v in found
    )
    return Table(title, ("control", "check", "verdict", "blame", "why"), rows)


def _why(verdict: Verdict) -> str:
    """The reason, or the worst difference, in one line."""
    text = verdict.detail
    if not text and verdict.differences:
        worst = verdict.differences[0]
        text = f"{worst.output}: expected {worst.expected}, received {worst.received}"
    return shorten(visible(text), _LONGEST)


def _insensitive(scored: Score) -> Table:
    rows = tuple(
        (f"{found.size:g}", found.precision, label)
        for found in scored.sensitivity
        for label in found.missed
    )
    head = ("size", "run", "check")
    return Table("Small faults in recorded controls, not found", head, rows)


def _part(count: int, of: int) -> str:
    return f"{count}/{of}" if of else "-"


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else "nothing"
