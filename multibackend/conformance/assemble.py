"""From verdicts to a scoreboard: which symbol each answer belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from multibackend.conformance.board import (
    Asked,
    Board,
    Reason,
    Sampled,
    Surface,
)
from multibackend.conformance.causes import Cause
from multibackend.conformance.sample import Sample
from multibackend.conformance.tables import MODULE
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.record.read import Record
from multibackend.parity.report.wording import sentence

__all__ = ["assemble"]

_BLAMING = ("differ", "known", "failed")
_LONGEST = 400
_ID = re.compile(r"(?:^|; )([a-z0-9-]+)(?:\.\d+)?: ")


def assemble(
    judgement: Judgement,
    records: Sequence[Record],
    samples: Iterable[Sample],
    surface: Surface,
    *,
    causes: Iterable[Cause],
    uncovered: Mapping[str, str],
    date: str,
) -> Board:
    """The scoreboard of one run.

    Args:
        judgement: What came out.
        records: What each backend recorded.
        samples: What was run.
        surface: What the installed Keras offers.
        causes: All known causes.
        uncovered: Why symbols have no sample.
        date: The day of the run, `2026-11-29`.
    """
    known = {cause.id: cause for cause in causes}
    statuses = {record.label: record.statuses for record in records}
    verdicts: dict[str, list[Verdict]] = {}
    for verdict in judgement.verdicts:
        verdicts.setdefault(verdict.case.removeprefix(f"{MODULE}:"), []).append(verdict)
    rows: list[Sampled] = []
    for sample in samples:
        asked = verdicts.get(sample.name, [])
        for part, symbols in _parts(sample):
            rows.append(
                Sampled(
                    name=part.name,
                    table=sample.table,
                    text=part.text,
                    date=date,
                    symbols=symbols,
                    asked=tuple(
                        _asked(verdict, statuses, known, part, whole=sample)
                        for verdict in asked
                    ),
                    file=sample.file.rpartition("/")[2],
                    line=sample.line,
                )
            )
    used = {each for row in rows for asked in row.asked for each in asked.causes}
    return Board(
        keras=surface.keras,
        date=date,
        backends=tuple(judgement.environments),
        environments={k: dict(v) for k, v in judgement.environments.items()},
        symbols=surface.symbols,
        samples=tuple(rows),
        causes=tuple(
            Reason(c.id, c.reason, c.backends, c.reproducer.strip(), c.link)
            for c in known.values()
            if c.id in used
        ),
        uncovered=dict(uncovered),
    )


def _parts(sample: Sample) -> list[tuple[Sample, tuple[str, ...]]]:
    """The sample itself, or each function of those that were compiled as one."""
    if not sample.parts:
        return [(sample, (sample.symbol,))]
    return [(_compiled(part), (part.symbol,)) for part in sample.parts]


def _compiled(part: Sample) -> Sample:
    return replace(part, label=f"{part.label}, compiled")


def _asked(
    verdict: Verdict,
    statuses: Mapping[str, Mapping[tuple[str, str], Any]],
    known: Mapping[str, Cause],
    part: Sample,
    *,
    whole: Sample,
) -> Asked:
    words = {
        label: _word(verdict, label, found.get((verdict.case, verdict.check)))
        for label, found in statuses.items()
    }
    # What was compiled as one took its time for all of them.
    share = len(whole.parts) or 1
    seconds = {label: spent / share for label, spent in verdict.seconds.items()}
    if whole.parts and verdict.verdict in ("differ", "known"):
        # Outputs are named `compiled/keras.ops.add`: only those of this symbol count.
        own = {d.backend for d in verdict.differences if part.symbol in d.output}
        words = {k: w if k in own else "agree" for k, w in words.items()}
        if not own:
            return Asked(verdict.check, words, seconds=seconds)
    worst = verdict.differences[0] if verdict.differences else None
    detail = sentence(verdict)
    return Asked(
        check=verdict.check,
        words=words,
        kind=worst.kind if worst else "",
        ratio=verdict.ratio,
        detail=detail if len(detail) <= _LONGEST else f"{detail[:_LONGEST]}...",
        causes=tuple(
            dict.fromkeys(each for each in _ID.findall(verdict.detail) if each in known)
        )
        if verdict.verdict == "known"
        else (),
        seconds=seconds,
    )


def _word(verdict: Verdict, label: str, status: str | None) -> str:
    """What a verdict means for one backend."""
    if status in ("unsupported", "abstain"):
        return status
    if verdict.verdict in _BLAMING:
        everybody = not verdict.blame
        return verdict.verdict if everybody or label in verdict.blame else "agree"
    return verdict.verdict
