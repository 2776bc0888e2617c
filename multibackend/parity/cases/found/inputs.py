"""Inputs to try on what was built: vectors, sequences, images, tokens, pairs, ..."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from multibackend.inputs import integers, normal, uniform
from multibackend.parity.cases.case import Arguments
from multibackend.parity.cases.found.arguments import guesses, required
from multibackend.parity.cases.found.objects import Found

__all__ = ["TEXT", "Inputs", "candidates"]

#: Draws the inputs of an object; it is given the object.
Inputs = Callable[[Any], Arguments]

#: The label of what is tried last, and what no record can hold.
TEXT = "text"

_BATCH = 2
#: By the digit in a name such as `Conv2D`: the shape of what it takes.
_BY_RANK = {"1D": (5, 4), "2D": (8, 8, 3), "3D": (6, 6, 6, 2)}
_SHAPES = ((6,), (4,), (5, 4), (8, 8, 3), (3, 6, 6, 2), (2, 4, 4, 4, 2))
#: An argument of `call` whose last word is one of these holds whole numbers.
_TOKENS = ("ids", "id", "indices", "index", "tokens", "token", "labels", "positions")
_NEEDED = ("layer", "loss", "metric", "function")


def candidates(found: Found) -> Iterator[tuple[str, Inputs]]:
    """Inputs by name, the likeliest first."""
    if found.kind not in _NEEDED:
        yield "no inputs", lambda _: Arguments((), {})
        return
    needed = _needed(found)
    names = [parameter.name for parameter in needed]
    if found.kind in ("loss", "metric") or names[:2] == ["y_true", "y_pred"]:
        extra = [guesses(parameter, found.value)[0]() for parameter in needed[2:]]
        yield from _pairs(found, extra)
    elif len(names) > 1:
        yield from _several(found, needed)
    else:
        yield from _single(found)


def _needed(found: Found) -> list[inspect.Parameter]:
    """The arguments that a call needs, without `self`."""
    if found.kind in ("loss", "metric"):
        return []
    if found.kind == "layer":
        return required(found.value.call)[1:]
    return required(found.value)


def _floats(*shape: int, seed: int = 1) -> Any:
    return normal(_BATCH, *shape, seed=seed)


def _tokens(*shape: int, seed: int = 1, high: int = 4) -> Any:
    return integers(_BATCH, *shape, high=high, seed=seed)


def _one(make: Callable[[], Any]) -> Inputs:
    return lambda _: Arguments((make(),), {})


def _single(found: Found) -> Iterator[tuple[str, Inputs]]:
    """For a call with one argument, which may be a list or a dictionary."""
    name = found.name.partition(":")[2]
    shapes = _shapes(name)
    if re.search(r"Embedding|Lookup|Encoding|Hash|Category|Token", name):
        yield from _whole()
    if re.search(r"Spectrogram|Mel|STFT|Audio", name):
        yield "sound", _one(lambda: _floats(4096))
    if re.search(r"LSTM|GRU|RNN|Recurrent|Sequence|Attention|Transformer", name):
        shapes = [(5, 4), *shapes]
    for shape in dict.fromkeys(shapes):
        label = f"floats {(_BATCH, *shape)}"
        yield label, _one(lambda shape=shape: _floats(*shape))
        for count in (2, 3):
            yield (
                f"{count} of {label}",
                _one(
                    lambda shape=shape, count=count: [
                        _floats(*shape, seed=seed) for seed in range(count)
                    ]
                ),
            )
    yield from _whole()
    yield "image", _one(lambda: uniform(_BATCH, 8, 8, 3, low=0, high=1, seed=1))
    yield "a sequence in a dictionary", _one(lambda: {"inputs": _floats(5, 4)})
    yield TEXT, _one(lambda: np.asarray([["a", "b"], ["b", "c"]]))


def _whole() -> Iterator[tuple[str, Inputs]]:
    yield "tokens", _one(lambda: _tokens(5))
    yield "a token a row", _one(lambda: _tokens(1))
    yield "2 of a token a row", _one(lambda: [_tokens(1), _tokens(1, seed=2)])


def _shapes(name: str) -> list[tuple[int, ...]]:
    ranked = [
        shape for digit, shape in _BY_RANK.items() if digit.lower() in name.lower()
    ]
    if ranked and re.search(r"LSTM", name):  # a sequence of these
        ranked = [(3, *shape) for shape in ranked]
    return [*ranked, *_SHAPES]


def _several(
    found: Found, needed: list[inspect.Parameter]
) -> Iterator[tuple[str, Inputs]]:
    """For a call with several arguments, each of which says what it holds."""
    for shape in ((5, 4), (6,), (8, 8, 3)):

        def draw(built: Any, shape: tuple[int, ...] = shape) -> Arguments:
            drawn = [
                _named(parameter, shape, place, built, found)
                for place, parameter in enumerate(needed)
            ]
            return Arguments(tuple(drawn), {})

        yield f"floats {(_BATCH, *shape)} each", draw

    def rows(_: Any) -> Arguments:
        drawn = [
            integers(6, high=4, seed=place)
            if parameter.name.endswith(("ids", "indices"))
            else _floats(6, seed=place)
            for place, parameter in enumerate(needed)
        ]
        return Arguments(tuple(drawn), {})

    yield "rows, and an index of each column", rows


def _named(
    parameter: inspect.Parameter,
    shape: tuple[int, ...],
    seed: int,
    built: Any,
    found: Found,
) -> Any:
    name, words = parameter.name, parameter.name.lower().split("_")
    if name == "states" and hasattr(built, "get_initial_state"):
        return built.get_initial_state(batch_size=_BATCH)
    if words[-1] in _TOKENS:
        return _tokens(*shape[:-1] or (1,), seed=seed)
    if "mask" in words:
        return np.ones((_BATCH, *shape[:-1]), bool)
    if found.kind == "function" and seed and _scalar(parameter):
        return guesses(parameter, found.value)[0]()
    return _floats(*(shape[-1:] if hasattr(built, "state_size") else shape), seed=seed)


def _scalar(parameter: inspect.Parameter) -> bool:
    """Whether an argument of a function is a plain number or a name, not a tensor."""
    words = (
        "threshold",
        "value",
        "axis",
        "axes",
        "alpha",
        "rate",
        "size",
        "dim",
        "num",
    )
    plain = parameter.annotation in (
        int,
        float,
        bool,
        str,
        "int",
        "float",
        "bool",
        "str",
    )
    return plain or bool(set(parameter.name.lower().split("_")) & set(words))


def _pairs(found: Found, extra: list[Any]) -> Iterator[tuple[str, Inputs]]:
    """For what compares targets with predictions."""
    name = found.name.partition(":")[2]
    update = getattr(found.value, "update_state", None)
    if found.kind == "metric" and update and "y_pred" not in _parameters(update):
        yield "values", _one(lambda: _floats(3))
        return
    rows, classes = 4, 3

    def shares() -> Any:
        drawn = uniform(rows, classes, low=0.1, high=1, seed=2)
        return drawn / drawn.sum(axis=-1, keepdims=True)

    def hot() -> Any:
        return np.eye(classes, dtype="float32")[integers(rows, high=classes, seed=1)]

    def label() -> Any:
        return integers(rows, high=classes, seed=1)

    def chance(seed: int) -> Any:
        return uniform(rows, 1, low=0.05, high=0.95, seed=seed)

    pairs: dict[str, Callable[[], tuple[Any, ...]]] = {
        "one-hot targets and shares": lambda: (hot(), shares()),
        "labels and shares": lambda: (label(), shares()),
        "labels and labels": lambda: (label(), integers(rows, high=3, seed=2)),
        "binary targets and chances": lambda: (
            integers(rows, 1, high=2, seed=1).astype("float32"),
            chance(2),
        ),
        "images": lambda: (
            uniform(_BATCH, 8, 8, 3, low=0, high=1, seed=1),
            uniform(_BATCH, 8, 8, 3, low=0, high=1, seed=2),
        ),
        "labels and sequences": lambda: (
            1 + integers(_BATCH, 2, high=2, seed=1),
            _floats(6, 4),
        ),
        "embeddings": lambda: (label(), normal(rows, 4, seed=2)),
    }
    first = "labels and shares" if re.search("sparse", name, re.IGNORECASE) else ""
    for label_ in sorted(pairs, key=lambda each: each != first):
        make = pairs[label_]
        yield label_, lambda _, make=make: Arguments((*make(), *extra), {})


def _parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)
