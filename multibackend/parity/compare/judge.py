"""One check of one case over all backends: from observations to a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from multibackend.parity.compare.measure import Measured, measure
from multibackend.parity.compare.outside import outside, unlike_truth
from multibackend.parity.compare.sample import samples
from multibackend.parity.compare.standard import Standards, find_standards
from multibackend.parity.compare.truth import Truth
from multibackend.parity.compare.verdict import UNSURE, Difference, Verdict
from multibackend.parity.record.observation import Arrays, Observation

__all__ = ["judge", "reasoned"]

# Where each backend is this near to the others and none agrees with another, it is
# rounding that the moves did not show: three faults would hardly be alike in size.
_CLOSE = 4.0

Found = Mapping[str, Observation]


def judge(found: Found, blank: Verdict, *, records: int, tests: int = 1) -> Verdict:
    """Judges one check; every backend has an observation by now, and none died.

    Args:
        found: The observations by label.
        blank: The verdict to fill in: case, check, place.
        records: How many records there are; one alone is judged by its own referee.
        tests: How many statistical tests the whole comparison makes.
    """
    blank = replace(blank, seconds={label: o.seconds for label, o in found.items()})
    asked = {label: o for label, o in found.items() if o.status != "unsupported"}
    raised = {label: o for label, o in asked.items() if o.status == "raised"}
    if raised:
        return _raised(asked, raised, blank)
    lacking = {label: o for label, o in found.items() if o.status == "unsupported"}
    able = {label: o for label, o in found.items() if label not in lacking}
    if lacking and len(able) < min(2, records):
        return replace(blank, verdict="unsupported", detail=_details(lacking))
    reluctant = {label: o for label, o in able.items() if o.status == "abstain"}
    if reluctant:
        return _abstain(able, reluctant, blank, tests)
    return _answered(able, blank, records, tests)


def _abstain(able: Found, reluctant: Found, blank: Verdict, tests: int) -> Verdict:
    """One backend that cannot be asked excuses no difference among the others."""
    others = {label: o for label, o in able.items() if label not in reluctant}
    if others:
        found = _answered(others, blank, len(others), tests)
        if found.verdict == "differ":
            return found
    return replace(blank, verdict="abstain", detail=_details(reluctant))


def _answered(found: Found, blank: Verdict, records: int, tests: int) -> Verdict:
    seconds = {n: spent for n, spent in blank.seconds.items() if n in found}
    blank = replace(blank, seconds=seconds)
    mute = [label for label, seen in found.items() if not seen.outputs]
    if mute:
        # Two empty answers are equal, and mean nothing.
        detail = f"expected an answer from {', '.join(mute)}, received no array"
        return replace(blank, verdict="failed", blame=tuple(mute), detail=detail)
    unlike = outside(found)
    if unlike:
        return _differ(blank, unlike, [])
    if any(seen.judged == "sample" for seen in found.values()):
        return samples(found, blank, tests=tests)
    return _values(found, blank, records)


def _details(found: Found) -> str:
    return reasoned({label: o.detail for label, o in found.items()})


def reasoned(reasons: Mapping[str, str]) -> str:
    """`torch, jax: draws random numbers`: one reason once."""
    grouped: dict[str, list[str]] = {}
    for label, reason in reasons.items():
        grouped.setdefault(reason, []).append(label)
    return "; ".join(f"{', '.join(labels)}: {why}" for why, labels in grouped.items())


def _raised(found: Found, raised: Found, blank: Verdict) -> Verdict:
    texts = {
        label: f"{o.raised.kind}: {o.raised.message}"
        for label, o in raised.items()
        if o.raised
    }
    rest = next((label for label in found if label not in raised), None)
    differences = [
        Difference(
            kind="error",
            backend=label,
            output="",
            precision="float32",
            received=texts.get(label, "an error"),
            expected=f"outputs, as on {rest}" if rest else "outputs",
            detail=o.raised.place if o.raised else "",
        )
        for label, o in raised.items()
    ]
    if rest is None:
        detail = f"raised everywhere; {reasoned(texts)}"
        told = tuple(differences)
        return replace(blank, verdict="failed", differences=told, detail=detail)
    return _differ(blank, differences, [])


def _values(found: Found, blank: Verdict, records: int) -> Verdict:
    standards = find_standards(found)
    truth, free = standards.truth, standards.free
    if truth is None and any(seen.outputs for seen in free.values()):
        return _without_referee(free, blank, records)
    misfit = "" if truth is None or standards.exact else _misfit(free, truth)
    if misfit:
        return replace(blank, verdict="failed", detail=misfit)
    every: list[tuple[str, Measured]] = []
    unlike: list[Difference] = []
    for label, seen in found.items():
        unlike += unlike_truth(seen.outputs, seen.expected, label, "float32")
        every += _run(seen.outputs, label, "float32", standards)
        if seen.referee:
            values = standards.values(label)
            unlike += unlike_truth(seen.referee, values, label, "float64")
            every += _run(seen.referee, label, "float64", standards)
    differences = unlike + [m.difference for _, m in every if m.difference is not None]
    reason = _unfit(standards, every, differences)
    if reason:
        return replace(blank, verdict="abstain", detail=reason)
    told = truth.label if truth is not None and truth.sure and truth.spread else ""
    verdict = replace(_differ(blank, differences, every), referee=told)
    related = {name for seen in found.values() for name in seen.expected}
    unsure = truth is not None and not truth.sure
    if unsure and any(d.output not in related for d in differences):
        if len(found) > 2 and (verdict.ratio or np.inf) <= _CLOSE:
            reason = f"no two float64 runs agree, by {verdict.ratio:.2g} budgets"
            return replace(blank, verdict="abstain", detail=reason)
        return replace(verdict, blame=tuple(found), detail=UNSURE)
    return verdict


def _unfit(
    standards: Standards,
    every: list[tuple[str, Measured]],
    differences: list[Difference],
) -> str:
    """Why the numbers at hand cannot be judged, or nothing."""
    if not standards.moved and any(d.error is not None for d in differences):
        # `check` moves whole cases on its first backend only, and where that record is
        # not among these, nobody knows what rounding may do.
        return "no record here says how far rounding moves this case"
    if differences:
        return ""
    return next((found.unstable for _, found in every if found.unstable), "")


def _misfit(found: Found, truth: Truth) -> str:
    """Why the truth cannot be laid over the outputs, or nothing."""
    for label, seen in found.items():
        shapes = {name: output.shape for name, output in seen.outputs.items()}
        given = {name: value.shape for name, value in truth.values.items()}
        if shapes != given:
            whose = (
                "the reference"
                if truth.label == "reference"
                else f"the float64 run on {truth.label}"
            )
            return (
                f"expected {whose} to give {shapes} as {label} does in float32, "
                f"received {given}; make it return the same structure"
            )
    return ""


def _run(
    received: Arrays, label: str, precision: str, standards: Standards
) -> list[tuple[str, Measured]]:
    """Measures one run of one backend, output by output."""
    found: list[tuple[str, Measured]] = []
    for name, array in received.items():
        standard = standards.of(name, label, precision)
        if standard is not None and standard.expected.shape == array.shape:
            found.append((name, measure(array, standard, backend=label, output=name)))
    return found


def _without_referee(found: Found, blank: Verdict, records: int) -> Verdict:
    """No backend has float64: equal bits agree, anything else cannot be judged."""
    why = reasoned({label: o.detail for label, o in found.items() if o.detail})
    if len(found) < 2 or records < 2:
        told = "; ".join(filter(None, ("nothing to compare with", why)))
        return replace(blank, verdict="missing", detail=told)
    first, *others = found.values()
    same = all(
        np.array_equal(first.outputs[name], other.outputs[name], equal_nan=True)
        if first.outputs[name].dtype.kind in "fc"
        else np.array_equal(first.outputs[name], other.outputs[name])
        for other in others
        for name in first.outputs
    )
    if same:
        return replace(blank, verdict="agree", ratio=0.0, error=0.0)
    return replace(blank, verdict="abstain", detail=f"no referee; {why}")


def _differ(
    blank: Verdict,
    differences: list[Difference],
    every: list[tuple[str, Measured]],
) -> Verdict:
    """Fills in the verdict: worst first, and whom to blame."""
    if every:
        output, worst = max(every, key=lambda pair: pair[1].ratio)
        blank = replace(
            blank,
            ratio=worst.ratio,
            error=worst.error,
            budget=worst.budget,
            output=output,
        )
    if not differences:
        return replace(blank, verdict="agree")
    ordered = sorted(
        differences, key=lambda d: -(float("inf") if d.ratio is None else d.ratio)
    )
    blame = tuple(dict.fromkeys(difference.backend for difference in ordered))
    return replace(blank, verdict="differ", differences=tuple(ordered), blame=blame)
