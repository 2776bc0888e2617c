"""Evidence as inline SVG: a map of the error, a histogram, curves.

Colours are classes that the page's style gives them, for both themes. None says
anything alone: levels and backends are in words too, and lines have marks of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from multibackend.parity.compare.shown import BINS, Curve, Evidence
from multibackend.parity.report.text import count, number, visible

__all__ = ["curve", "error_map", "histogram"]

# The upper edges of the map's levels, in budgets; the last two are beyond, and infinite.
_LEVELS = (0.1, 1.0, 10.0, 100.0, 1000.0)
_WIDE, _HIGH, _ROW = 320.0, 150.0, 46.0
_LEFT, _FOOT = 8.0, 18.0
_SERIES = 6
_MARKS = 8
_RAISED = str.maketrans(
    "0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)


def error_map(evidence: Evidence) -> Markup:
    """The error of the backend that is farthest off, element by element."""
    rows = evidence.map
    wide, high = max(map(len, rows), default=0), len(rows)
    paths: dict[int, list[str]] = {}
    for y, row in enumerate(rows):
        for x, length, level in _runs([_level(ratio) for ratio in row]):
            paths.setdefault(level, []).append(f"M{x} {y}h{length}")
    drawn = Markup("").join(
        Markup('<path class="m{}" d="{}"><title>{}</title></path>').format(
            level, "".join(parts), _level_name(level)
        )
        for level, parts in sorted(paths.items())
    )
    told = f"Error of {evidence.backend} in {evidence.output}, {high} by {wide} cells"
    box = f"0 -.5 {wide} {high}"  # a cell is a stroke of width one
    legend = Markup("").join(
        Markup('<li class="m{}">{}</li>').format(level, _level_name(level))
        for level in sorted(paths)
    )
    return _svg(told, box, drawn, "map") + Markup('<ul class="key">{}</ul>').format(
        legend
    )


def _level(ratio: float) -> int:
    if not math.isfinite(ratio):
        return len(_LEVELS) + 1
    return sum(ratio > edge for edge in _LEVELS)


def _level_name(level: int) -> str:
    if level > len(_LEVELS):
        return "no number, or unequal"
    if level == len(_LEVELS):
        return f"above {_LEVELS[-1]:g} budgets"
    if level == 0:
        return f"up to {_LEVELS[0]:g} budget"
    return f"{_LEVELS[level - 1]:g} to {_LEVELS[level]:g} budgets"


def _runs(levels: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Where equal neighbours begin, how many they are, and what they are."""
    begun = 0
    for x in range(1, len(levels) + 1):
        if x == len(levels) or levels[x] != levels[begun]:
            yield begun, x - begun, levels[begun]
            begun = x


def histogram(evidence: Evidence, labels: Sequence[str]) -> Markup:
    """How many elements are how far off, a row of bars a backend."""
    counts = evidence.histogram
    used = [i for row in counts.values() for i, n in enumerate(row) if n]
    if not used:
        return Markup("")
    first, last = min(used), max(used)
    step = (_WIDE - _LEFT) / max(6, last - first + 1)
    parts: list[Markup] = []
    for place, (label, row) in enumerate(counts.items()):
        foot = (place + 1) * _ROW - 4
        most, series = max(row), _series(label, labels)
        told = Markup('<text x="{:g}" y="{:g}">{}</text>')
        parts.append(told.format(_LEFT, foot - 29, visible(label)))
        bars: list[str] = []
        for i in range(first, last + 1):
            if row[i]:
                # A lone element among thousands must still be seen.
                tall = max(2.0, 26 * row[i] / most)
                x = _LEFT + (i - first) * step
                bars.append(f"M{x:.4g} {foot:g}v-{tall:.3g}h{step - 1:.3g}v{tall:.3g}z")
        farthest = max((i for i, n in enumerate(row) if n), default=0)
        words = (
            f"{label}: {count(sum(row), 'element')}, the farthest {_bin_name(farthest)}"
        )
        bar = Markup('<path class="s{}" d="{}"><title>{}</title></path>')
        parts.append(bar.format(series, "".join(bars), visible(words)))
        line = Markup('<path class="axis" d="M{:g} {:g}H{:g}"/>')
        parts.append(line.format(_LEFT, foot, _WIDE))
    high = len(counts) * _ROW + _FOOT
    every = math.ceil((last - first + 1) / 8)
    for i in range(first, last + 1, every):
        tick = Markup('<text class="mid" x="{:.4g}" y="{:g}">{}</text>')
        parts.append(tick.format(_LEFT + (i - first + 0.5) * step, high - 6, _tick(i)))
    told = f"Errors in units in the last place: {', '.join(counts)}"
    return _svg(told, f"0 0 {_WIDE:g} {high:g}", Markup("").join(parts), "chart")


def _tick(place: int) -> str:
    if place == len(BINS):
        return "more"
    edge = BINS[place]
    power = str(int(math.log2(edge))) if edge else "0"
    return f"{edge:g}" if edge < 1000 else f"2{power.translate(_RAISED)}"


def _bin_name(place: int) -> str:
    if place == 0:
        return "exact"
    if place == len(BINS):
        return f"off by more than {BINS[-1]:g} ULPs, or no number"
    return f"off by {BINS[place - 1]:g} to {BINS[place]:g} ULPs"


def curve(shown: Curve, labels: Sequence[str]) -> Markup:
    """A line a backend over the training steps; orders of magnitude are logarithmic."""
    numbers = [n for line in shown.lines.values() for n in line if math.isfinite(n)]
    positive = [n for n in numbers if n > 0]
    if not numbers or not shown.steps:
        return Markup("")
    logs = (
        len(positive) == len([n for n in numbers if n])
        and bool(positive)
        and max(positive) > 30 * min(positive)
    )
    floor = min(positive) / 2 if logs else 0.0
    low, high = (
        (_log(x) if logs else x)
        for x in (max(min(numbers), floor) if logs else min(numbers), max(numbers))
    )
    room = (high - low) or 1.0

    def at(step: int, n: float) -> tuple[float, float]:
        along = shown.steps.index(step) / max(1, len(shown.steps) - 1)
        up = ((_log(max(n, floor)) if logs else n) - low) / room
        return 14 + along * (_WIDE - 28), _HIGH - 34 - up * (_HIGH - 60)

    parts: list[Markup] = []
    for line, (label, values) in enumerate(shown.lines.items()):
        pairs = zip(shown.steps, values, strict=False)
        told = [(step, n, *at(step, n)) for step, n in pairs if math.isfinite(n)]
        points = " ".join(f"{x:.3g},{y:.3g}" for _, _, x, y in told)
        series = _series(label, labels)
        stroke = Markup('<polyline class="l{}" points="{}"/>')
        parts.append(stroke.format(series, points))
        # Of many steps some have a mark, so that lines can be told apart by it.
        marks = "".join(
            _mark(series, x, y)
            for _, _, x, y in told[:: max(1, -(-len(told) // _MARKS))]
        )
        ends = f"{told[0][1]:.7g} to {told[-1][1]:.7g}" if told else "no number"
        mark = Markup('<path class="s{}" d="{}"><title>{}</title></path>')
        parts.append(mark.format(series, marks, visible(f"{label}: {ends}")))
        name = Markup('<path class="s{}" d="{}"/><text x="{:g}" y="{:g}">{}</text>')
        x, y = 14 + 100 * line, _HIGH - 8
        shape = _mark(series, x, y - 4)
        parts.append(name.format(series, shape, x + 8, y, visible(label)))
    scale = ", logarithmic" if logs else ""
    edge = Markup('<text x="4" y="12">{}</text><text x="4" y="{:g}">{}</text>')
    ends = (
        (number(max(numbers)), number(min(numbers)))
        if logs
        else (f"{max(numbers):.7g}", f"{min(numbers):.7g}")
    )
    parts.append(edge.format(f"{ends[0]}{scale}", _HIGH - 22, ends[1]))
    told = f"{shown.name} by step: {', '.join(shown.lines)}"
    return _svg(told, f"0 0 {_WIDE:g} {_HIGH:g}", Markup("").join(parts), "chart")


def _log(n: float) -> float:
    return math.log10(n) if n > 0 else 0.0


def _mark(series: int, x: float, y: float) -> str:
    """A square, a diamond, a triangle: told apart without any colour."""
    if series % 3 == 0:
        return f"M{x - 3:.4g} {y - 3:.4g}h6v6h-6z"
    if series % 3 == 1:
        return f"M{x:.4g} {y - 4:.4g}l4 4l-4 4l-4 -4z"
    return f"M{x:.4g} {y - 4:.4g}l4 7h-8z"


def _series(label: str, labels: Sequence[str]) -> int:
    return list(labels).index(label) % _SERIES if label in labels else _SERIES - 1


def _svg(told: str, box: str, inside: Markup, kind: str) -> Markup:
    # Cells of a map are stretched to the figure, letters are not.
    ratio = "none" if kind == "map" else "xMidYMid"
    return Markup(
        '<svg class="{}" role="img" aria-label="{}" viewBox="{}" '
        'preserveAspectRatio="{}"><title>{}</title>{}</svg>'
    ).format(kind, visible(told), box, ratio, visible(told), inside)
