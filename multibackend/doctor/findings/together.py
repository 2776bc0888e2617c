"""Do the backends stand each other, and can they be compared?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.device import hidden
from multibackend.doctor.findings.finding import (
    Finding,
    note,
    own_interpreter,
    pip,
    problem,
)

__all__ = ["together"]


def together(all_: Sequence[Seen]) -> Iterator[Finding]:
    """Findings on several backends at once."""
    working = [seen for seen in all_ if seen.works]
    yield from _cuda(working)
    yield from _kerases(working)
    yield from _numpys(working)
    yield from _devices(working)
    if len(all_) > 1 and len(working) == 1:
        name = working[0].backend
        found = f"Only {name} works here: there is nothing to compare it with."
        do = (
            f"Install another, or record here (multibackend run --backend {name} --out "
            "records) and compare elsewhere."
        )
        yield note("backend", None, found, do)


def _cuda(working: Sequence[Seen]) -> Iterator[Finding]:
    """Two CUDAs in one environment: one of the frameworks loads the other's libraries."""
    environments: dict[str, list[Seen]] = {}
    for seen in working:
        environments.setdefault(seen.prefix, []).append(seen)
    for some in environments.values():
        majors = _by(some, _major)
        if len(majors) < 2:
            continue
        what = ", ".join(
            f"CUDA {major} ({', '.join(names)})" for major, names in majors.items()
        )
        found = (
            f"Frameworks for different versions of CUDA share {some[0].prefix}: {what}."
        )
        last = list(majors.values())[-1][-1]
        used = any(seen.surroundings.nvidia_gpu and not hidden(seen) for seen in some)
        # Without a GPU none of them is loaded, and the usual builds have two of them.
        level = problem if used else note
        yield level("packages", None, found, f"{own_interpreter(last)}.")


def _major(seen: Seen) -> str | None:
    told = seen.computation
    return told.cuda.partition(".")[0] if told and told.cuda else None


def _kerases(working: Sequence[Seen]) -> Iterator[Finding]:
    versions = _by(working, lambda seen: seen.computation and seen.computation.keras)
    if len(versions) > 1:
        found = (
            f"The backends have different versions of Keras ({_listed(versions)}): what "
            "differs between these would pass for a difference between backends."
        )
        other = next(s for s in working if s.backend == list(versions.values())[-1][0])
        same = pip(other, f"keras=={next(iter(versions))}")
        yield problem("packages", None, found, f"Install one of them: {same}")


def _numpys(working: Sequence[Seen]) -> Iterator[Finding]:
    versions = _by(working, lambda seen: seen.installation and seen.installation.numpy)
    if len(versions) > 1:
        found = f"The backends have different versions of NumPy ({_listed(versions)})."
        do = "Install the same one everywhere if results of NumPy are compared."
        yield note("packages", None, found, do)


def _devices(working: Sequence[Seen]) -> Iterator[Finding]:
    kinds = _by(working, lambda seen: seen.computation and seen.computation.device)
    if len(kinds) > 1:
        found = (
            f"The backends compute on different devices ({_listed(kinds)}): what differs "
            "between these would pass for a difference between backends."
        )
        do = "Compare on one of them: multibackend check --device cpu"
        yield note("device", None, found, do)


def _by(
    some: Sequence[Seen], of: Callable[[Seen], str | None]
) -> dict[str, tuple[str, ...]]:
    """The backends by what is known of them, in their order."""
    found: dict[str, tuple[str, ...]] = {}
    for seen in some:
        if value := of(seen):
            found[value] = (*found.get(value, ()), seen.backend)
    return found


def _listed(values: dict[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{', '.join(names)}: {value}" for value, names in values.items())
