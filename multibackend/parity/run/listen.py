"""Listens to a whole run: what each sub-layer and each function is called on."""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.parity.checks.subject import Subject
from multibackend.parity.checks.sublayers import sublayers
from multibackend.parity.run.calls import hearing
from multibackend.parity.run.captured import Arrays, Call, Captured, pack_inputs

__all__ = ["heard"]

# A cell is called at every time step; the first calls tell what the others would.
_CALLS = 3
# So many functions tell where a layer goes wrong; what repeats them adds time only.
_OPS = 40


def heard(subject: Subject, arrays: Arrays, *, training: bool) -> Captured:
    """Runs the subject forward once; listens to its sub-layers and to `keras.ops`.

    Args:
        subject: A built layer, model, loss or function; anything else says nothing.
        arrays: Where the inputs go, by name.
        training: Whether to run with training=True.
    """
    if subject.kind not in ("layer", "model", "loss", "function"):
        return Captured()
    parts = {path: p for path, p in sublayers(subject.target).items() if p.built}
    log = _Log(arrays)
    subject.rewind()
    given = subject.inputs()
    extra = {"training": training} if subject.trains else {}
    with _listening(parts, log), hearing(log.computed):
        _ = subject.target(*given.args, **given.kwargs, **extra)
    had = {call.path for call in log.calls}
    left_out = {path: why for path, why in log.left_out.items() if path not in had}
    return Captured(tuple(log.calls), tuple(log.ops), left_out)


@dataclass
class _Log:
    """What was heard so far, and the paths of the layers that are being called."""

    arrays: Arrays
    calls: list[Call] = field(default_factory=list[Call])
    ops: list[Call] = field(default_factory=list[Call])
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    counts: Counter[str] = field(default_factory=Counter[str])
    inside: list[str] = field(default_factory=list[str])

    def begun(self, path: str, inputs: Any) -> Call | None:
        """A sub-layer is called: keeps the inputs as they are before."""
        self.counts[path] += 1
        count = self.counts[path]
        if count > _CALLS:
            return None
        try:
            packed = self._packed(inputs)
        except TypeError as reason:
            _ = self.left_out.setdefault(path, str(reason))
            return None
        return Call(path if count == 1 else f"{path} call {count}", path, packed)

    def computed(self, op: str, inputs: Any) -> None:
        """A function of `keras.ops` is called by the innermost layer's own code."""
        path = self.inside[-1] if self.inside else ""
        site = f"{path}: ops.{op}" if path else f"ops.{op}"
        self.counts[site] += 1
        self.counts[f"ops of {path}"] += 1
        if self.counts[f"ops of {path}"] > _OPS:
            return
        size = len(self.arrays)
        try:
            packed = self._packed(inputs)
        except TypeError:
            return  # it takes a function or a slice: the layer answers for it
        if len(self.arrays) > size:
            count = self.counts[site]
            called = site if count == 1 else f"{site} #{count}"
            self.ops.append(Call(called, path, packed, op))

    def _packed(self, inputs: Any) -> Any:
        size = len(self.arrays)
        try:
            return pack_inputs(inputs, self.arrays, _array)
        except TypeError:
            for name in list(self.arrays)[size:]:
                del self.arrays[name]
            raise


def _array(value: Any) -> npt.NDArray[Any] | None:
    """A tensor's values, a copy; `None` for what is no tensor.

    Raises:
        TypeError: It has no values: a compiler is looking at it.
    """
    if isinstance(value, np.ndarray | np.generic):
        return np.array(value)
    symbols = isinstance(value, keras.KerasTensor | keras.Variable)
    if not (symbols or keras.ops.is_tensor(value)):
        return None
    try:
        return np.array(keras.ops.convert_to_numpy(value))
    except Exception as error:  # each framework has its own class for it
        message = "it is called inside a compiled loop, where inputs have no values"
        raise TypeError(message) from error


@contextmanager
def _listening(parts: Mapping[str, Any], log: _Log) -> Generator[None]:
    """Stands in front of each sub-layer's `call`, which Keras looks up on the layer.

    `object.__setattr__` goes around the tracking of Keras and of the frameworks.
    """
    before = {path: vars(layer).get("call") for path, layer in parts.items()}
    try:
        for path, layer in parts.items():
            object.__setattr__(layer, "call", _listener(path, layer.call, log))
        yield
    finally:
        for path, layer in parts.items():
            _ = vars(layer).pop("call", None)
            if before[path] is not None:
                object.__setattr__(layer, "call", before[path])


def _listener(path: str, function: Any, log: _Log) -> Any:
    trains = "training" in inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        # Every check sets `training` itself; Keras hands it on by keyword only.
        rest = {n: v for n, v in kwargs.items() if not (trains and n == "training")}
        begun = log.begun(path, [args, rest])
        log.inside.append(path)
        try:
            outputs = function(*args, **kwargs)
        finally:
            _ = log.inside.pop()
        if begun is not None:
            log.calls.append(begun)
        return outputs

    return call
