"""The catalogue of known differences: what it explains, and what it no longer should.

`catalogue_entry` says what an entry is, `catalogue_read` reads a file of them,
`catalogue_scope` lays them over a run, `catalogue_stale` finds those that are gone,
and `catalogue_update` proposes new ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from multibackend.parity.compare.catalogue_read import Catalogue, read_catalogue
from multibackend.parity.compare.catalogue_scope import (
    Environments,
    Finder,
    Scope,
    scopes,
    unsure,
)
from multibackend.parity.compare.catalogue_stale import stale
from multibackend.parity.compare.verdict import Difference, Verdict
from multibackend.parity.record.observation import BUILD

__all__ = ["Catalogue", "apply", "read_catalogue"]


def apply(
    catalogues: Sequence[Catalogue],
    verdicts: Iterable[Verdict],
    environments: Environments,
    *,
    whole: Collection[str] | None = (),
) -> list[Verdict]:
    """Turns explained differences into `known`, and reports entries that are stale.

    Args:
        catalogues: The one that ships, and the user's.
        verdicts: What the comparison found.
        environments: What each record says of itself, by label.
        whole: Modules and packages of which no case was left out; `None` where that
            holds of every module. Only then an entry with a `*` can be called stale.

    Returns:
        The verdicts; `known` where every difference is explained, and one `failed`
        more for each entry that should have reproduced in a case and did not.
    """
    find = Finder(scopes(catalogues, environments))
    covered = [(verdict, find(verdict)) for verdict in verdicts]
    judged = [_explained(verdict, some, environments) for verdict, some in covered]
    built = [
        (verdict, find(verdict))
        for verdict in _built(verdict for verdict, _ in covered)
    ]
    asked = frozenset(verdict.check.partition(" ")[0] for verdict, _ in covered)
    return judged + stale(
        covered + built, environments, asked=asked | {BUILD}, whole=whole
    )


def _built(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Each case that was built alike everywhere, of which no verdict is given."""
    found: dict[str, Verdict] = {}
    odd: set[str] = set()
    for verdict in verdicts:
        blank = Verdict(
            verdict.case, BUILD, "agree", file=verdict.file, line=verdict.line
        )
        _ = found.setdefault(verdict.case, blank)
        if verdict.check == BUILD:
            odd.add(verdict.case)
    return [verdict for case, verdict in found.items() if case not in odd]


def _explained(
    verdict: Verdict, some: Sequence[Scope], environments: Environments
) -> Verdict:
    if verdict.verdict not in ("differ", "failed") or not (
        verdict.differences and some
    ):
        return verdict
    used: dict[int, Scope] = {}
    left: list[Difference] = []
    for difference in verdict.differences:
        explaining = _explaining(difference, verdict, some, environments)
        used |= {id(scope): scope for scope in explaining}
        if not explaining:
            left.append(difference)
    if left:
        return _without(verdict, left)
    why = "; ".join(f"{s.entry.id}: {s.entry.reason}" for s in used.values())
    return replace(verdict, verdict="known", detail=why)


def _explaining(
    difference: Difference,
    verdict: Verdict,
    some: Sequence[Scope],
    environments: Environments,
) -> list[Scope]:
    """The scopes that explain a difference together, or none.

    Where nobody knows who is off, whoever is named may be right: it is explained once
    at most one backend is left that the catalogue does not know to be off.
    """
    alike = [scope for scope in some if scope.matches(difference)]
    own = [scope for scope in alike if difference.backend in scope.labels]
    if own or not unsure(difference, verdict):
        return own
    every = {str(about.get("backend")) for about in environments.values()}
    off = {backend for scope in alike for backend in scope.labels.values()}
    return alike if len(every - off) <= 1 else []


def _without(verdict: Verdict, left: Sequence[Difference]) -> Verdict:
    """The verdict of what is left unexplained; the worst of it stands first."""
    if len(left) == len(verdict.differences):
        return verdict
    worst = left[0]
    return replace(
        verdict,
        differences=tuple(left),
        blame=tuple(dict.fromkeys(difference.backend for difference in left)),
        ratio=worst.ratio,
        error=worst.error,
        budget=worst.budget,
        output=worst.output,
    )
