"""A scoreboard in a few lines of Markdown, for a README: coverage and counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from multibackend.conformance.board import Asked, Board, worst
from multibackend.errors import OutputError
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.wording import OPEN

__all__ = ["BEGIN", "END", "summary", "write_summary"]

#: Between these two lines a file is ours.
BEGIN = "<!-- multibackend conform: counts -->"
END = "<!-- multibackend conform: end -->"

# The room of what has no symbol of its own.
_TOP = "keras"


def summary(board: Board) -> str:
    """Coverage in a sentence, then a table: symbols, samples and verdicts by room."""
    covered = board.covered()
    checks = sum(len(sample.asked) for sample in board.samples)
    engines = ", ".join(
        f"{name} {_framework(board, name)}".strip() for name in board.backends
    )
    share = len(covered) / len(board.symbols) if board.symbols else 0.0
    told = (
        f"Keras {board.keras} on {engines}: {len(covered)} of {len(board.symbols)} "
        f"public symbols ({share:.1%}) by {len(board.samples)} samples and {checks} "
        f"checks; {len(board.causes)} known causes of difference."
    )
    head = [
        "| | symbols | samples | agree | known difference | unexplained | abstain |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    return "\n".join([told, "", *head, *_rows(board)])


def write_summary(board: Board, file: Path) -> None:
    """Writes the summary between `BEGIN` and `END` of a Markdown file.

    Raises:
        OutputError: The file cannot be read, or has no such place.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"Expected a Markdown file at {str(file)!r}, received: {reason}."
        raise OutputError(message) from error
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        message = (
            f"Expected the lines {BEGIN!r} and {END!r} in {str(file)!r}, found none. "
            "Write them where the counts are to stand."
        )
        raise OutputError(message)
    write_text(file, f"{before}{BEGIN}\n{summary(board)}\n{END}{after}")


def _framework(board: Board, backend: str) -> str:
    """`2.13.0`, as the backend's own environment says."""
    told = str(board.environments.get(backend, {}).get("framework", ""))
    return told.rpartition(" ")[2].partition("+")[0]


def _rows(board: Board) -> Iterator[str]:
    symbols: dict[str, int] = {}
    for name in board.covered():
        symbols[_room(name)] = symbols.get(_room(name), 0) + 1
    samples: dict[str, int] = {}
    asked: dict[str, list[Asked]] = {}
    for sample in board.samples:
        # What compiles many functions as one is of its table's room.
        room = _room(sample.symbols[0]) if sample.symbols else _TOP
        samples[room] = samples.get(room, 0) + 1
        asked.setdefault(room, []).extend(sample.asked)
    for room in sorted(symbols, key=lambda each: -symbols[each]):
        counts = (symbols[room], samples.get(room, 0), *_counts(asked.get(room, ())))
        yield f"| `{room}` | {' | '.join(map(str, counts))} |"
    every = [one for some in asked.values() for one in some]
    total = (sum(symbols.values()), len(board.samples), *_counts(every))
    yield f"| all | {' | '.join(map(str, total))} |"


def _counts(asked: Iterable[Asked]) -> tuple[int, int, int, int]:
    """How many checks agree, are known, are unexplained, and abstain."""
    words = [worst(one.words.values()) for one in asked]
    return (
        words.count("agree"),
        words.count("known"),
        sum(word in OPEN for word in words),
        words.count("abstain"),
    )


def _room(symbol: str) -> str:
    """`keras.ops` of `keras.ops.linalg.svd`; what stands at the top is `keras`."""
    parts = symbol.split(".")
    return ".".join(parts[:2]) if len(parts) > 2 else "keras"
