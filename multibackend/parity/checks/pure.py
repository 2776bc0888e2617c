"""A subject as a function of its tensors: what a differentiator or a compiler takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras

from multibackend.inputs import current
from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.framework import framework
from multibackend.parity.checks.given import replaced, tensors
from multibackend.parity.checks.subject import Subject

__all__ = [
    "Pure",
    "at_inference",
    "call",
    "computed",
    "in_one_program",
    "pure",
    "shapes_of",
]


@dataclass(frozen=True)
class Pure:
    """A subject at inference, with its tensors laid flat.

    Attributes:
        function: Takes the flat tensors and returns the outputs.
        tensors: The flat tensors to call it on.
        state: Every variable that the function reads or writes.
        memory: Kept between runs of one subject, for what was compiled.
    """

    function: Callable[[list[Any]], Any]
    tensors: list[Any]
    state: list[Any]
    memory: dict[str, Any]


def pure(subject: Subject) -> Pure:
    """Lays the inputs flat; what is no tensor among them stays inside the function.

    Args:
        subject: A layer, model, loss, metric or function.
    """
    return _flat(subject, partial(call, subject), subject.inputs())


def _flat(
    subject: Subject, function: Callable[[Arguments], Any], given: Arguments
) -> Pure:
    def flat(others: list[Any]) -> Any:
        return function(replaced(given, others))

    return Pure(flat, tensors(given), subject.variables, subject.memory)


def at_inference(subject: Subject, given: Arguments | None = None) -> Any:
    """The outputs at inference; for a metric the result after each batch.

    Args:
        subject: A layer, model, loss, metric or function.
        given: What to call it on, by default its inputs.
    """
    if given is None:
        return computed(subject, partial(call, subject), kept="forward")
    if not in_one_program(subject):
        return call(subject, given)
    return framework().at_once(replace(pure(subject), tensors=tensors(given)))


def computed(
    subject: Subject, function: Callable[[Arguments], Any], *, kept: str
) -> Any:
    """What a function of the inputs returns, under one program where that is done.

    Args:
        subject: Whose variables the function reads and writes.
        function: Takes the inputs; its tensors may be those of a tracer.
        kept: The name by which the subject keeps the program.
    """
    given = subject.inputs()
    if not in_one_program(subject):
        return function(given)
    return framework().at_once(_flat(subject, function, given), kept=kept)


def in_one_program(subject: Subject) -> bool:
    """Whether the outputs are computed by one program: by the referee on JAX.

    JAX compiles each operation that is called by itself, in float64 once more. One
    program is quicker, and twins share it. The float32 run, which is judged, stays as
    users have it. Where no float is given nothing moves, and the last bit counts.
    """
    if current().dtype != "float64" or keras.config.backend() != "jax":
        return False
    if subject.kind == "metric" and not subject.settled:
        return False
    if subject.kind in ("layer", "model"):
        # A layer must not create its weights while it is traced.
        return subject.target.built
    return any(
        "float" in keras.backend.standardize_dtype(leaf.dtype)
        for leaf in tensors(subject.inputs())
    )


def shapes_of(outputs: Any) -> list[Any]:
    """The shapes of outputs laid flat, with `None` for what is no tensor."""
    return [
        tuple(leaf.shape) if keras.ops.is_tensor(leaf) else None
        for leaf in keras.tree.flatten(outputs)
    ]


def call(subject: Subject, given: Arguments) -> Any:
    """The outputs at inference; for a metric the result after each batch."""
    if subject.kind == "metric":
        return [_after(subject.target, batch) for batch in given.args[0]]
    return subject.call(given)


def _after(metric: Any, batch: Any) -> Any:
    metric.update_state(*batch)
    # On torch a result may be a view of the state, which the next batch changes; that
    # is for `forward` to tell. A tracer has nothing to copy.
    return keras.tree.map_structure(
        lambda leaf: (
            leaf + keras.ops.zeros_like(leaf) if keras.ops.is_tensor(leaf) else leaf
        ),
        metric.result(),
    )
