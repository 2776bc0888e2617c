"""A judgement as a badge: a small SVG that needs no other file."""

from __future__ import annotations

from collections.abc import Collection

from markupsafe import Markup

from multibackend.parity.compare.verdict import Judgement
from multibackend.parity.report.text import shorten, visible
from multibackend.parity.report.wording import OPEN

__all__ = ["message", "to_badge"]

# White text on each has a contrast of at least 4.5.
_GOOD, _BAD, _NONE, _LABEL = "#2e7d32", "#c62828", "#616161", "#444"
_LONGEST = 60
_SIZE, _PAD = 11, 6
_VERB = {"differ": "differs", "failed": "fails", "missing": "is missing"}

# Widths of Verdana in 2048ths of its size; the fonts named after it are as wide, and
# `textLength` makes any other fit.
_NARROW = {
    " ": 720, "(": 930, ")": 930, ",": 745, "-": 930, ".": 745, "/": 930, ":": 930,
    "I": 862, "J": 931, "c": 1067, "f": 720, "i": 562, "j": 705, "l": 562, "r": 874,
    "s": 1067, "t": 807, "z": 1076, "|": 930,
}  # fmt: skip
_WIDE = {"M": 1726, "W": 2025, "m": 1992, "w": 1676, "O": 1612, "Q": 1612}
_USUAL, _CAPITAL, _OTHER = 1270, 1420, 2048


def to_badge(judgement: Judgement) -> str:
    """Returns the badge: `multibackend | agrees on torch, jax, tensorflow`.

    It is green where all agree, red where something is open, grey where nothing was
    judged.

    Args:
        judgement: What the comparison found.
    """
    text, colour = message(judgement)
    label, text = "multibackend", shorten(visible(text), _LONGEST)
    left, right = _width(label), _width(text)
    first = left + 2 * _PAD
    badge = _SVG.format(
        told=f"{label}: {text}",
        width=first + right + 2 * _PAD,
        first=first,
        colour=colour,
        dark=_LABEL,
        size=_SIZE,
        label=label,
        text=text,
        left=left,
        right=right,
        label_at=_PAD,
        text_at=first + _PAD,
    )
    return str(badge)  # a `Markup` would escape what it is added to


def message(judgement: Judgement) -> tuple[str, str]:
    """What the badge says, and its colour.

    Example:
    >>> message(Judgement(verdicts=(), environments={}))
    ('nothing judged', '#616161')
    """
    for word in OPEN:
        if verdicts := judgement.of(word):
            blamed = {label for verdict in verdicts for label in verdict.blame}
            return _named(_VERB[word], judgement, blamed), _BAD
    if not judgement.of("agree", "known"):
        return "nothing judged", _NONE
    return _named("agrees", judgement, judgement.environments), _GOOD


def _named(verb: str, judgement: Judgement, labels: Collection[str]) -> str:
    """A verb and its backends, in the order of the records."""
    known = [label for label in judgement.environments if label in labels]
    names = [*known, *sorted(set(labels) - set(known))]
    return f"{verb} on {', '.join(names)}" if names else verb


def _width(text: str) -> int:
    """How wide the text is, in pixels."""
    return round(sum(map(_advance, text)) * _SIZE / 2048)


def _advance(letter: str) -> int:
    if letter in _NARROW or letter in _WIDE:
        return _NARROW.get(letter) or _WIDE[letter]
    if not letter.isascii():
        return _OTHER
    return _CAPITAL if letter.isupper() else _USUAL


_SVG = Markup("""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{told}">
<title>{told}</title>
<rect width="{width}" height="20" rx="3" fill="{colour}"/>
<path d="M3 0H{first}V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="{dark}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="{size}">
<text x="{label_at}" y="14" textLength="{left}">{label}</text>
<text x="{text_at}" y="14" textLength="{right}">{text}</text>
</g>
</svg>
""")
