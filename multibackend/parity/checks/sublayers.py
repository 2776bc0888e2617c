"""The layers inside a layer or model, each under a path that users recognise.

Only public means: `layers` of a Sequential or functional model, and the attributes of
every other layer. The paths are the same on every backend and in every process.
"""

from __future__ import annotations

import functools
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from multibackend.weights import plain

__all__ = ["everything", "sublayers"]


def everything(whole: Any) -> list[Any]:
    """A layer or model and every layer inside it."""
    return [whole, *sublayers(whole).values()]


def sublayers(whole: Any) -> dict[str, Any]:
    """Finds every layer inside a layer, at any depth.

    Args:
        whole: A layer or model; anything else holds no layers.

    Returns:
        The layers by path: attributes by their name (`encoder`, `blocks/0`,
        `towers/left`), layers of a functional or Sequential model by their layer name
        without Keras' counter (`dense`, the second one `dense #2`). A layer that is
        held twice has the shorter path.

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(2)])
    >>> list(sublayers(keras.Sequential([inner, keras.layers.Dense(1)])))
    ['sequential', 'dense', 'sequential/dense', 'sequential/dense #2']
    """
    if not isinstance(whole, keras.layers.Layer):
        return {}
    found: dict[str, Any] = {}
    seen = {id(whole)}
    waiting = deque([("", whole)])
    while waiting:
        prefix, layer = waiting.popleft()
        for name, part in _children(layer):
            if id(part) not in seen:
                seen.add(id(part))
                found[prefix + name] = part
                waiting.append((f"{prefix}{name}/", part))
    return found


def _children(layer: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(layer, keras.Sequential | keras.Function):
        return _by_name(layer.layers)
    return _by_attribute(layer)


def _by_name(layers: list[Any]) -> Iterator[tuple[str, Any]]:
    seen: Counter[str] = Counter()
    for layer in layers:
        name = _given_name(layer)
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name} #{seen[name]}"), layer


def _given_name(layer: Any) -> str:
    """The name that the user gave, or the one Keras made, without its counter."""
    made = plain(layer.name)
    if made.replace("_", "") == type(layer).__name__.replace("_", "").lower():
        return made
    return str(layer.name)


def _by_attribute(layer: Any) -> Iterator[tuple[str, Any]]:
    """Public attributes first, and lone layers before lists of layers.

    What every layer has, such as Keras' own list of what it tracks, names nothing.
    """
    held = {**_modules(layer), **vars(layer)}
    names = sorted(set(held) - _of_any_layer(), key=_public_first)
    for name in names:
        if isinstance(held[name], keras.layers.Layer):
            yield name, held[name]
    for name in names:
        if not isinstance(held[name], keras.layers.Layer):
            yield from _inside(name, held[name])


@functools.cache
def _of_any_layer() -> frozenset[str]:
    return frozenset(vars(keras.layers.Layer()))


def _public_first(name: str) -> tuple[bool, str]:
    return name.startswith("_"), name


def _modules(layer: Any) -> dict[str, Any]:
    """On torch a layer is a module, which keeps its parts apart from attributes."""
    children = getattr(layer, "named_children", None)
    return dict(children()) if children else {}


def _inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The layers in lists, tuples and dictionaries, however deep."""
    if isinstance(value, keras.layers.Layer):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _inside(f"{name}/{key}", item)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _inside(f"{name}/{place}", item)
