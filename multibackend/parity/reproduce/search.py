"""Looks for a reproducer of each difference, in the children that are still warm."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from multibackend.parity.checks.table import asked
from multibackend.parity.compare.rerun import rerun
from multibackend.parity.compare.verdict import (
    UNSURE,
    Difference,
    Judgement,
    Verdict,
)
from multibackend.parity.record.atomic import make_folder, write_atomically
from multibackend.parity.record.read import Record
from multibackend.parity.reproduce.draft import Draft, read_drafts
from multibackend.parity.reproduce.outcome import difference
from multibackend.parity.reproduce.program import Told, program, says
from multibackend.parity.reproduce.shrink import CLEAR, Shown, clear, shrunk

__all__ = ["EACH", "MOST", "RUN", "TOGETHER", "Workshop", "reproduce"]

#: How many differences get a reproducer, the worst first.
MOST = 10
#: The seconds that one may take, and all together.
EACH = 20.0
TOGETHER = 90.0
#: A run of a few lines that takes longer hangs.
RUN = 30.0

# Checks that answer in words, so that every difference is one of their text; a program
# shows what the words are about.
_AS_TEXT = {
    "errors": ("error",),
    "spec": ("value", "structure", "error"),
    "config": ("value", "nonfinite", "structure", "shape", "dtype"),
    "determinism": ("value", "nonfinite", "structure", "shape", "dtype"),
}


class Workshop(Protocol):
    """Who carries the two orders to the children that are still alive."""

    def describe(
        self, backend: str, case: str, check: str, about: Mapping[str, Any], file: Path
    ) -> bool:
        """Has the drafts of a difference written; `False` where the child died."""
        ...

    def attempt(
        self, backend: str, case: str, check: str, file: Path, answer: Path
    ) -> bool:
        """Has a program run and its outcome written; called from threads."""
        ...


def reproduce(
    judgement: Judgement, records: Sequence[Record], workshop: Workshop, folder: Path
) -> Judgement:
    """Writes a program for each verdict that differs.

    Args:
        judgement: What was judged, with its sites.
        records: The records it was judged from.
        workshop: Who asks the children.
        folder: Where drafts and answers go; it is the caller's to remove.

    Returns:
        The judgement with programs, and a note for each difference without one.

    Raises:
        OutputError: The folder cannot be written.
        RecordError: What a child wrote is damaged.
    """
    backends = {record.label: record.about.backend for record in records}
    waiting = sorted(judgement.of("differ"), key=lambda v: v.ratio is not None)
    ends = time.monotonic() + TOGETHER
    found: dict[tuple[str, str], str] = {}
    notes = list(judgement.notes)
    make_folder(folder)
    for place, verdict in enumerate(waiting):
        if place == MOST or time.monotonic() > ends:
            notes.append(f"no reproducer was looked for in {len(waiting) - place} more")
            break
        own = min(ends, time.monotonic() + EACH)
        seeking = _Seeking(
            judgement, verdict, backends, workshop, folder / str(place), own
        )
        try:
            found[verdict.case, verdict.check] = seeking.program()
        except LookupError as reason:
            notes.append(
                f"no reproducer of {verdict.check} of {verdict.case}: {reason.args[0]}"
            )
    verdicts = tuple(
        replace(v, reproducer=found.get((v.case, v.check), ""))
        for v in judgement.verdicts
    )
    return replace(judgement, verdicts=verdicts, notes=tuple(notes))


@dataclass
class _Seeking:
    """Looks for the reproducer of one verdict."""

    judgement: Judgement
    verdict: Verdict
    backends: Mapping[str, str]
    workshop: Workshop
    folder: Path
    ends: float
    tried: count[int] = field(default_factory=count)

    def program(self) -> str:
        """The text of the smallest program that was found.

        Raises:
            LookupError: There is none; the text says why.
        """
        blamed, other = self._sides()
        worst = self._worst(blamed)
        told = Told(
            lines=self._lines(worst, ()),
            versions=self._versions(blamed, other),
            blamed=self.backends[blamed],
            other=self.backends[other],
            bound=0.0,
            kind=worst.kind,
            case=self.verdict.case,
        )
        make_folder(self.folder)
        start = self._start(worst, told)
        best = shrunk(start, lambda draft: self._shows(draft, told), self._left)
        lines = self._lines(worst, _here(best.gap, told))
        final = replace(told, lines=lines, bound=best.gap["error"] / 2)
        return program(best.draft, final)

    def _start(self, worst: Difference, told: Told) -> Shown:
        """The first draft that shows the difference.

        Raises:
            LookupError: None does.
        """
        file = self.folder / "drafts.json"
        about = {
            "output": worst.output,
            "site": self.verdict.site or "",
            "wide": worst.precision == "float64",
        }
        check = asked(self.verdict.check)
        case = self.verdict.case
        written = self.workshop.describe(told.other, case, check, about, file)
        if not written or not file.is_file():
            message = f"the process of {told.other} ended when it was asked"
            raise LookupError(message)
        drafts, refused = read_drafts(file)
        if not drafts:
            raise LookupError(refused)
        reasons: list[str] = []
        for draft in drafts:
            wides = (draft.plan.wide, True, False) if _gross(worst) else (True,)
            for wide in dict.fromkeys(wides):
                try:
                    shown = self._first(draft.but(wide=wide), worst, told)
                except (LookupError, TypeError) as error:
                    reasons.append(str(error.args[0]))
                    continue
                if shown is not None:
                    return shown
        message = "; ".join(dict.fromkeys(reasons)) or _unseen(worst)
        raise LookupError(message)

    def _first(self, draft: Draft, worst: Difference, told: Told) -> Shown | None:
        gap = self._shown(draft, told)
        if gap is None or not clear(draft, gap):
            return None
        kinds = _AS_TEXT.get(draft.plan.check, (worst.kind,))
        if draft.plan.check == "dtype" and worst.kind == "structure":
            kinds = ("error",)  # an output is missing where its dtype is refused
        return Shown(draft, gap) if gap["kind"] in kinds else None

    def _shows(self, draft: Draft, told: Told) -> dict[str, Any] | None:
        try:
            return self._shown(draft, told)
        except (LookupError, TypeError):
            return None

    def _shown(self, draft: Draft, told: Told) -> dict[str, Any] | None:
        """What a draft shows; both backends are asked at once.

        Raises:
            LookupError: It cannot be written as a program.
            TypeError: A value of it has no literal.
        """
        text = program(draft, told)
        place = next(self.tried)
        file = self.folder / f"{place}.py"
        write_atomically(file, text.encode("utf-8", "backslashreplace"))
        with ThreadPoolExecutor(2) as pool:
            jobs = [
                pool.submit(self._outcome, backend, file)
                for backend in (told.blamed, told.other)
            ]
            received, expected = (job.result() for job in jobs)
        if received is None or expected is None:
            return None
        related = says(text, "RELATED")
        gap = difference(received, expected, related=related)
        if related and gap and difference(expected, expected, related=True) == gap:
            return None
        return gap

    def _outcome(self, backend: str, file: Path) -> Any:
        answer = file.with_name(f"{file.stem}-{backend}.json")
        case, check = self.verdict.case, self.verdict.check
        if not self.workshop.attempt(backend, case, check, file, answer):
            return None
        return json.loads(answer.read_text("utf-8")) if answer.is_file() else None

    def _left(self) -> float:
        return self.ends - time.monotonic()

    def _sides(self) -> tuple[str, str]:
        """The labels of the backend that is blamed, and of one that is not.

        Raises:
            LookupError: One of them did not take part.
        """
        # Where nobody can be blamed alone, the differences are told of one of them.
        told = [difference.backend for difference in self.verdict.differences]
        named = (*told, *self.verdict.blame)
        blamed = next((label for label in named if label in self.backends), None)
        others = [label for label in self.backends if label != blamed]
        right = [label for label in others if label not in self.verdict.blame]
        if blamed is None or not others:
            message = "it takes a backend that is blamed and one that is not"
            raise LookupError(message)
        return blamed, (right or others)[0]

    def _worst(self, blamed: str) -> Difference:
        """The worst difference of this backend, in float32 where it is seen there.

        Raises:
            LookupError: There is none.
        """
        own = [d for d in self.verdict.differences if d.backend == blamed]
        if not own:
            message = "no single output differs"
            raise LookupError(message)
        narrow = [d for d in own if d.precision == "float32" and d.kind == own[0].kind]
        return (narrow or own)[0]

    def _versions(self, *labels: str) -> dict[str, str]:
        facts = [self.judgement.environments[label] for label in labels]
        found = {
            "Keras": str(facts[0].get("keras")),
            "NumPy": str(facts[0].get("numpy")),
        }
        for fact in facts:
            name, _, version = str(fact.get("framework")).partition(" ")
            found[name] = version
        return found

    def _lines(self, worst: Difference, here: Sequence[str]) -> list[str]:
        verdict = self.verdict
        where = worst.output + (str(list(worst.index)) if worst.index else "")
        site = f", first seen in {verdict.site}" if verdict.site else ""
        return [
            f"Case {verdict.case}, check {verdict.check}, in {worst.precision}{site}:",
            f"{where} expected {worst.expected}, ".strip()
            + f" received {_first_line(worst.received)}.",
            *here,
            *([f"{UNSURE.capitalize()}."] if verdict.detail == UNSURE else []),
            f"It was found by: {rerun(verdict)}",
        ]


def _here(gap: Mapping[str, Any], told: Told) -> list[str]:
    """What the program itself shows."""
    where = f" at {gap['where']}" if gap["where"] else ""
    return [
        f"Here, {gap['kind']}{where}:",
        f"    {told.blamed}: {gap['received']}",
        f"    expected: {gap['expected']}",
    ]


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else "nothing"


def _gross(worst: Difference) -> bool:
    """Whether it is no difference of float64 that float32 hides in its rounding."""
    if worst.precision != "float64" or worst.kind != "value" or worst.error is None:
        return True
    try:
        size = abs(float(worst.expected))
    except ValueError:  # text, or a complex number
        return False
    return worst.error >= CLEAR * 2.0**-23 * size


def _unseen(worst: Difference) -> str:
    if worst.precision == "float64":
        return (
            "a few plain lines do not show it; in float64 they may narrow to float32 "
            "where the referee does not"
        )
    return "a few plain lines do not show it clearly beyond rounding"
