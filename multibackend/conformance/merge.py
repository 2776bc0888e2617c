"""Scoreboards as one: those of several parts, or a newer part over an older whole."""

from __future__ import annotations

from collections.abc import Sequence

from multibackend.conformance.board import Board, BoardError

__all__ = ["merge"]


def merge(boards: Sequence[Board]) -> Board:
    """One scoreboard of several; of a sample in two of them, the last one counts.

    Args:
        boards: At least one; of one version of Keras.

    Raises:
        BoardError: They are of different versions of Keras.
    """
    versions = dict.fromkeys(board.keras for board in boards)
    if len(versions) > 1:
        message = (
            "Expected scoreboards of one Keras to merge, received "
            f"{' and '.join(versions)}. Compare them with --against instead."
        )
        raise BoardError(message)
    last = boards[-1]
    samples = {sample.name: sample for board in boards for sample in board.samples}
    causes = {cause.id: cause for board in boards for cause in board.causes}
    used = {
        each
        for sample in samples.values()
        for asked in sample.asked
        for each in asked.causes
    }
    backends = dict.fromkeys(name for board in boards for name in board.backends)
    return Board(
        keras=last.keras,
        date=max(board.date for board in boards),
        backends=tuple(backends),
        environments={k: v for board in boards for k, v in board.environments.items()},
        symbols=last.symbols,
        samples=tuple(samples.values()),
        causes=tuple(cause for cause in causes.values() if cause.id in used),
        uncovered=dict(last.uncovered),
    )
