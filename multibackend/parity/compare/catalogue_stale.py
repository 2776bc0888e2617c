"""Entries that no longer reproduce: called stale on evidence, never on silence.

A name without `*` must show the difference in every verdict that it covers. An entry
with a `*` must show it in at least one, and that is asked only where nothing that it
may cover was left out. Each backend that an entry names must show it.

Evidence is a verdict of `agree`, or of `differ` in which the entry's kind was reached:
where shapes differ, no value was looked at. `failed`, `abstain`, `unsupported` and
`missing` judged nothing. A backend that did not take part proves nothing, nor does one
without float64 of an entry about float64, nor one backend alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from multibackend.parity.cases.select import OWN
from multibackend.parity.compare.catalogue_read import may_mean
from multibackend.parity.compare.catalogue_scope import Environments, Scope
from multibackend.parity.compare.verdict import Difference, Verdict

__all__ = ["stale"]

#: A difference of an earlier kind hides those of the later ones, and all others.
_OUTER = ("start", "error", "structure", "shape", "dtype", "nonfinite")

#: A verdict and the scopes that cover it.
Covered = tuple[Verdict, Sequence[Scope]]


@dataclass
class _Seen:
    """What the verdicts that an entry covers say of one backend."""

    judged: list[Verdict] = field(default_factory=list[Verdict])
    shown: bool = False
    gone: list[Verdict] = field(default_factory=list[Verdict])


def stale(
    covered: Iterable[Covered],
    environments: Environments,
    *,
    asked: frozenset[str],
    whole: Collection[str] | None,
) -> list[Verdict]:
    """Returns one `failed` for each entry and case that should have reproduced.

    Args:
        covered: Every verdict as it was judged, with the scopes that cover it.
        environments: What each record says of itself, by label.
        asked: The checks that were asked anywhere in the run.
        whole: Modules and packages of which no case was left out; `None` where that
            holds of every module.
    """
    seen: dict[int, tuple[Scope, dict[str, _Seen]]] = {}
    for verdict, some in covered:
        if verdict.verdict not in ("agree", "differ"):
            continue
        for scope in some:
            _, found = seen.setdefault(id(scope), (scope, {}))
            for backend in _judged(scope, verdict, environments):
                _note(found.setdefault(backend, _Seen()), scope, verdict, backend)
    return [
        verdict
        for scope, found in seen.values()
        for verdict in (*_named(scope, found), *_anywhere(scope, found, asked, whole))
    ]


def _judged(
    scope: Scope, verdict: Verdict, environments: Environments
) -> dict[str, None]:
    """The entry's backends that this verdict is evidence of, in order."""
    if scope.catalogue.shipped and not verdict.case.startswith("multibackend."):
        return {}  # it excuses a user's case too, which need not show it
    took_part = [label for label in environments if label in verdict.seconds]
    labels = took_part if verdict.seconds else list(environments)
    if len({environments[label].get("backend") for label in labels}) < 2:
        return {}
    if not _reached(scope.entry.kind, verdict.differences):
        return {}
    wide = scope.entry.precision == "float64"
    return {
        scope.labels[label]: None
        for label in labels
        if label in scope.labels
        and not (wide and environments[label].get("referee") == "none")
    }


def _reached(kind: str, differences: Iterable[Difference]) -> bool:
    """Whether a difference of this kind would have been seen beside these."""
    return all(_depth(kind) <= _depth(difference.kind) for difference in differences)


def _depth(kind: str) -> int:
    return _OUTER.index(kind) if kind in _OUTER else len(_OUTER)


def _note(seen: _Seen, scope: Scope, verdict: Verdict, backend: str) -> None:
    seen.judged.append(verdict)
    if scope.shows(verdict, backend):
        seen.shown = True
    elif scope.named(verdict):
        seen.gone.append(verdict)


def _named(scope: Scope, found: dict[str, _Seen]) -> Iterator[Verdict]:
    """One verdict for each case that is named and does not show it."""
    gone: dict[str, list[tuple[str, Verdict]]] = {}
    for backend, seen in found.items():
        for verdict in seen.gone:
            gone.setdefault(verdict.case, []).append((backend, verdict))
    for pairs in gone.values():
        what = ", ".join(f"{backend} in {verdict.check}" for backend, verdict in pairs)
        alone = len(scope.entry.backends) == len(scope.entry.checks) == 1
        cure = "this case" if alone else "this case, check or backend"
        told = f"its difference here ({what}), and it is gone: remove {cure} from the entry"
        yield _failed(scope, pairs[0][1], told)


def _anywhere(
    scope: Scope,
    found: dict[str, _Seen],
    asked: frozenset[str],
    whole: Collection[str] | None,
) -> Iterator[Verdict]:
    """One verdict where a pattern covers some and nothing shows it."""
    entry = scope.entry
    if not any("*" in name for name in (*entry.objects, *entry.checks)):
        return
    meant = frozenset[str]().union(*map(may_mean, entry.checks))
    if not meant <= asked or not _none_left_out(scope, whole):
        return
    for backend, seen in found.items():
        if seen.shown:
            continue
        told = (
            f"that {backend} differs in some of {', '.join(entry.objects)}, and none of "
            f"the {len(seen.judged)} verdicts that it covers here shows it: remove "
            f"{backend} from the entry, or the entry"
        )
        yield _failed(scope, seen.judged[0], told)


def _none_left_out(scope: Scope, whole: Collection[str] | None) -> bool:
    """Whether every case that the patterns may mean was asked."""
    if whole is None or (scope.catalogue.shipped and OWN in whole):
        return True
    inside = tuple(f"{module}{end}" for module in whole for end in ".:")
    fixed = [name.partition("*")[0] for name in scope.entry.objects if "*" in name]
    return all(inside and name.startswith(inside) for name in fixed)


def _failed(scope: Scope, verdict: Verdict, told: str) -> Verdict:
    return Verdict(
        case=verdict.case,
        check=f"catalogue {scope.entry.id}",
        verdict="failed",
        detail=f"entry {scope.entry.id!r} of {scope.catalogue.name} tells {told}",
        file=verdict.file,
        line=verdict.line,
    )
