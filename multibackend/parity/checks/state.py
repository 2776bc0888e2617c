"""`state`: Do calls leave the same state behind, and does a reset put it back?

A difference here shows later than the call that made it: moving averages that drift
apart, a recurrent layer that remembers on one backend only, a metric that still counts
the last epoch.

Seeds are left out (`random` asks about them), and so is the order of batches: nothing
in the contract of a metric says that it must not matter.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras

from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.answer import Related
from multibackend.parity.checks.pure import computed, in_one_program
from multibackend.parity.checks.recurrent import recurrent, recurrent_states
from multibackend.parity.checks.subject import Subject, values
from multibackend.weights import labels

KINDS = ("layer", "model", "metric")

_CALLS = 2


def applies(subject: Subject) -> bool:
    """Where something may be left behind: a metric, or a variable that nobody trains."""
    return subject.kind == "metric" or bool(_kept(subject.target))


def observe(subject: Subject) -> Any:
    """Returns the state after each call or batch, and after a reset."""
    return _metric(subject) if subject.kind == "metric" else _layer(subject)


def _layer(subject: Subject) -> dict[str, Any]:
    found = {"inference": _calls(subject, training=False)}
    if _reset(subject.target):
        found["reset"] = {"state": values(_kept(subject.target))}
    if subject.trains:
        # Last: what training draws is seen to have been drawn.
        subject.rewind()
        found["training"] = _calls(subject, training=True)
    return found


def _calls(subject: Subject, *, training: bool) -> dict[str, Any]:
    _ = _reset(subject.target)
    found: dict[str, Any] = {}
    for call in range(1, _CALLS + 1):
        subject.call(subject.inputs(), training=training)
        found[f"call {call}"] = values(_kept(subject.target))
    return found


def _kept(target: Any) -> list[Any]:
    """What calls may change: weights that nobody trains, and recurrent states."""
    return [*target.non_trainable_weights, *recurrent_states(target)]


def _reset(target: Any) -> bool:
    """Resets the recurrent layers; whether there were any."""
    layers = recurrent(target)
    for layer in layers:
        layer.reset_state()
    return bool(layers)


def _metric(subject: Subject) -> Related:
    found, after, first = computed(subject, partial(_streamed, subject), kept="state")
    # Judged by this backend's own first batch: a reset leaves nothing of the others.
    return Related({"batches": found, "after reset": after}, {"after reset": first})


def _streamed(subject: Subject, given: Arguments) -> tuple[dict[str, Any], Any, Any]:
    """The state after each batch, the result after a reset and one, and after one."""
    metric, batches = subject.target, given.args[0]
    seen = _in_program if in_one_program(subject) else values
    found: dict[str, Any] = {}
    first = None
    for place, batch in enumerate(batches, 1):
        metric.update_state(*batch)
        first = metric.result() if first is None else first
        found[f"batch {place}"] = seen(metric.variables)
    metric.reset_state()
    metric.update_state(*batches[0])
    return found, metric.result(), first


def _in_program(variables: list[Any]) -> dict[str, Any]:
    """As `values`, where a variable has no number yet."""
    return {
        label: keras.ops.convert_to_tensor(variable)
        for label, variable in zip(labels(variables), variables, strict=True)
    }
