"""What a module offers that a case can be made of: classes of Keras, and functions."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import keras

__all__ = ["Found", "Kind", "objects"]

Kind = Literal["layer", "loss", "metric", "optimizer", "schedule", "function"]

_BASES: dict[Kind, type] = {
    "layer": keras.layers.Layer,
    "loss": keras.losses.Loss,
    "metric": keras.metrics.Metric,
    "optimizer": keras.optimizers.Optimizer,
    "schedule": keras.optimizers.schedules.LearningRateSchedule,
}
#: A first argument of this name is a tensor, also where no annotation says so.
_TENSORS = ("x", "x1", "input", "inputs", "tensor", "y_true", "features", "logits")


@dataclass(frozen=True)
class Found:
    """Something that a module offers.

    Attributes:
        name: Its public name, `module:name`.
        kind: What it is.
        value: The class or the function.
    """

    name: str
    kind: Kind
    value: Any

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line where it is written, or nothing."""
        try:
            file = inspect.getsourcefile(self.value) or ""
            return file, inspect.getsourcelines(self.value)[1] if file else 0
        except (OSError, TypeError):
            return "", 0


def objects(module: ModuleType) -> Iterator[Found]:
    """What the module offers, in the order of its namespace, each object once.

    That is what `__all__` names, or else what is public and comes from the module's own
    package: what it merely imports, such as `keras.layers.Dense`, is somebody else's.
    """
    named = getattr(module, "__all__", None)
    seen: set[int] = set()
    for name in named if named is not None else vars(module):
        value = getattr(module, name, None)
        if value is None or id(value) in seen or name.startswith("_"):
            continue
        if named is None and not _own(value, module):
            continue
        kind = _kind(value)
        if kind is not None:
            seen.add(id(value))
            yield Found(f"{module.__name__}:{name}", kind, value)


def _own(value: Any, module: ModuleType) -> bool:
    top = module.__name__.partition(".")[0]
    return str(getattr(value, "__module__", "")).partition(".")[0] == top


def _kind(value: Any) -> Kind | None:
    if inspect.isclass(value):
        return None if _abstract(value) else _class_kind(value)
    return "function" if inspect.isfunction(value) and _of_tensors(value) else None


def _class_kind(value: type) -> Kind | None:
    return next((kind for kind, of in _BASES.items() if issubclass(value, of)), None)


def _abstract(value: type) -> bool:
    """Whether it is to be derived from: it has abstract methods, or does nothing yet."""
    if inspect.isabstract(value) or value in _BASES.values() or value is keras.Model:
        return True
    # A layer without a `call` of its own, such as `keras.layers.Wrapper`.
    calls = {"layer": "call", "loss": "call", "metric": "result"}
    method = calls.get(str(_class_kind(value)))
    if method is None:
        return False
    base = _BASES[_class_kind(value) or "layer"]
    return getattr(value, method, None) is getattr(base, method, None)


def _of_tensors(function: Any) -> bool:
    """Whether it is annotated, or its first argument is called as tensors are."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    if not parameters:
        return False
    annotated = any(p.annotation is not inspect.Parameter.empty for p in parameters)
    return annotated or parameters[0].name in _TENSORS
