"""What a case returned, taken apart: the object under test and its inputs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import numpy as np

from multibackend.errors import CaseError
from multibackend.inputs import current
from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.adapted import adapted
from multibackend.parity.checks.given import every, mapped
from multibackend.parity.checks.numbers import as_tensor
from multibackend.parity.checks.recurrent import (
    compile_scans,
    recurrent,
    recurrent_states,
)
from multibackend.parity.checks.seeds import generator_state, seed_states
from multibackend.weights import Start, labels, starts

__all__ = ["Kind", "Subject", "classify", "values"]

Kind = Literal[
    "layer", "model", "loss", "metric", "optimizer", "schedule", "function", "arrays"
]

_RETURNS = (
    "a layer and its inputs, a loss and (y_true, y_pred), a metric and its batches, an "
    "optimizer, a compiled model and (x, y), a function and its inputs, or arrays"
)


@dataclass
class Subject:
    """One built object with its inputs, which can be put back to its start.

    Attributes:
        name: The case's name; it seeds cotangents.
        kind: What the case returned; it decides which checks apply.
        target: The layer, loss, metric, optimizer, schedule or function; the
            returned arrays where the kind is `"arrays"`.
        raw: The inputs as the case gave them.
        labels: The targets of a compiled model.
        starts: The seeded starts of the float weights.
        kept: Every other variable with the value it had after building.
        memory: Whatever a check keeps between runs, such as a compiled function.
        rebuild: Calls the case once more and builds what it returns, as it is set up
            now (the dtype policy, the image layout).
        bad: What the case lists as bad inputs, by name.
        settled: Whether it will make no further variable, as some metrics do at their
            first batch.
        generator: The state that the framework's own generator started from.
    """

    name: str
    kind: Kind
    target: Any
    raw: Arguments
    labels: Any = None
    starts: tuple[Start, ...] = ()
    kept: list[tuple[Any, Any]] = field(default_factory=list[tuple[Any, Any]])
    memory: dict[str, Any] = field(default_factory=dict[str, Any])
    rebuild: Callable[[], Subject] | None = None
    bad: Mapping[str, Any] = field(default_factory=dict[str, Any])
    settled: bool = False
    generator: bytes = b""

    @property
    def trains(self) -> bool:
        """Whether the object tells training from inference."""
        return self.kind in ("layer", "model") and (
            "training" in inspect.signature(self.target.call).parameters
        )

    @property
    def trainable(self) -> list[Any]:
        """The variables that gradients are taken for."""
        return list(getattr(self.target, "trainable_variables", ()))

    @property
    def variables(self) -> list[Any]:
        """Every variable of the object, without those of an optimizer.

        Of a function these are the states of the seed generators that it holds.
        """
        if self.kind == "function":
            return seed_states(self.target)
        found = list(getattr(self.target, "variables", ()))
        if self.kind in ("layer", "model"):
            found += recurrent_states(self.target)
        return found

    def call(self, given: Arguments, *, training: bool = False) -> Any:
        """Calls the target on these inputs; its variables are as they are just now.

        Args:
            given: The inputs.
            training: Whether to train, where the target tells this from inference.
        """
        extra = {"training": training} if self.trains else {}
        return self.target(*given.args, **given.kwargs, **extra)

    def inputs(self) -> Arguments:
        """The inputs as tensors, in the working dtype or moved as a twin wants them."""
        return every(_given(self.raw, "input"), _tensor)

    def targets(self) -> Any:
        """The targets of a compiled model, as NumPy arrays."""
        return _as_wanted(self.labels, "target")

    def build(self, *, again: bool = False) -> None:
        """Calls the object once, so that its weights exist, and keeps its start.

        Args:
            again: The same case was built and called before, so that a call on symbols
                is enough; it spares JAX from compiling each operation for one call.
        """
        if self.kind in ("layer", "model"):
            given = self.inputs()
            if not (again and _called_on_symbols(self.target, given)):
                self.target(*given.args, **given.kwargs)
            for layer in recurrent(self.target):
                layer.reset_state()
            compile_scans(self.target)
            learnt = {id(variable) for variable in adapted(self.target)}
            self.starts = tuple(
                start
                for start in starts(self.target)
                if id(start.variable) not in learnt
            )
        if self.kind == "model":
            self.target.optimizer.build(self.target.trainable_variables)
        self.kept = [(v, v.numpy()) for v in self._others()]

    def rewind(self) -> None:
        """Puts every variable back to its start, moved as a twin wants it."""
        for variable, value in self.kept:
            variable.assign(value)
        for start in self.starts:
            start.assign()
        if self.kind == "model":
            self.target.reset_metrics()
        if self.kind == "metric":
            self.target.reset_state()
        self.generator = generator_state()

    def _others(self) -> list[Any]:
        """Variables that no seeded start covers: seeds, counters, optimizer slots."""
        variables = self.variables
        if self.kind == "model":
            variables += self.target.optimizer.variables
        started = {id(start.variable) for start in self.starts}
        return [v for v in variables if id(v) not in started]

    def drew(self) -> str | None:
        """The path of a seed that advanced since the start, or `None`.

        Keras' dropout on torch draws by torch's own generator (see `seeds`).
        """
        for variable, value in self.kept:
            seeds = "seed_generator_state" in variable.path
            if seeds and not np.array_equal(variable.numpy(), value):
                # Keras counts the generators that nobody named, over all cases.
                return re.sub(r"seed_generator_\d+/", "seed_generator/", variable.path)
        if self.generator != generator_state():
            return "of the framework's own generator"
        return None


def values(variables: list[Any]) -> dict[str, Any]:
    """The values of variables by label, as NumPy arrays."""
    return {
        label: variable.numpy()
        for label, variable in zip(labels(variables), variables, strict=True)
    }


def _called_on_symbols(target: Any, given: Arguments) -> bool:
    """Whether the layer could be built without computing anything."""

    def symbol(leaf: Any) -> Any:
        dtype = keras.backend.standardize_dtype(leaf.dtype)
        return keras.KerasTensor(tuple(leaf.shape), dtype=dtype)

    symbols = mapped(given, symbol)
    try:
        target(*symbols.args, **symbols.kwargs)
    except Exception:  # noqa: BLE001 - it may take no symbols; the call itself will tell
        return False
    return bool(target.built)


def _tensor(leaf: Any) -> Any:
    array = isinstance(leaf, np.ndarray | np.generic)
    return as_tensor(leaf) if array else leaf


def _given(given: Arguments, salt: str) -> Arguments:
    args, kwargs = _as_wanted([list(given.args), dict(given.kwargs)], salt)
    return Arguments(tuple(args), kwargs)


def _as_wanted(nested: Any, salt: str) -> Any:
    """Arrays anywhere in `nested`, as the working state wants them."""
    leaves = keras.tree.flatten(nested)
    ready = [
        current().give(keras.ops.convert_to_numpy(leaf), salt=f"{salt} {place}")
        if isinstance(leaf, np.ndarray | np.generic) or keras.ops.is_tensor(leaf)
        else leaf
        for place, leaf in enumerate(leaves)
    ]
    return keras.tree.pack_sequence_as(nested, ready)


def classify(returned: Any, name: str) -> Subject:
    """Takes apart what a case returned.

    Args:
        returned: What the case function gave back.
        name: The case's name.

    Raises:
        CaseError: It is nothing, or nothing that a check applies to.
    """
    if returned is None:
        message = f"Expected case {name!r} to return {_RETURNS}, received None. Return one of these."
        raise CaseError(message)
    head, *rest = returned if isinstance(returned, tuple) and returned else (returned,)
    kind = _kind(head)
    if kind is None:
        if not keras.tree.flatten(returned):
            message = f"Expected case {name!r} to yield an array, received an empty {type(returned).__name__}."
            raise CaseError(message)
        return Subject(name, "arrays", returned, Arguments((), {}))
    if kind in ("optimizer", "schedule"):
        return Subject(name, kind, head, Arguments((), {}))
    if not rest:
        message = (
            f"Expected case {name!r} to return {type(head).__name__} and its inputs, "
            "received no inputs. Return them behind it: `return layer, normal(4, 16)`."
        )
        raise CaseError(message)
    if kind == "model":
        x, y = _pair(rest, name, head)
        return Subject(name, "model", head, Arguments((x,), {}), labels=y)
    if kind == "metric":
        return Subject(name, kind, head, Arguments((_batches(rest),), {}))
    return Subject(name, kind, head, _arguments(rest, unpack=kind == "loss"))


def _kind(head: Any) -> Kind | None:
    if isinstance(head, keras.Model) and head.compiled:
        return "model"
    if isinstance(head, keras.metrics.Metric):
        return "metric"
    kinds: Mapping[Kind, type] = {
        "layer": keras.layers.Layer,
        "loss": keras.losses.Loss,
        "optimizer": keras.optimizers.Optimizer,
        "schedule": keras.optimizers.schedules.LearningRateSchedule,
    }
    for kind, of in kinds.items():
        if isinstance(head, of):
            return kind
    return "function" if callable(head) and not keras.ops.is_tensor(head) else None


def _arguments(rest: list[Any], *, unpack: bool) -> Arguments:
    if len(rest) == 1 and isinstance(rest[0], Arguments):
        return rest[0]
    if unpack and len(rest) == 1 and isinstance(rest[0], tuple | list):
        return Arguments(tuple(rest[0]), {})
    return Arguments(tuple(rest), {})


def _pair(rest: list[Any], name: str, model: Any) -> tuple[Any, Any]:
    if len(rest) == 1 and isinstance(rest[0], tuple | list) and len(rest[0]) == 2:
        rest = list(rest[0])
    if len(rest) != 2:
        message = (
            f"Expected case {name!r} to return a compiled {type(model).__name__} and "
            f"(x, y), received {len(rest)} of the two. Return `model, (x, y)`."
        )
        raise CaseError(message)
    return rest[0], rest[1]


def _batches(rest: list[Any]) -> list[tuple[Any, ...]]:
    """Batches as tuples, from `[batch, ...]` or from `(y_true, y_pred)` alone."""
    given = rest[0] if len(rest) == 1 else rest
    if isinstance(given, list) and all(isinstance(b, tuple | list) for b in given):
        return [tuple(batch) for batch in given]
    return [tuple(given) if isinstance(given, tuple | list) else (given,)]
