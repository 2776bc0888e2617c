"""What a graph was made for besides its arguments: the layers, and who is trained."""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

__all__ = ["Structure", "objects"]

_TRAINABLE = operator.attrgetter("trainable")
_KERAS = (
    keras.Layer,
    keras.optimizers.Optimizer,
    keras.Metric,
    keras.Variable,
)


class Structure:
    """A picture of the Keras objects that a function uses, to be compared later.

    Args:
        fn: The function.
        given: Its arguments.
        variables: The variables that its graph reads; found in the objects by default.
    """

    def __init__(
        self, fn: Callable[..., Any], given: Any, variables: Sequence[Any] = ()
    ) -> None:
        found = objects(fn, given)
        self._models = [m for m in found if isinstance(m, keras.Model)]
        for model in self._models:  # grows while it is walked
            inner = [m for m in model.layers if isinstance(m, keras.Model)]
            self._models += [m for m in inner if m not in self._models]
        self._variables = list(variables) or _variables(found)
        self._before = self._now()

    def same(self) -> bool:
        """Whether nothing has changed since."""
        return self._now() == self._before

    def _now(self) -> tuple[Any, ...]:
        layers = [[id(layer) for layer in model.layers] for model in self._models]
        return layers, [*map(_TRAINABLE, self._variables)]


def objects(fn: Any, given: Any = ()) -> list[Any]:
    """The layers, optimizers, metrics and variables that a function can reach.

    Looked at are its closure, the globals it names, its defaults, the object that it is
    a method of and that object's attributes, and its arguments.
    """
    found: dict[int, Any] = {}
    seen: set[int] = set()
    waiting: list[tuple[Any, int]] = [(fn, 0), (given, 0)]
    while waiting:
        each, depth = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, _KERAS):
            found[id(each)] = each
        waiting += [(inner, depth + 1) for inner in _inside(each, depth)]
    return list(found.values())


def _inside(each: Any, depth: int) -> Iterator[Any]:
    if isinstance(each, functools.partial):
        yield from (each.func, *each.args, *each.keywords.values())
    elif isinstance(each, types.MethodType):
        yield from (each.__self__, each.__func__)
    elif isinstance(each, types.FunctionType):
        yield from (_content(cell) for cell in each.__closure__ or ())
        yield from each.__defaults__ or ()
        names = _names(each.__code__)
        yield from (each.__globals__[n] for n in names if n in each.__globals__)
    elif isinstance(each, tuple | list | set):
        yield from each
    elif isinstance(each, dict):
        yield from each.values()
    elif hasattr(each, "__wrapped__"):
        yield each.__wrapped__
    elif depth <= 2 and not isinstance(each, (*_KERAS, type, types.ModuleType)):
        yield from getattr(each, "__dict__", {}).values()


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _variables(found: Sequence[Any]) -> list[Any]:
    each: dict[int, Any] = {}
    for thing in found:
        own = [thing] if isinstance(thing, keras.Variable) else thing.variables
        each |= {id(variable): variable for variable in own}
    return list(each.values())
