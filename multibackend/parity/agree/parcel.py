"""Packs a function or an object with all that it needs, as lines of a case file."""

from __future__ import annotations

import builtins
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from multibackend.errors import TargetError
from multibackend.parity.agree.contents import Arrays
from multibackend.parity.agree.objects import (
    Written,
    float_weights,
    is_object,
    named_in,
    written,
)
from multibackend.parity.agree.reach import Reached, reach, root_of
from multibackend.parity.agree.source import class_text, function_text, needed
from multibackend.parity.run.captured import pack_inputs

__all__ = ["Parcel", "as_array", "is_code"]


@dataclass
class Parcel:
    """The lines that define what one function needs, and the data beside them.

    Attributes:
        arrays: Where arrays go, by name; parcels of one file share it.
        values: Packed values by name.
        objects: Written Keras objects by name.
        paths: The folders that another process must import from.
        lines: The definitions, each after those that it needs.
    """

    arrays: Arrays
    values: dict[str, Any]
    objects: dict[str, Written]
    paths: set[Path]
    lines: list[str] = field(default_factory=list[str])
    _names: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def text(self) -> str:
        """The definitions, indented as the body of a function."""
        return textwrap.indent("\n".join(self.lines), "    ")

    def add(self, name: str, value: Any, *, seeded: bool = False) -> None:
        """Defines `name` as this value.

        Args:
            name: The name that is looked up.
            value: What it stands for.
            seeded: Whether somebody else gives this object its weights.

        Raises:
            TargetError: It cannot be carried to another process.
        """
        if name in self._names:
            if self._names[name] is not value:
                raise _two(name)
            return
        self._names[name] = value
        if isinstance(value, ModuleType):
            self._import_module(name, value)
        elif is_object(value):
            self._make(name, value, seeded=seeded)
        elif is_code(value):
            self._define(name, value)
        else:
            self._keep(name, value)

    def _import_module(self, name: str, module: ModuleType) -> None:
        self.lines.append(f"import {module.__name__} as {name}")
        self._reachable(module)

    def _reachable(self, module: ModuleType) -> None:
        root = root_of(module)
        if root is not None:
            self.paths.add(root)

    def _make(self, name: str, value: Any, *, seeded: bool) -> None:
        known = named_in(value)
        for each, thing in known.items():
            self.add(each, thing)
        stored: list[str] = []
        for weight in float_weights(value):
            stored.append(str(len(self.arrays)))
            self.arrays[stored[-1]] = weight
        about = written(value, tuple(stored))
        kept = f"{name} {len(self.objects)}"
        self.objects[kept] = msgspec.structs.replace(about, set_weights=not seeded)
        listed = ", ".join(f"{each!r}: {each}" for each in known)
        self.lines.append(f"{name} = _box.make({kept!r}, {{{listed}}})")

    def _define(self, name: str, value: Any) -> None:
        found = reach(value)
        if isinstance(found, Reached):
            self.lines.append(found.line(name))
            self._reachable(found.module)
            return
        if not isinstance(value, FunctionType | type):
            raise _uncarried(name, value)
        if isinstance(value, type):
            for place, base in enumerate(value.__bases__):
                self.add(f"_base_{name}_{place}", base)
        for each, thing in needed(value).items():
            if not hasattr(builtins, each) or getattr(builtins, each) is not thing:
                self.add(each, thing)
        if isinstance(value, type):
            self.lines.append(class_text(value, name))
            return
        for place, default in enumerate(_defaults(value)):
            self.add(f"_default_{name}_{place}", default)
        self.lines.append(function_text(value, name))

    def _keep(self, name: str, value: Any) -> None:
        try:
            self.values[name] = pack_inputs(value, self.arrays, as_array)
        except TypeError as error:
            raise _uncarried(name, value) from error
        scalar = "[()]" if isinstance(value, np.generic) else ""
        self.lines.append(f"{name} = _box.value({name!r}){scalar}")


def is_code(value: Any) -> bool:
    """Whether a value is a function or a class rather than data."""
    return isinstance(value, FunctionType | MethodType | type | np.ufunc) or (
        callable(value) and hasattr(value, "__qualname__")
    )


def _defaults(function: FunctionType) -> list[Any]:
    """The values of all defaults, in the order of `function_text`."""
    last: Mapping[str, Any] = function.__kwdefaults__ or {}
    return [*(function.__defaults__ or ()), *last.values()]


def as_array(value: Any) -> npt.NDArray[Any] | None:
    """An array or a tensor of any framework as a NumPy array; `None` for the rest."""
    if isinstance(value, np.ndarray | np.generic):
        return np.array(value)
    keras = sys.modules.get("keras")
    if keras is not None and (
        keras.ops.is_tensor(value) or isinstance(value, keras.Variable)
    ):
        return np.array(keras.ops.convert_to_numpy(value))
    if hasattr(value, "__array__"):
        return np.array(value)
    return None


def _two(name: str) -> TargetError:
    message = (
        f"Expected {name!r} to mean one thing in all that check_agreement carries, "
        "found two. Rename one of them."
    )
    return TargetError(message)


def _uncarried(name: str, value: Any) -> TargetError:
    cure = "Make it inside the function, or pass it as an input if it is an array."
    if isinstance(value, MethodType):
        cure = "Wrap the call: `lambda x: layer.method(x)`."
    message = (
        f"Expected {name!r} to be something that another process can be given (a "
        "function, a class, a Keras object, arrays, numbers, text), received "
        f"{type(value).__module__}.{type(value).__qualname__}. {cure}"
    )
    return TargetError(message)
