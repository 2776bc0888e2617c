"""The words, groups and sentences that all forms of the report share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from multibackend.parity.compare.rerun import rerun
from multibackend.parity.compare.verdict import Difference, Judgement, Verdict
from multibackend.parity.report.text import count, number, place

__all__ = [
    "EXCUSED",
    "MEANINGS",
    "OPEN",
    "advice",
    "describe",
    "excused_groups",
    "excused_name",
    "facts_of",
    "headline",
    "open_verdicts",
    "sentence",
    "sides",
    "spent",
    "split_case",
]

OPEN = ("differ", "failed", "missing")
EXCUSED = ("known", "abstain", "unsupported")
_NAMED = ("structure", "shape", "dtype")

MEANINGS: Mapping[str, str] = {
    "agree": "all backends agree within what rounding explains",
    "differ": "a backend deviates by more than rounding explains",
    "failed": "a backend raised, crashed or ran out of time",
    "missing": "a backend that should have answered did not",
    "known": "a difference that the catalogue lists with its reason",
    "abstain": "no fair judgement is possible, and the reason is named",
    "unsupported": "a backend cannot do what was asked",
}


def split_case(case: str) -> tuple[str, str]:
    """The module and the name of a case; no module where no colon stands."""
    module, colon, name = case.partition(":")
    return (module, name) if colon else ("", case)


def describe(difference: Difference) -> str:
    """One difference as a clause: whose, where, what was expected, what came.

    Example:
    >>> from multibackend.parity.compare.verdict import Difference
    >>> describe(Difference("shape", "jax", "y", "float32", "(4, 7)", "(4, 8)"))
    'jax y in float32: expected shape (4, 8), received (4, 7)'
    """
    spot = place(difference.output, difference.index)
    parts = (difference.backend, spot, f"in {difference.precision}")
    kind = f"{difference.kind} " if difference.kind in _NAMED else ""
    text = (
        f"{' '.join(filter(None, parts))}: expected {kind}{difference.expected}, "
        f"received {difference.received}"
    )
    if difference.error is not None and difference.budget is not None:
        error, budget = number(difference.error), number(difference.budget)
        text += f", error {error}"
        if difference.ulps is not None:
            text += f" ({number(difference.ulps)} ulps)"
        text += f", budget {budget}"
    return f"{text}; {difference.detail}" if difference.detail else text


def sentence(verdict: Verdict) -> str:
    """Why a verdict is not `agree`, in a line or two."""
    if verdict.verdict == "known":
        return verdict.detail
    parts = [describe(verdict.differences[0])] if verdict.differences else []
    if verdict.detail and verdict.detail not in "".join(parts):
        parts.append(verdict.detail)
    if verdict.site:
        parts.append(f"first seen in {verdict.site}")
    if side := sides(verdict):
        parts.append(side)
    if len(verdict.differences) > 1:
        parts.append(f"{count(len(verdict.differences) - 1, 'more difference')}")
    return "; ".join(part.rstrip(". ") for part in parts)


def sides(verdict: Verdict) -> str:
    """Which side the referee is on, where somebody is blamed.

    Example:
    >>> seconds = {"torch": 0.1, "jax": 0.2, "tensorflow": 0.1}
    >>> sides(
    ...     Verdict("m:a", "fit", "differ", ("jax",), referee="torch", seconds=seconds)
    ... )
    'the float64 referee sides with torch, tensorflow'
    """
    if verdict.verdict != "differ" or not verdict.referee:
        return ""
    who = "NumPy reference" if verdict.referee == "reference" else "float64 referee"
    right = [label for label in verdict.seconds if label not in verdict.blame]
    return f"the {who} sides with {', '.join(right) or 'nobody'}"


def open_verdicts(judgement: Judgement) -> list[Verdict]:
    """What is not settled: differ, failed, missing; the worst of each first.

    What could not be measured, such as a wrong shape, is worse than any ratio.
    """

    def severity(verdict: Verdict) -> tuple[int, float]:
        ratio = verdict.ratio
        worst = ratio is None or math.isnan(ratio)
        return OPEN.index(verdict.verdict), -(math.inf if worst else ratio or 0.0)

    return sorted(judgement.of(*OPEN), key=severity)


def excused_groups(
    judgement: Judgement, *, alone: bool = False
) -> list[tuple[Verdict, ...]]:
    """What is excused, those of one word, blame and reason together.

    Args:
        judgement: What the comparison found.
        alone: Every verdict is a group of its own.
    """
    groups: dict[tuple[object, ...], list[Verdict]] = {}
    for word in EXCUSED:
        for verdict in judgement.of(word):
            key = (word, verdict.blame, sentence(verdict))
            own = (verdict.case, verdict.check) if alone else ()
            groups.setdefault((*key, *own), []).append(verdict)
    return [tuple(group) for group in groups.values()]


def excused_name(group: Sequence[Verdict], most: int = 3) -> str:
    """What a group is about: its case and check, or how many and some names."""
    first = group[0]
    if len(group) == 1:
        return f"{first.case}  {first.check}"
    cases = list(dict.fromkeys(verdict.case for verdict in group))
    checks = ", ".join(dict.fromkeys(verdict.check for verdict in group))
    names = ", ".join(split_case(case)[1] for case in cases[:most])
    more = f" and {len(cases) - most:,} more" if len(cases) > most else ""
    return f"{checks} of {count(len(cases), 'case')}: {names}{more}"


def headline(judgement: Judgement) -> str:
    """The whole judgement in one sentence.

    Example:
    >>> from multibackend.parity.compare.verdict import Judgement
    >>> headline(Judgement(verdicts=(), environments={}))
    'Nothing was judged.'
    """
    checks = len(judgement.verdicts)
    if not checks:
        return "Nothing was judged."
    asked = f"{count(checks, 'check')} of {count(judgement.cases, 'case')}"
    open_, agree = len(judgement.of(*OPEN)), judgement.counts()["agree"]
    if open_:
        return f"{open_:,} of {asked} {'does' if open_ == 1 else 'do'} not agree."
    if agree == checks:
        return f"All of {asked} agree." if checks > 1 else f"The {asked} agrees."
    return f"Nothing new differs: {agree:,} of {asked} agree."


def spent(judgement: Judgement) -> list[str]:
    """Where the time went: each stage with its share of the whole, and the pace.

    Backends run at once, so their shares add up to more than the whole.

    Example:
    >>> stages = {"run torch": 6.0, "compare": 1.0, "total": 10.0}
    >>> verdicts = (Verdict("m:a", "forward", "agree"),) * 40
    >>> spent(Judgement(verdicts, {}, stages))
    ['Time:', 'run torch 6.0 s (60 %)', 'compare 1.0 s (10 %)', 'total 10.0 s', '240 verdicts a minute']
    """
    total = judgement.stages.get("total", 0.0)
    parts = ["Time:"]
    for name, seconds in judgement.stages.items():
        share = f" ({seconds / total:.0%})" if total and name != "total" else ""
        parts.append(f"{name} {seconds:.1f} s{share.replace('%', ' %')}")
    if total:
        pace = 60 * len(judgement.verdicts) / total
        parts.append(f"{pace:.0f} verdicts a minute")
    return parts


def advice(judgement: Judgement) -> tuple[str, str]:
    """What to do next: a sentence and a command, both empty where all is well."""
    if not judgement.verdicts:
        told = "A run without a verdict proves nothing; name a target that has cases:"
        return told, "multibackend list"
    if worst := open_verdicts(judgement):
        return "Ask the first again:", rerun(worst[0])
    return "", ""


def facts_of(label: str, facts: Mapping[str, Any]) -> tuple[str, str, str]:
    """Keras, the framework and the device of a record, each as a short text."""
    backend = facts.get("backend") or label
    version = str(facts.get("framework") or "of unknown version")
    own_name = facts.get("framework") and version[:1].isalpha()
    named = version if own_name else f"{backend} {version}"
    keras = f"keras {facts.get('keras') or 'of unknown version'}"
    device, name = facts.get("device"), facts.get("device_name")
    full = f"{device} ({name})" if name and name != device else device
    return keras, named, str(full or "unknown device")
