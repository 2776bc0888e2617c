"""How an object is made, as a node: a call that anybody can read."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from multibackend.parity.reproduce.draft import Node
from multibackend.parity.reproduce.sources import Slice, sliced

__all__ = ["Making", "keras_name"]

# What every layer takes and what says nothing about a difference.
_SILENT = ("name", "trainable", "build_input_shape")
# Where functions have public names.
_ROOMS = ("ops", "activations", "losses", "metrics", "random")


def keras_name(function: Any) -> str | None:
    """The public name of a function of Keras, such as `keras.ops.tanh`."""
    for room in _ROOMS:
        offered = getattr(keras, room)
        name = getattr(function, "__name__", "")
        if name and getattr(offered, name, None) is function:
            return f"keras.{room}.{name}"
    return None


@dataclass
class Making:
    """Writes objects down, and keeps what the user's own classes need.

    Attributes:
        find: Reads the source of a module of the user's own.
        slices: Definitions that are copied.
    """

    find: Callable[[str], str | None]
    slices: list[Slice] = field(default_factory=list[Slice])

    def object(self, target: Any) -> Node:
        """The call that makes a Keras object once more.

        Raises:
            LookupError: It cannot be written as one.
        """
        try:
            written = json.loads(
                json.dumps(keras.saving.serialize_keras_object(target))
            )
        except Exception as error:  # whatever a user's `get_config` raises
            message = f"its configuration cannot be written: {error}"
            raise LookupError(message) from error
        return self._node(written)

    def function(self, target: Any) -> Node:
        """The name of a function.

        Raises:
            LookupError: It has none at the top level of a module.
        """
        public = keras_name(target)
        if public:
            return ["name", public]
        name = getattr(target, "__qualname__", "")
        if not inspect.isfunction(target) or "." in name or "<" in name:
            message = "it is no function at the top level of a module"
            raise LookupError(message)
        self._slice(name, target.__module__)
        return ["name", name]

    def _slice(self, name: str, module: str) -> None:
        found = sliced(name, module, self.find)
        if found.makers:
            message = f"it draws inputs itself: {', '.join(found.makers)}"
            raise LookupError(message)
        self.slices.append(found)

    def _node(self, written: Any) -> Node:
        if isinstance(written, list):
            return ["list", [self._node(item) for item in written]]
        if not isinstance(written, Mapping):
            return ["value", written]
        kind, config = written.get("class_name"), written.get("config")
        if kind is None:
            return ["dict", {key: self._node(item) for key, item in written.items()}]
        if kind == "__tuple__":
            return ["tuple", [self._node(item) for item in written["items"]]]
        if kind == "function" and isinstance(config, str):
            return self._named(config, written.get("module"))
        if not isinstance(config, Mapping) or not isinstance(kind, str):
            message = f"{kind} has no call"
            raise LookupError(message)  # noqa: TRY004 - a reason, not a wrong type
        return self._call(kind, written.get("module"), config)

    def _named(self, name: str, module: Any) -> Node:
        for room in _ROOMS:
            if hasattr(getattr(keras, room), name):
                return ["name", f"keras.{room}.{name}"]
        self._slice(name, str(module))
        return ["name", name]

    def _call(self, kind: str, module: Any, config: Mapping[str, Any]) -> Node:
        own = str(module)
        if own == "keras" or own.startswith("keras."):
            offered = getattr(importlib.import_module(own), kind, None)
            name = f"{own}.{kind}"
        else:
            offered = getattr(importlib.import_module(own), kind, None)
            name = kind
        if offered is None or kind == "Functional":
            message = f"{own}.{kind} has no public constructor"
            raise LookupError(message)
        if name == kind:
            self._slice(kind, own)
        if offered is keras.Sequential:
            layers = [w for w in config["layers"] if w["class_name"] != "InputLayer"]
            return ["call", [name, {"layers": self._node(layers)}]]
        told = _told(offered, config)
        given = {key: self._node(item) for key, item in told.items()}
        return ["call", [name, given]]


def _told(offered: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are not the defaults of the class."""
    parameters = inspect.signature(offered).parameters.values()
    needed = {
        p.name
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }
    told = {
        key: item
        for key, item in config.items()
        if key in needed or (key not in _SILENT and not _plain_policy(key, item))
    }
    try:
        least = {key: item for key, item in config.items() if key in needed}
        usual = json.loads(json.dumps(offered.from_config(least).get_config()))
    except Exception:  # noqa: BLE001 - then every setting is told
        return told
    return {k: v for k, v in told.items() if k in needed or usual.get(k, ...) != v}


def _plain_policy(key: str, item: Any) -> bool:
    """Whether this is the dtype that everything has anyway."""
    named = item["config"].get("name") if isinstance(item, Mapping) else item
    return key == "dtype" and named in ("float32", "float64")
