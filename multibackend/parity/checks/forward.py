"""`forward`: what comes out at inference. A difference here is a different model."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np

from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.pure import at_inference, computed
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model", "loss", "metric", "schedule", "function", "arrays")

# Steps at which a schedule is read: the start, the first ones, and far out.
_STEPS = (0, 1, 2, 5, 10, 100, 1000)


def observe(subject: Subject) -> Any:
    """Returns the outputs; for a metric the result after each batch."""
    if subject.kind == "arrays":
        return subject.target
    if subject.kind == "schedule":
        return [
            subject.target(keras.ops.convert_to_tensor(np.int32(step)))
            for step in _STEPS
        ]
    if subject.kind == "metric":
        return computed(subject, partial(_followed, subject.target), kept="forward")
    return at_inference(subject)


def _followed(metric: Any, given: Arguments) -> list[Any]:
    return [_after(metric, batch) for batch in given.args[0]]


def _after(metric: Any, batch: Any) -> Any:
    metric.update_state(*batch)
    return metric.result()
