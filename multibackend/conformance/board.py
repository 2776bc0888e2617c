"""The scoreboard: every symbol of Keras, what was asked of it, and what came out.

The classes below are the file `scoreboard.json`. It holds samples; what a cell of the
table says (a symbol, a backend, a check) follows from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from multibackend.errors import MultibackendError, RecordError
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.wording import OPEN

__all__ = [
    "SCHEMA",
    "Asked",
    "Board",
    "BoardError",
    "Reason",
    "Sampled",
    "Surface",
    "Symbol",
    "counted",
    "read_board",
    "worst",
    "write_board",
]

SCHEMA = 1

# What nothing explains first.
_WORST: tuple[str, ...] = (*OPEN, "known", "abstain", "unsupported", "agree")


class Symbol(msgspec.Struct, frozen=True):
    """A public function or class of Keras: its first name, and its other ones."""

    name: str
    kind: str
    aliases: tuple[str, ...] = ()


class Surface(msgspec.Struct, frozen=True):
    """What an installed Keras offers."""

    keras: str
    symbols: tuple[Symbol, ...]


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check of one sample.

    Attributes:
        check: The check.
        words: What came out, by backend.
        kind: The kind of the worst difference.
        ratio: The largest error in budgets.
        detail: A sentence: the worst difference, or why there is no answer.
        causes: The ids of the causes that explain it.
        seconds: How long it took, by backend.
    """

    check: str
    words: dict[str, str]
    kind: str = ""
    ratio: float | None = None
    detail: str = ""
    causes: tuple[str, ...] = ()
    seconds: dict[str, float] = {}


class Sampled(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sample that was run: its name, its call, the day, and its answers."""

    name: str
    table: str
    text: str
    date: str
    symbols: tuple[str, ...]
    asked: tuple[Asked, ...]
    file: str = ""
    line: int = 0


class Reason(msgspec.Struct, frozen=True):
    """A cause, or why a symbol has no sample."""

    id: str
    reason: str
    backends: tuple[str, ...] = ()
    reproducer: str = ""
    link: str = ""


class Board(msgspec.Struct, frozen=True):
    """Everything that a site shows.

    Attributes:
        keras: The version of Keras.
        date: The day of the newest sample.
        backends: The backends, in order.
        environments: What each backend said of itself.
        symbols: What this Keras offers.
        samples: What was run.
        causes: The causes that explain a difference here.
        uncovered: Why symbols have no sample, by symbol.
        schema: The version of this form.
    """

    keras: str
    date: str
    backends: tuple[str, ...]
    environments: dict[str, dict[str, Any]]
    symbols: tuple[Symbol, ...]
    samples: tuple[Sampled, ...]
    causes: tuple[Reason, ...] = ()
    uncovered: dict[str, str] = {}
    schema: int = SCHEMA

    def by_symbol(self) -> dict[str, list[Sampled]]:
        """The samples of each symbol by its first name; none for what is uncovered."""
        first = {
            name: symbol.name
            for symbol in self.symbols
            for name in (*symbol.aliases, symbol.name)
        }
        found: dict[str, list[Sampled]] = {symbol.name: [] for symbol in self.symbols}
        for sample in self.samples:
            for name in dict.fromkeys(first.get(each) for each in sample.symbols):
                if name is not None:
                    found[name].append(sample)
        return found

    def covered(self) -> list[str]:
        """The symbols that a sample asked something."""
        return [
            name
            for name, samples in self.by_symbol().items()
            if any(sample.asked for sample in samples)
        ]

    def counts(self) -> dict[str, int]:
        """How many checks of samples there are by their worst word."""
        return counted(self.samples)

    def cells(self) -> dict[tuple[str, str, str], str]:
        """The worst word by symbol, backend and check."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for name, samples in self.by_symbol().items():
            for sample in samples:
                for asked in sample.asked:
                    for backend, word in asked.words.items():
                        place = (name, backend, asked.check)
                        found.setdefault(place, []).append(word)
        return {place: worst(words) for place, words in found.items()}


def counted(samples: Iterable[Sampled]) -> dict[str, int]:
    """How many checks of these samples there are by their worst word."""
    found: dict[str, int] = dict.fromkeys(_WORST, 0)
    for sample in samples:
        for asked in sample.asked:
            found[worst(asked.words.values())] += 1
    return found


def worst(words: Iterable[str]) -> str:
    """The worst of several words; `missing` where there is none."""
    ranks = [_WORST.index(word) for word in words]
    return _WORST[min(ranks)] if ranks else "missing"


def write_board(board: Board, file: Path) -> None:
    """Writes a scoreboard as JSON.

    Raises:
        OutputError: The file cannot be written.
    """
    text = msgspec.json.format(msgspec.json.encode(board), indent=1).decode()
    write_text(file, text + "\n")


def read_board(file: Path) -> Board:
    """Reads a scoreboard.

    Raises:
        RecordError: There is none, or it is of another form.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=Board)
    except OSError as error:
        message = (
            f"Expected a scoreboard at {file}, received: {error.strerror or error}. "
            "`multibackend conform --out DIR` leaves one in DIR/scoreboard.json."
        )
        raise RecordError(message) from error
    except msgspec.DecodeError as error:
        message = f"Expected a scoreboard in {file}, received: {error}. Make it again."
        raise RecordError(message) from error


class BoardError(MultibackendError):
    """Scoreboards that do not go together."""
