"""The catalogue of known differences: what it explains, and what it no longer should."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import msgspec
from packaging.specifiers import SpecifierSet

from multibackend.errors import RecordError
from multibackend.parity.compare.verdict import UNSURE, Difference, Kind, Verdict

__all__ = ["Entry", "apply", "read_catalogue"]

Environments = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Entry:
    """One known difference: its scope, its reason, and how to see it.

    Attributes:
        id: A name for it.
        cases: Every case it shows in.
        check: The check it shows in.
        backend: The backend that is off.
        precision: The run it shows in, `"float32"` or `"float64"`.
        kind: The kind of difference.
        keras: The Keras versions it was seen in, as a version specifier.
        reason: A sentence that says why.
        reproducer: A command or a link.
    """

    id: str
    cases: tuple[str, ...]
    check: str
    backend: str
    precision: str
    kind: Kind
    keras: str
    reason: str
    reproducer: str

    def explains(self, difference: Difference, verdict: Verdict) -> bool:
        """Whether a difference of a verdict in its scope is this one.

        Of two backends that disagree, either may be named: the catalogue knows who.
        """
        named = {difference.backend}
        if verdict.detail == UNSURE:
            named |= set(verdict.blame)
        return (
            difference.kind == self.kind
            and difference.precision == self.precision
            and self.backend in {_backend(label) for label in named}
        )

    def covers(self, verdict: Verdict, environments: Environments) -> bool:
        """Whether this verdict is in its scope, with a backend and version it names."""
        if verdict.check != self.check or verdict.case not in self.cases:
            return False
        return any(
            about.get("backend") == self.backend
            and SpecifierSet(self.keras).contains(
                str(about.get("keras")), prereleases=True
            )
            for about in environments.values()
        )


class _Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entry: tuple[Entry, ...] = ()


def read_catalogue() -> tuple[Entry, ...]:
    """Reads the catalogue that the package ships.

    Raises:
        RecordError: An entry lacks a field, its reason or its reproducer.
    """
    text = (
        resources.files("multibackend.parity.compare") / "catalogue.toml"
    ).read_text("utf-8")
    return parse(text)


def parse(text: str) -> tuple[Entry, ...]:
    """Reads entries from TOML.

    Raises:
        RecordError: An entry lacks a field, its reason or its reproducer.
    """
    try:
        entries = msgspec.convert(tomllib.loads(text), _Catalogue).entry
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        message = f"Expected a catalogue of [[entry]] tables, received another text ({error}). Correct it."
        raise RecordError(message) from error
    for entry in entries:
        if not (entry.reason.strip() and entry.reproducer.strip()):
            message = f"Expected catalogue entry {entry.id!r} to have a reason and a reproducer, received an empty one. Write both."
            raise RecordError(message)
    return entries


def apply(
    entries: Sequence[Entry], verdicts: Iterable[Verdict], environments: Environments
) -> list[Verdict]:
    """Turns explained differences into `known`, and reports entries that are stale.

    Args:
        entries: The catalogue.
        verdicts: What the comparison found.
        environments: What each record says of itself, by label.

    Returns:
        The verdicts; `known` where every difference is explained, and one `failed`
        more for each entry that should have reproduced in a case and did not.
    """
    judged: list[Verdict] = []
    stale: list[Verdict] = []
    for verdict in verdicts:
        scope = [e for e in entries if e.covers(verdict, environments)]
        judged.append(_explained(verdict, scope))
        if verdict.verdict in ("agree", "differ") and _several(environments):
            stale += [
                _stale(verdict, entry)
                for entry in scope
                if not any(entry.explains(d, verdict) for d in verdict.differences)
            ]
    return judged + stale


def _backend(label: str) -> str:
    """The backend that a record's label names: `torch` in `torch-gpu`."""
    return label.partition("-")[0].partition(" ")[0]


def _several(environments: Environments) -> bool:
    """Whether there are two backends: one alone differs from nobody."""
    return len({about.get("backend") for about in environments.values()}) > 1


def _explained(verdict: Verdict, scope: list[Entry]) -> Verdict:
    if verdict.verdict not in ("differ", "failed") or not verdict.differences:
        return verdict
    if not scope:
        return verdict
    unexplained = [
        difference
        for difference in verdict.differences
        if not any(entry.explains(difference, verdict) for entry in scope)
    ]
    if unexplained:
        blame = tuple(dict.fromkeys(difference.backend for difference in unexplained))
        return replace(verdict, differences=tuple(unexplained), blame=blame)
    why = "; ".join(f"{entry.id}: {entry.reason}" for entry in scope)
    return replace(verdict, verdict="known", detail=why)


def _stale(verdict: Verdict, entry: Entry) -> Verdict:
    return Verdict(
        case=verdict.case,
        check=f"catalogue {entry.id}",
        verdict="failed",
        detail=(
            f"the catalogue says that {entry.backend} differs in {entry.check}, and it no "
            "longer does: remove this case from the entry"
        ),
        file=verdict.file,
        line=verdict.line,
    )
