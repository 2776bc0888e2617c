"""A scoreboard in a terminal: coverage, where the time went, what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from multibackend.conformance.board import Board
from multibackend.conformance.change import Change, regressions

__all__ = ["change_lines", "coverage_lines", "time_lines"]

_SLOWEST = 20
_MOST = 40


def coverage_lines(board: Board, *, partly: bool = False) -> Iterator[str]:
    """How much of Keras was asked, and what was not.

    Args:
        board: The scoreboard.
        partly: Whether a part was asked for: then nobody is told what it left out.
    """
    covered = set(board.covered())
    total = len(board.symbols)
    reasoned = [name for name in board.uncovered if name not in covered]
    bare = [
        symbol.name
        for symbol in board.symbols
        if symbol.name not in covered and symbol.name not in board.uncovered
    ]
    share = len(covered) / total if total else 0.0
    yield (
        f"Keras {board.keras}: {len(covered)} of {total} public symbols covered "
        f"({share:.1%}), {len(reasoned)} more with a reason, {len(bare)} uncovered"
    )
    if bare and not partly:
        shown = ", ".join(bare[:_MOST])
        more = f" and {len(bare) - _MOST} more" if len(bare) > _MOST else ""
        yield f"Uncovered: {shown}{more}"
    if board.causes:
        yield f"{len(board.causes)} known causes of difference show in this run"


def time_lines(board: Board) -> Iterator[str]:
    """How the seconds are spread over checks, and the samples that take the most."""
    by_check: dict[str, list[float]] = {}
    by_sample: dict[str, float] = {}
    for sample in board.samples:
        for asked in sample.asked:
            total = sum(asked.seconds.values())
            by_check.setdefault(asked.check, []).append(total)
            by_sample[sample.name] = by_sample.get(sample.name, 0.0) + total
    yield "Seconds of all backends together, by check: asked, median, largest, sum"
    order = sorted(by_check, key=lambda check: -sum(by_check[check]))
    for check in order:
        spent = by_check[check]
        yield (
            f"  {check:<12} {len(spent):>5} {median(spent):>7.2f} {max(spent):>7.2f} "
            f"{sum(spent):>8.1f}"
        )
    yield f"The slowest {_SLOWEST} samples"
    slowest = sorted(by_sample.items(), key=lambda pair: -pair[1])[:_SLOWEST]
    for name, seconds in slowest:
        yield f"  {seconds:>7.2f}  {name}"


def change_lines(found: Sequence[Change], before: Board, after: Board) -> Iterator[str]:
    """What changed, worst first; of what is new, gone or excused the count alone."""
    told = [change for change in found if change.told]
    yield (
        f"Against Keras {before.keras} of {before.date}: "
        f"{len(regressions(before, after))} regressions, "
        f"{sum(c.off for c in found)} differ now, "
        f"{sum(c.better for c in found)} agree now, {len(found) - len(told)} other changes"
    )
    gone = {s.name for s in before.symbols} - {s.name for s in after.symbols}
    new = {s.name for s in after.symbols} - {s.name for s in before.symbols}
    for word, names in (("New", new), ("Gone", gone)):
        if names:
            yield f"{word} symbols: {', '.join(sorted(names))}"
    ordered = sorted(told, key=lambda c: (not c.worse, c.better, not c.off))
    for change in ordered[:_MOST]:
        was, place = change.before or "not asked", f"{change.check} on {change.backend}"
        yield f"  {change.sample} {place}: {was} -> {change.after}"
    if len(ordered) > _MOST:
        yield f"  and {len(ordered) - _MOST} more; the page has them all"
