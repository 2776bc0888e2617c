"""A run of samples on every backend, judged, and laid out as a scoreboard."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from multibackend.conformance.assemble import assemble
from multibackend.conformance.board import Board
from multibackend.conformance.causes import catalogue, causes
from multibackend.conformance.exclude import Exclusions
from multibackend.conformance.sample import Sample
from multibackend.conformance.surface import surface
from multibackend.conformance.tables import MODULE
from multibackend.conformance.uncovered import reasons
from multibackend.parity.compare.verdict import Judgement
from multibackend.parity.job import judge_all
from multibackend.parity.run.request import Request
from multibackend.parity.run.worker import Watcher

__all__ = ["Measured", "measure", "targets"]


@dataclass(frozen=True)
class Measured:
    """What a run left: the verdicts, and the scoreboard."""

    judgement: Judgement
    board: Board


def targets(samples: Sequence[Sample], *, whole: bool) -> list[str]:
    """What the children are to import, and which cases of it to run."""
    return [MODULE] if whole else [f"{MODULE}:{sample.name}" for sample in samples]


def measure(
    request: Request,
    watcher: Watcher,
    samples: Sequence[Sample],
    *,
    whole: bool,
    date: str,
    exclusions: Exclusions | None = None,
) -> Measured:
    """Runs the samples.

    Args:
        request: On which backends, and how; its targets are `targets(samples)`.
        watcher: Who is told what happens.
        samples: What is run.
        whole: Whether these are all samples.
        date: The day, `2026-11-29`.
        exclusions: What one backend is excused from.

    Raises:
        MultibackendError: Nothing could be run; the message says why.
        Interrupted: The user pressed Ctrl-C; what was recorded stays.
    """
    if exclusions is not None:
        excused = {exclusions.backend: exclusions.unasked(samples)}
        request = replace(request, excused={**request.excused, **excused})
    first = request.backends[0]
    # It imports Keras once more, while the children do so too.
    with ThreadPoolExecutor(max_workers=1) as aside:
        offered = aside.submit(surface, first, request.config.interpreter(first).python)
        judged = judge_all(
            request,
            watcher,
            catalogue=catalogue(),
            whole=(MODULE,) if whole else (),
        )
        keras = offered.result()
    judgement = judged.judgement
    if exclusions is not None:
        judgement = exclusions.applied(judgement, samples)
    board = assemble(
        judgement,
        judged.records,
        samples,
        keras,
        causes=causes(),
        uncovered=reasons(symbol.name for symbol in keras.symbols),
        date=date,
    )
    return Measured(judgement, board)
