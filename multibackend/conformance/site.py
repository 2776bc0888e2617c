"""The scoreboard as one HTML file that needs nothing else: no network, no server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from multibackend.conformance.board import Asked, Board, Sampled
from multibackend.conformance.change import changes
from multibackend.parity.checks.table import CHECKS
from multibackend.parity.record.observation import BUILD
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.policy import policy
from multibackend.parity.report.wording import facts_of

__all__ = ["to_site", "write_site"]

# One letter a word: a page holds some ten thousand of them.
_LETTERS = {
    "agree": "a",
    "known": "k",
    "differ": "d",
    "failed": "f",
    "missing": "m",
    "abstain": "b",
    "unsupported": "u",
}


def write_site(board: Board, earlier: Sequence[Board], file: Path) -> None:
    """Writes the scoreboard as a page.

    Args:
        board: The scoreboard.
        earlier: Scoreboards to compare with, such as those of other versions of Keras.
        file: The file, replaced whole.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(file, to_site(board, earlier))


def to_site(board: Board, earlier: Sequence[Board] = ()) -> str:
    """The scoreboard as the text of a page."""
    room = files("multibackend.conformance")
    style = (room / "site.css").read_text("utf-8")
    script = (room / "site.js").read_text("utf-8")
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string((room / "site.html.jinja").read_text("utf-8"))
    # What a sample or an error says ends no element: every `<` is written as an escape.
    data = json.dumps(_data(board, earlier), ensure_ascii=False, separators=(",", ":"))
    return template.render(
        policy=policy(style, script),
        style=style,
        script=script,
        data=data.replace("<", "\\u003c"),
        title=f"Keras {board.keras} on {', '.join(board.backends)}",
    )


def _data(board: Board, earlier: Sequence[Board]) -> dict[str, Any]:
    places = {sample.name: place for place, sample in enumerate(board.samples)}
    cause = {each.id: place for place, each in enumerate(board.causes)}
    by_symbol = board.by_symbol()
    asked = {a.check for sample in board.samples for a in sample.asked}
    known = [BUILD, *CHECKS]
    return {
        "keras": board.keras,
        "date": board.date,
        "backends": board.backends,
        "environments": {
            label: ", ".join(filter(None, facts_of(label, about)))
            for label, about in board.environments.items()
        },
        "checks": [c for c in known if c in asked] + sorted(asked - set(known)),
        "causes": [
            [c.id, c.reason, c.backends, c.reproducer, c.link] for c in board.causes
        ],
        "uncovered": board.uncovered,
        "symbols": [
            [s.name, s.kind, s.aliases, [places[o.name] for o in by_symbol[s.name]]]
            for s in board.symbols
        ],
        "samples": [_sample(sample, board.backends, cause) for sample in board.samples],
        "earlier": [_past(before, board) for before in earlier],
    }


def _sample(
    sample: Sampled, backends: Sequence[str], cause: Mapping[str, int]
) -> list[Any]:
    place = f"{sample.file}:{sample.line}" if sample.file else ""
    rows = [_asked(asked, backends, cause) for asked in sample.asked]
    return [sample.name, sample.table, sample.text, sample.date, place, rows]


def _asked(
    asked: Asked, backends: Sequence[str], cause: Mapping[str, int]
) -> list[Any]:
    letters = "".join(_LETTERS.get(asked.words.get(b, ""), "-") for b in backends)
    ratio = None if asked.ratio is None or asked.ratio > 1e300 else asked.ratio
    causes = [cause[each] for each in asked.causes if each in cause]
    return [asked.check, letters, asked.kind, ratio, asked.detail, causes]


def _past(before: Board, board: Board) -> dict[str, Any]:
    """An earlier scoreboard in a few figures, and what changed since."""
    found = changes(before, board)
    return {
        "keras": before.keras,
        "date": before.date,
        "symbols": len(before.symbols),
        "covered": len(before.covered()),
        "counts": before.counts(),
        "changes": [
            [c.sample, c.check, c.backend, c.before, c.after] for c in found if c.told
        ],
    }
