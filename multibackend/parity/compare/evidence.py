"""What a difference looks like: the worst elements, a map, a histogram, curves.

Made from the same observations and the same standards as the verdict itself, of the
output and the run that the worst measured difference was seen in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.parity.compare.measure import as_text, errors, ulps
from multibackend.parity.compare.pairs import owes
from multibackend.parity.compare.shown import BINS, Curve, Element, Evidence
from multibackend.parity.compare.standard import Standards, find_standards
from multibackend.parity.compare.verdict import Difference, Judgement, Verdict
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.read import Record

__all__ = ["show_evidence", "with_evidence"]

Array = npt.NDArray[Any]
Found = Mapping[str, Observation]

# What a reader can take in, and what a report can hold when everything differs.
_VERDICTS = 60
_ELEMENTS = 8
_SIDE = 32
_CURVES = 6
_STEPS = 60
_LONGEST = 60

_STEP = re.compile(r"step (\d+)/(.+)")
_LOG = "logs/"


def with_evidence(judgement: Judgement, records: Sequence[Record]) -> Judgement:
    """Adds the evidence of the verdicts that differ, worst first, up to a bound.

    Args:
        judgement: What was judged.
        records: The records it was judged from, with the same labels.

    Raises:
        RecordError: An observation is damaged.
    """
    measured = [v for v in judgement.of("differ") if _worst(v) is not None]
    chosen = {id(verdict) for verdict in measured[:_VERDICTS]}
    return replace(
        judgement,
        verdicts=tuple(
            replace(v, evidence=_of(v, records)) if id(v) in chosen else v
            for v in judgement.verdicts
        ),
    )


def _of(verdict: Verdict, records: Sequence[Record]) -> Evidence | None:
    found = {
        record.label: seen
        for record in records
        if owes(record, verdict.case, verdict.check)
        and (seen := record.read(verdict.case, verdict.check)) is not None
        and seen.status == "ok"
    }
    return show_evidence(verdict, found)


def show_evidence(verdict: Verdict, found: Found) -> Evidence | None:
    """Shows one verdict that differs, or `None` where no element was measured.

    Args:
        verdict: The verdict.
        found: The observations it was judged from, by label.
    """
    worst = _worst(verdict)
    if worst is None or any(seen.judged == "sample" for seen in found.values()):
        return None
    standards = find_standards(found)
    runs = {
        label: run
        for label, seen in found.items()
        if (run := _run(seen, worst, label, standards)) is not None
    }
    if worst.backend not in runs:
        return None
    received, expected, error, ratio = runs[worst.backend]
    steps = {
        label: (run[0], ulps(run[2], run[1], run[0].dtype))
        for label, run in runs.items()
        if run[0].shape == received.shape and run[0].dtype.kind in "fcV"
    }
    return Evidence(
        output=worst.output,
        backend=worst.backend,
        precision=worst.precision,
        shape=received.shape,
        elements=tuple(
            _element(index, expected, runs, steps) for index in _indices(error, ratio)
        ),
        map=_map(ratio),
        histogram={label: _histogram(far) for label, (_, far) in steps.items()},
        curves=tuple(_curves(worst.precision, found, standards)),
    )


def _worst(verdict: Verdict) -> Difference | None:
    """The worst difference that has an element."""
    return next((d for d in verdict.differences if d.index is not None), None)


def _run(
    seen: Observation, worst: Difference, label: str, standards: Standards
) -> tuple[Array, Array, Array, Array] | None:
    """Of one output of one backend: received, expected, error, and error in budgets."""
    run = seen.outputs if worst.precision == "float32" else seen.referee
    received = run.get(worst.output)
    standard = standards.of(worst.output, label, worst.precision)
    if received is None or standard is None:
        return None
    if standard.expected.shape != received.shape:
        return None
    return received, standard.expected, *errors(received, standard)


def _indices(error: Array, ratio: Array) -> list[tuple[int, ...]]:
    """Where the error is largest, in budgets, then by itself."""
    order = np.lexsort((-error.ravel(), -ratio.ravel()))[:_ELEMENTS]
    places = [np.unravel_index(int(i), ratio.shape) for i in order if error.flat[i] > 0]
    return [tuple(int(i) for i in place) for place in places]


def _element(
    index: tuple[int, ...],
    expected: Array,
    runs: Mapping[str, tuple[Array, Array, Array, Array]],
    steps: Mapping[str, tuple[Array, Array]],
) -> Element:
    alike = {k: run[0] for k, run in runs.items() if run[0].shape == expected.shape}
    return Element(
        index=index,
        expected=_short(expected[index]),
        received={label: _short(values[index]) for label, values in alike.items()},
        ulps={label: float(far[index]) for label, (_, far) in steps.items()},
    )


def _short(value: Any) -> str:
    text = as_text(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _map(ratio: Array) -> tuple[tuple[float, ...], ...]:
    """Errors in budgets as rows: the last axis across, all others down.

    Of a larger array each cell is the largest of those it stands for.
    """
    if ratio.size < 2:
        return ()
    flat = ratio.reshape(-1, ratio.shape[-1])
    for axis in (0, 1):
        starts = np.unique(np.linspace(0, flat.shape[axis], _SIDE + 1).astype(int)[:-1])
        flat = np.maximum.reduceat(flat, starts, axis=axis)
    return tuple(tuple(_rounded(row)) for row in flat)


def _histogram(far: Array) -> tuple[int, ...]:
    """How many elements lie in each bin of `BINS`."""
    places = np.searchsorted(BINS, far.ravel(), side="left")
    return tuple(np.bincount(places, minlength=len(BINS) + 1).tolist())


def _curves(precision: str, found: Found, standards: Standards) -> Iterable[Curve]:
    """Of a training run: the error by step, then the loss and the metrics."""
    runs = {
        label: seen.outputs if precision == "float32" else seen.referee
        for label, seen in found.items()
    }
    names = {name for run in runs.values() for name in run if _STEP.fullmatch(name)}
    if not names:
        return
    far: dict[str, dict[int, float]] = {label: {} for label in runs}
    logs: dict[str, dict[str, dict[int, float]]] = {}
    for name in sorted(names):
        match = _STEP.fullmatch(name)
        step, rest = (int(match[1]), match[2]) if match else (0, "")
        for label, run in runs.items():
            standard = standards.of(name, label, precision)
            if name not in run:
                continue
            if standard is not None and standard.expected.shape == run[name].shape:
                _, ratio = errors(run[name], standard)
                most = float(ratio.max()) if ratio.size else 0.0
                far[label][step] = max(most, far[label].get(step, 0.0))
            if rest.startswith(_LOG) and run[name].shape == ():
                log = logs.setdefault(rest.removeprefix(_LOG), {})
                log.setdefault(label, {})[step] = float(run[name])
    yield _curve("error in budgets", far)
    # The loss before its metrics, as Keras prints them.
    for name in sorted(logs, key=lambda name: (name != "loss", name))[:_CURVES]:
        yield _curve(name, logs[name])


def _curve(name: str, lines: Mapping[str, Mapping[int, float]]) -> Curve:
    steps = sorted({step for line in lines.values() for step in line})
    kept = steps[:: -(-len(steps) // _STEPS)] if steps else []
    return Curve(
        name=name,
        steps=tuple(kept),
        lines={
            label: tuple(_rounded([line.get(step, np.nan) for step in kept], 7))
            for label, line in lines.items()
            if line
        },
    )


def _rounded(values: Iterable[float], digits: int = 3) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]
