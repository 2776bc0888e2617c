"""Where an entry holds in the run at hand: its records, its cases, its differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import SpecifierSet

from multibackend.parity.compare.catalogue_entry import Entry
from multibackend.parity.compare.catalogue_names import Names, names
from multibackend.parity.compare.catalogue_read import Catalogue
from multibackend.parity.compare.verdict import UNSURE, Difference, Verdict

__all__ = ["Environments", "Finder", "Scope", "scopes", "unsure"]

Environments = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Scope:
    """An entry among the records of one run.

    Attributes:
        entry: The entry.
        catalogue: Where it stands.
        labels: The backend of each record in scope, by the record's label.
        objects: The cases it covers.
        checks: The checks it covers.
        outputs: The outputs it covers.
    """

    entry: Entry
    catalogue: Catalogue
    labels: Mapping[str, str]
    objects: Names
    checks: Names
    outputs: Names

    def matches(self, difference: Difference) -> bool:
        """Whether a difference is of its kind, whoever is named."""
        return (
            difference.kind == self.entry.kind
            and difference.precision == self.entry.precision
            and (not self.entry.outputs or difference.output in self.outputs)
        )

    def shows(self, verdict: Verdict, backend: str) -> bool:
        """Whether a backend of its own differs in a verdict as it says.

        Where nobody knows who is off, any backend that was judged may be.
        """
        return any(
            self.matches(difference)
            and (
                self.labels.get(difference.backend) == backend
                or unsure(difference, verdict)
            )
            for difference in verdict.differences
        )

    def named(self, verdict: Verdict) -> bool:
        """Whether it names this very case and check, without a pattern."""
        return verdict.case in self.objects.exact and verdict.check in self.checks.exact


def unsure(difference: Difference, verdict: Verdict) -> bool:
    """Whether the named backend is only one of those that may be off."""
    return UNSURE in verdict.detail or difference.detail.startswith("no majority")


def scopes(
    catalogues: Iterable[Catalogue], environments: Environments
) -> tuple[Scope, ...]:
    """Every entry that has a record in its scope, by backend, versions and device."""
    found = [
        Scope(
            entry=entry,
            catalogue=catalogue,
            labels=_labels(entry, environments),
            objects=names(entry.objects),
            checks=names(entry.checks),
            outputs=names(entry.outputs),
        )
        for catalogue in catalogues
        for entry in catalogue.entries
    ]
    return tuple(scope for scope in found if scope.labels)


def _labels(entry: Entry, environments: Environments) -> dict[str, str]:
    found: dict[str, str] = {}
    for label, about in environments.items():
        backend = str(about.get("backend"))
        framework = str(about.get("framework")).rpartition(" ")[2]
        if (
            backend in entry.backends
            and (not entry.device or about.get("device") == entry.device)
            and _within(entry.keras, about.get("keras"))
            and _within(entry.frameworks.get(backend, ""), framework)
        ):
            found[label] = backend
    return found


def _within(specifier: str, version: object) -> bool:
    """Whether a version is among those told; none told is every one."""
    if not specifier:
        return True
    return SpecifierSet(specifier).contains(str(version), prereleases=True)


class Finder:
    """Finds the scopes that cover a verdict; each case and each check is matched once."""

    def __init__(self, every: Sequence[Scope]) -> None:
        """Keeps the scopes."""
        self._every = every
        self._cases: dict[str, list[Scope]] = {}

    def __call__(self, verdict: Verdict) -> list[Scope]:
        """The scopes that cover this case and check."""
        if verdict.case not in self._cases:
            here = [scope for scope in self._every if verdict.case in scope.objects]
            self._cases[verdict.case] = here
        return [s for s in self._cases[verdict.case] if verdict.check in s.checks]
