"""One check of one case over all backends: from observations to a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from multibackend.parity.compare.budget import common
from multibackend.parity.compare.measure import Measured, measure
from multibackend.parity.compare.outside import outside, unlike_truth
from multibackend.parity.compare.truth import Truth, find_truth
from multibackend.parity.compare.verdict import UNSURE, Difference, Verdict
from multibackend.parity.record.observation import Arrays, Observation

__all__ = ["judge"]

Found = Mapping[str, Observation]


def judge(found: Found, blank: Verdict, *, records: int) -> Verdict:
    """Judges one check; every backend has an observation by now, and none died.

    Args:
        found: The observations by label.
        blank: The verdict to fill in: case, check, place.
        records: How many records there are; one alone is judged by its own referee.
    """
    blank = replace(blank, seconds={label: o.seconds for label, o in found.items()})
    asked = {label: o for label, o in found.items() if o.status != "unsupported"}
    raised = {label: o for label, o in asked.items() if o.status == "raised"}
    if raised:
        return _raised(asked, raised, blank)
    for status in ("abstain", "unsupported"):
        reasons = {label: o.detail for label, o in found.items() if o.status == status}
        able = {label: o for label, o in found.items() if label not in reasons}
        if reasons and (status == "abstain" or len(able) < min(2, records)):
            return replace(blank, verdict=status, detail=_reasons(reasons))
        found = able if reasons else found
    unlike = outside(found)
    if unlike:
        return _differ(blank, unlike, [])
    return _values(found, blank, records)


def _reasons(reasons: Mapping[str, str]) -> str:
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
        detail = f"raised everywhere; {_reasons(texts)}"
        told = tuple(differences)
        return replace(blank, verdict="failed", differences=told, detail=detail)
    return _differ(blank, differences, [])


def _values(found: Found, blank: Verdict, records: int) -> Verdict:
    truth = find_truth(found)
    if truth is None:
        return _without_referee(found, blank, records)
    misfit = _misfit(found, truth)
    if misfit:
        return replace(blank, verdict="failed", detail=misfit)
    every: list[tuple[str, Measured]] = []
    unlike: list[Difference] = []
    for label, seen in found.items():
        # An unsure truth judges rounding only: each float32 run by its own referee.
        own = not truth.sure and bool(seen.referee)
        judging = replace(truth, values=seen.referee) if own else truth
        every += _run(seen.outputs, label, "float32", judging, found)
        if seen.referee:
            unlike += unlike_truth(seen.referee, truth.values, label)
            every += _run(seen.referee, label, "float64", truth, found)
    differences = unlike + [m.difference for _, m in every if m.difference is not None]
    reason = _unfit(truth, every, differences)
    if reason:
        return replace(blank, verdict="abstain", detail=reason)
    return _differ(blank, differences, every, truth, tuple(found))


def _unfit(
    truth: Truth, every: list[tuple[str, Measured]], differences: list[Difference]
) -> str:
    """Why the numbers at hand cannot be judged, or nothing."""
    if not truth.spread and any(d.error is not None for d in differences):
        # `check` moves whole cases on its first backend only, and where that record is
        # not among these, nobody knows what rounding may do.
        return "no record here says how far rounding moves this case"
    endless = [(name, m.unbounded) for name, m in every if m.unbounded is not None]
    if endless and not differences:
        name, index = endless[0]
        return f"one roundoff moves {name}{list(index)} without bound"
    return ""


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
    received: Arrays, label: str, precision: str, truth: Truth, found: Found
) -> list[tuple[str, Measured]]:
    """Measures one run of one backend, output by output."""
    return [
        (name, _measured(name, array, label, precision, truth, found))
        for name, array in received.items()
        if name in truth.values and truth.values[name].shape == array.shape
    ]


def _measured(
    name: str, received: Any, label: str, precision: str, truth: Truth, found: Found
) -> Measured:
    expected = truth.values[name]
    return measure(
        received,
        expected,
        spread=truth.spread.get(name),
        noises=[seen.noise[name] for seen in found.values() if name in seen.noise],
        shared=_shared(name, precision, expected, found),
        precision=precision,
        backend=label,
        output=name,
    )


def _shared(name: str, precision: str, expected: Any, found: Found) -> Any:
    """The error that all backends make in float32; in float64 nothing is excused."""
    if expected.dtype.kind not in "fc" or precision == "float64":
        return 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        return common(
            [
                np.abs(seen.outputs[name].astype(expected.dtype) - expected)
                for seen in found.values()
            ]
        )


def _without_referee(found: Found, blank: Verdict, records: int) -> Verdict:
    """No backend has float64: equal bits agree, anything else cannot be judged."""
    why = _reasons({label: o.detail for label, o in found.items() if o.detail})
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
    truth: Truth | None = None,
    labels: tuple[str, ...] = (),
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
    detail = ""
    if truth is not None and not truth.sure:
        blame = labels
        detail = UNSURE
    return replace(
        blank, verdict="differ", differences=tuple(ordered), blame=blame, detail=detail
    )
