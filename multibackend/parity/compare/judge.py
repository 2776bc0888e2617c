"""One check of one case over all backends: from observations to a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from multibackend.parity.compare.budget import middle
from multibackend.parity.compare.measure import Measured, measure
from multibackend.parity.compare.outside import outside
from multibackend.parity.compare.truth import Truth, find_truth
from multibackend.parity.compare.verdict import Difference, Verdict
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
    for status in ("abstain", "unsupported"):
        reasons = {label: o.detail for label, o in found.items() if o.status == status}
        able = {label: o for label, o in found.items() if label not in reasons}
        if reasons and (status == "abstain" or len(able) < min(2, records)):
            return replace(blank, verdict=status, detail=_reasons(reasons))
        found = able if reasons else found
    raised = {label: o for label, o in found.items() if o.status == "raised"}
    if raised:
        return _raised(found, raised, blank)
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
    for label, seen in found.items():
        for precision, received in _runs(seen):
            # An unsure truth judges rounding only: each float32 run by its own referee.
            own = not truth.sure and precision == "float32" and bool(seen.referee)
            judging = replace(truth, values=seen.referee) if own else truth
            every += [
                (name, _measured(name, array, label, precision, judging, found))
                for name, array in received.items()
            ]
    differences = [m.difference for _, m in every if m.difference is not None]
    if not truth.spread and any(d.error is not None for d in differences):
        # Without a spread nobody knows what rounding may do here: `check` measures it
        # on its first backend only, and that record is not among these.
        reason = "no record here says how far rounding moves this case"
        return replace(blank, verdict="abstain", detail=reason)
    return _differ(blank, differences, every, truth, tuple(found))


def _runs(seen: Observation) -> list[tuple[str, Arrays]]:
    runs = [("float32", seen.outputs)]
    return [*runs, ("float64", seen.referee)] if seen.referee else runs


def _misfit(found: Found, truth: Truth) -> str:
    """Why the truth cannot be laid over the outputs, or nothing."""
    for label, seen in found.items():
        for name, output in seen.outputs.items():
            expected = truth.values.get(name)
            shape = None if expected is None else expected.shape
            if shape != output.shape:
                return (
                    f"expected {truth.label} to give {name} of shape {output.shape} as "
                    f"{label} does, received {shape}; make the reference return the same "
                    "structure"
                )
    return ""


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
    """The error that the middle backend makes in this run."""
    if expected.dtype.kind not in "fc":
        return 0.0
    runs = [dict(_runs(seen)).get(precision, {}).get(name) for seen in found.values()]
    with np.errstate(invalid="ignore", over="ignore"):
        return middle(
            [
                np.abs(run.astype(expected.dtype) - expected)
                for run in runs
                if run is not None
            ]
        )


def _without_referee(found: Found, blank: Verdict, records: int) -> Verdict:
    """No backend has float64: equal bits agree, anything else cannot be judged."""
    why = _reasons({label: o.detail for label, o in found.items() if o.detail})
    if len(found) < 2 or records < 2:
        return replace(
            blank, verdict="missing", detail=f"nothing to compare with; {why}"
        )
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
        detail = "the float64 runs disagree and no majority tells who is off"
    return replace(
        blank, verdict="differ", differences=tuple(ordered), blame=blame, detail=detail
    )
