"""A subject as a function of its tensors: what a differentiator or a compiler takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from multibackend.parity.checks.subject import Subject

__all__ = ["Pure", "call", "pure"]


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
    given = subject.inputs()
    nested = [list(given.args), dict(given.kwargs)]
    flat = keras.tree.flatten(nested)
    held = [place for place, leaf in enumerate(flat) if keras.ops.is_tensor(leaf)]

    def function(tensors: list[Any]) -> Any:
        full = list(flat)
        for place, value in zip(held, tensors, strict=True):
            full[place] = value
        args, kwargs = keras.tree.pack_sequence_as(nested, full)
        return call(subject, args, kwargs)

    tensors = [flat[place] for place in held]
    return Pure(function, tensors, subject.variables, subject.memory)


def call(subject: Subject, args: Any, kwargs: Any) -> Any:
    """The outputs at inference; for a metric the result after each batch."""
    if subject.kind == "metric":
        return [_after(subject.target, batch) for batch in args[0]]
    extra = {"training": False} if subject.trains else {}
    return subject.target(*args, **kwargs, **extra)


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
