"""Arguments of a constructor, guessed from its names, hints, defaults and docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import keras

from multibackend.inputs import normal

__all__ = ["UnknownArgumentError", "guesses", "required", "signature", "values"]


class UnknownArgumentError(Exception):
    """Nothing tells what to give for an argument."""


def _dense() -> Any:
    return keras.layers.Dense(4)


def _recurrent() -> Any:
    return keras.layers.LSTM(4, return_sequences=True)


def _cell() -> Any:
    return keras.layers.LSTMCell(4)


def _table() -> Any:
    return normal(8, 4, seed=1)


class Either(tuple[Any, ...]):
    """Values of which one is right; which, the object must tell."""

    __slots__ = ()


#: What an argument of this name is given.
_NAMES: Mapping[str, Any] = {
    "kernel_size": 2,
    "pool_size": 2,
    "patch_size": 2,
    "strides": 1,
    "groups": 1,
    "input_dim": 8,
    "num_embeddings": 8,
    "num_tokens": 8,
    "num_layers": 1,
    "vocabulary_size": 8,
    "vocab_size": 8,
    "rate": 0.25,
    "stddev": 0.1,
    "epsilon": 1e-5,
    "momentum": 0.9,
    "factor": Either((0.25, 4)),
    "alpha": 0.5,
    "scale": 2.0,
    "offset": 0.5,
    "value": 0.5,
    "k": 2,
    "n": 2,
    "axis": -1,
    "axes": 1,
    "dims": (2, 1),
    "shape": (5, 4),
    "target_shape": (-1,),
    "equation": "ab,bc->ac",
    "output_shape": 4,
    "function": keras.ops.tanh,
    "fn": keras.losses.mean_squared_error,
    "layer": Either((_dense, _recurrent)),
    "layers": lambda: [_dense(), _dense()],
    "cell": _cell,
    "cells": lambda: [_cell(), keras.layers.GRUCell(4)],
    "activation": "tanh",
    "learning_rate": 0.1,
    "boundaries": lambda: [1, 2],
    "bin_boundaries": lambda: [-0.5, 0.5],
    "values": lambda: [0.5, 0.25, 0.125],
    "vocabulary": lambda: ["a", "b"],
    "sensitivity": 0.5,
    "specificity": 0.5,
    "precision": 0.5,
    "recall": 0.5,
    "target_class_ids": lambda: [1],
    "name": "guessed",
    "dtype": "float32",
}
#: What an argument is given whose last word this is, as in `hidden_dim`. Sizes are
#: alike, so that what must divide or equal another does.
_LAST: Mapping[str, Any] = {
    **dict.fromkeys(("units", "filters", "features", "channels", "dim", "size"), 4),
    **dict.fromkeys(("width", "height", "number", "count", "bins", "steps"), 4),
    **dict.fromkeys(("length", "capacity"), 8),
    **dict.fromkeys(("heads", "depth", "rank", "order", "experts"), 2),
    **dict.fromkeys(("layers", "blocks", "stride", "seed"), 1),
    "classes": 3,
    "embeddings": Either((4, _table)),
    "dropout": 0.25,
    "threshold": 0.5,
    "temperature": 0.5,
    "optimizer": keras.optimizers.SGD,
}
_HINTS: Mapping[Any, Any] = {int: 4, float: 0.5, bool: False, str: "guessed"}
#: How a docstring's words begin, and what they mean.
_WORDS = (
    (r"(positive |an? )?int(eger)?s?\b", 4),
    (r"(positive |an? )?float\b", 0.5),
    (r"(python )?(bool(ean)?)\b", False),
    (r"(an? )?(tuple|list)\b", (2, 2)),
    (r"(an? )?fraction\b", 0.25),
)


def signature(value: Any) -> str:
    """How it is called, as text."""
    try:
        told = str(inspect.signature(value))
    except (TypeError, ValueError):
        return f"{value.__name__}(...)"
    return f"{value.__name__}{told.partition(' ->')[0]}"


def required(value: Any) -> list[inspect.Parameter]:
    """The arguments that have no default.

    Raises:
        UnknownArgumentError: It does not say what it takes.
    """
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError) as error:
        message = f"its signature cannot be read: {error}"
        raise UnknownArgumentError(message) from error
    loose = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in parameters if p.default is p.empty and p.kind not in loose]


def values(cls: Any) -> list[dict[str, Callable[[], Any]]]:
    """Ways to call a constructor, the likeliest first: makers by argument.

    What has no default comes first; then also what has one that may not do: nothing,
    or a number larger than what is tried elsewhere.

    Raises:
        UnknownArgumentError: Nothing tells what an argument is.
    """
    ways: list[dict[str, Callable[[], Any]]] = [{}]
    for parameter in required(cls):
        options = guesses(parameter, cls)
        ways = [way | {parameter.name: option} for way in ways for option in options]
    spare = {
        parameter.name: guesses(parameter, cls)
        for parameter in _optional(cls)
        if _insufficient(parameter.default, _known(parameter.name))
    }
    single = [{name: make} for name, makes in spare.items() for make in makes]
    every = [{name: makes[place] for name, makes in spare.items()} for place in (0, -1)]
    return [*ways, *[way | more for way in ways for more in [*single, *every] if more]]


def guesses(parameter: inspect.Parameter, owner: Any) -> list[Callable[[], Any]]:
    """What may be given for an argument, each made anew when asked for.

    Raises:
        UnknownArgumentError: Nothing tells.
    """
    found = _meant(parameter, owner)
    return [_maker(each) for each in (found if isinstance(found, Either) else [found])]


def _optional(cls: Any) -> list[inspect.Parameter]:
    parameters = inspect.signature(cls).parameters.values()
    given = [p for p in parameters if p.default is not p.empty]
    return [p for p in given if p.name not in ("name", "dtype", "activation", "seed")]


def _insufficient(default: Any, known: Any) -> bool:
    if default is None:
        return known is not None
    numbers = type(default) is int and type(known) is int
    return numbers and default > known


def _maker(option: Any) -> Callable[[], Any]:
    """A function that returns the value, or makes it anew."""
    local = inspect.isfunction(option) and option.__module__ == __name__
    if local or inspect.isclass(option):
        return option
    return lambda: option


def _known(name: str) -> Any:
    name = name.strip("_").lower()
    return _NAMES.get(name, _LAST.get(name.split("_")[-1]))


def _meant(parameter: inspect.Parameter, owner: Any) -> Any:
    known = _known(parameter.name)
    if known is not None:
        return known
    hint = parameter.annotation
    for kind, value in _HINTS.items():
        if hint is kind or str(hint) == kind.__name__:
            return value
    said = _said(parameter.name, owner)
    for pattern, value in _WORDS:
        if re.match(pattern, said, re.IGNORECASE):
            return value
    message = f"nothing tells what to give for {parameter.name!r}"
    raise UnknownArgumentError(message)


def _said(name: str, owner: Any) -> str:
    """What the docstring says of an argument, from `name: ` on."""
    document = f"{owner.__doc__ or ''}\n{owner.__init__.__doc__ or ''}"
    found = re.search(
        rf"^\s*`?{re.escape(name)}`?\s*(\([^)]*\))?:\s*(.+)", document, re.M
    )
    return found[2] if found else ""
