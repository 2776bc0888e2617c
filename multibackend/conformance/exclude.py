"""Exclusions of a backend's author: what is not asked yet, why, and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from multibackend.conformance.sample import Sample
from multibackend.conformance.tables import MODULE
from multibackend.errors import TargetError
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.wording import OPEN

__all__ = ["Exclusion", "Exclusions", "read_exclusions"]

Text = Annotated[str, Meta(min_length=1)]


class Exclusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Samples that a backend need not pass yet.

    Attributes:
        samples: Tables, symbols or samples; `*` is any text.
        reason: A sentence that says why.
        expires: The first day on which it holds no longer.
        checks: The checks it is about. Without any, the samples are not run at all.
    """

    samples: Annotated[tuple[Text, ...], Meta(min_length=1)]
    reason: Annotated[str, Meta(pattern=r"\S")]
    expires: dt.date
    checks: tuple[Text, ...] = ()

    def names(self, sample: Sample) -> bool:
        """Whether it is about this sample."""
        names = (sample.table, sample.name, *sample.symbols)
        names += tuple(name.removeprefix("keras.") for name in names)
        return any(
            fnmatchcase(name, pattern.replace("[", "[[]"))
            for name in names
            for pattern in self.samples
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    exclude: tuple[Exclusion, ...] = ()


@dataclass(frozen=True)
class Exclusions:
    """What one backend is excused from today.

    Attributes:
        backend: The backend.
        valid: Those that hold today.
        expired: Those that hold no longer.
    """

    backend: str
    valid: tuple[Exclusion, ...] = ()
    expired: tuple[Exclusion, ...] = ()

    def unasked(self, samples: Iterable[Sample]) -> dict[str, str]:
        """The cases that the backend is not to run, each with the reason."""
        return {
            f"{MODULE}:{sample.name}": _told(exclusion)
            for sample in samples
            for exclusion in self.valid
            if not exclusion.checks and exclusion.names(sample)
        }

    def applied(self, judgement: Judgement, samples: Sequence[Sample]) -> Judgement:
        """The judgement without what is excused, and with notes on what need not be."""
        by_case = {f"{MODULE}:{sample.name}": sample for sample in samples}
        used: set[int] = set()
        verdicts = tuple(
            self._excused(verdict, by_case.get(verdict.case), used)
            for verdict in judgement.verdicts
        )
        notes = [
            f"the exclusion of {', '.join(e.samples)} expired on {e.expires}: {e.reason}"
            for e in self.expired
        ]
        notes += [
            f"the exclusion of {', '.join(e.samples)} ({', '.join(e.checks)}) excuses "
            "nothing any more: remove it"
            for place, e in enumerate(self.valid)
            if e.checks and place not in used
        ]
        return replace(judgement, verdicts=verdicts, notes=(*judgement.notes, *notes))

    def _excused(
        self, verdict: Verdict, sample: Sample | None, used: set[int]
    ) -> Verdict:
        if sample is None or verdict.verdict not in OPEN:
            return verdict
        # Another backend that is off is not excused along with this one.
        if verdict.blame and set(verdict.blame) != {self.backend}:
            return verdict
        for place, exclusion in enumerate(self.valid):
            if verdict.check in exclusion.checks and exclusion.names(sample):
                used.add(place)
                return replace(verdict, verdict="unsupported", detail=_told(exclusion))
        return verdict


def _told(exclusion: Exclusion) -> str:
    return f"excluded until {exclusion.expires}: {exclusion.reason}"


def read_exclusions(file: Path, backend: str, today: dt.date) -> Exclusions:
    """Reads a file of exclusions.

    Args:
        file: TOML with `[[exclude]]` tables.
        backend: Whom they excuse.
        today: The day.

    Raises:
        TargetError: It cannot be read, or an exclusion lacks something.
    """
    try:
        found = msgspec.toml.decode(file.read_bytes(), type=_File).exclude
    except (OSError, msgspec.DecodeError) as error:
        why = getattr(error, "strerror", None) or error
        message = (
            f"Expected exclusions in {file}, received: {why}. Write [[exclude]] tables "
            "with samples, reason and expires."
        )
        raise TargetError(message) from error
    return Exclusions(
        backend,
        valid=tuple(each for each in found if each.expires > today),
        expired=tuple(each for each in found if each.expires <= today),
    )
