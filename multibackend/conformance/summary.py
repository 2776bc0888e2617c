"""A scoreboard in a few lines of Markdown, for a README: coverage and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from multibackend.conformance.board import Board, Sampled, counted
from multibackend.errors import OutputError
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.wording import OPEN

__all__ = ["BEGIN", "END", "summary", "write_summary"]

#: Between these two lines a file is ours.
BEGIN = "<!-- multibackend conform: counts -->"
END = "<!-- multibackend conform: end -->"


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
    symbols = Counter(map(_room, board.covered()))
    samples: dict[str, list[Sampled]] = {}
    for sample in board.samples:
        samples.setdefault(_room(sample.symbols[0]), []).append(sample)
    for room, many in symbols.most_common():
        yield _row(f"`{room}`", many, samples[room])
    yield _row("all", symbols.total(), board.samples)


def _row(room: str, symbols: int, samples: Sequence[Sampled]) -> str:
    by = counted(samples)
    unexplained = sum(by[word] for word in OPEN)
    figures = (
        symbols,
        len(samples),
        by["agree"],
        by["known"],
        unexplained,
        by["abstain"],
    )
    return f"| {room} | {' | '.join(map(str, figures))} |"


def _room(symbol: str) -> str:
    """`keras.ops` of `keras.ops.linalg.svd`; what stands at the top is `keras`."""
    parts = symbol.split(".")
    return ".".join(parts[:2]) if len(parts) > 2 else "keras"
