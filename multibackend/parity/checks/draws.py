"""Calls a subject in training, again and again, each time on the next random numbers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.parity.checks.seeds import generator_state, seed_states
from multibackend.parity.checks.subject import Subject
from multibackend.parity.record.observation import flatten

__all__ = ["advanced", "call", "repeated", "rewind"]

Named = dict[str, npt.NDArray[Any]]

_SEED = 20260101  # any fixed number would do

# One operation at a time, these take up to 600 ms for a small recurrent layer.
_COMPILED = ("jax", "tensorflow")


def rewind(subject: Subject) -> None:
    """Puts the subject back to its start, with every seed there is."""
    seeds = seed_states(subject.target)
    starts = subject.memory.setdefault("seeds", [seed.numpy() for seed in seeds])
    subject.rewind()
    for seed, value in zip(seeds, starts, strict=True):
        seed.assign(value)
    keras.utils.set_random_seed(_SEED)
    subject.memory["generator"] = generator_state()


def advanced(subject: Subject) -> bool:
    """Whether a seed, or the framework's own generator, moved on since the start."""
    if subject.memory["generator"] != generator_state():
        return True
    seeds = seed_states(subject.target)
    return any(
        not np.array_equal(seed.numpy(), value)
        for seed, value in zip(seeds, subject.memory["seeds"], strict=True)
    )


def call(subject: Subject) -> Named:
    """What one call in training yields, by name, as NumPy arrays."""
    return _arrays(_function(subject)())


def repeated(subject: Subject, count: int) -> Iterator[Named]:
    """What each of `count` calls in training yields; only the seeds go on.

    Every call starts from the same weights and states, so that the calls are
    independent draws from one distribution.
    """
    rewind(subject)
    draw = _quick(subject)
    rewind(subject)
    drifting = _drifting(subject)
    for _ in range(count):
        for variable, value in drifting:
            variable.assign(value)
        yield _arrays(draw())


def _function(subject: Subject) -> Callable[[], Any]:
    given = subject.inputs()
    return lambda: subject.call(given, training=True)


def _quick(subject: Subject) -> Callable[[], Any]:
    """The call, compiled where that is much faster and the compiler takes it."""
    function = _function(subject)
    backend = keras.config.backend()
    if backend not in _COMPILED:
        return function
    framework = importlib.import_module(f"multibackend.parity.checks._draws_{backend}")
    compiled = framework.compiled(function, seed_states(subject.target))
    try:
        compiled()
    except Exception:  # noqa: BLE001 - whether it compiles is what `jit` asks
        return function
    return compiled


def _drifting(subject: Subject) -> list[tuple[Any, Any]]:
    """Variables that a call in training may change, with the value to start from."""
    others = [*seed_states(subject.target), *subject.trainable]
    left = {id(variable) for variable in others}
    return [(v, v.numpy()) for v in subject.variables if id(v) not in left]


def _arrays(outputs: Any) -> Named:
    def leaf(value: Any) -> Any:
        return (
            keras.ops.convert_to_numpy(value) if keras.ops.is_tensor(value) else value
        )

    return flatten(keras.tree.map_structure(leaf, outputs))[1]
