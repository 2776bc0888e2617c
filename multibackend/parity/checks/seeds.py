"""Where random numbers come from: the seed generators an object owns, or the framework.

Keras draws by seed generators, whose states are variables. On torch its dropout without
a seed and a noise shape leaves them alone and takes the framework's own generator
(3.15.1), so that the seeds alone do not tell whether anything was drawn.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import keras

from multibackend.parity.checks.reached import reached

__all__ = ["generator_state", "seed_states"]


def generator_state() -> bytes:
    """The state of the framework's own generator; empty where it has none to show."""
    if keras.config.backend() != "torch":
        return b""
    return importlib.import_module("multibackend.parity.checks._draws_torch").state()


def seed_states(target: Any) -> list[Any]:
    """The variables that hold the seeds of an object, each once.

    A layer or model lists its own. A function is searched: what it closes over, the
    module's names that it uses, what a `partial` holds, the object of a method.

    Args:
        target: A layer, a model or a function.
    """
    found: dict[int, Any] = {}
    for one in reached(target, _inside):
        if isinstance(one, keras.random.SeedGenerator):
            found[id(one.state)] = one.state
        elif isinstance(one, keras.layers.Layer):
            seeds = [v for v in one.variables if "seed_generator_state" in v.path]
            found |= {id(seed): seed for seed in seeds}
    return list(found.values())


def _inside(one: Any) -> Iterable[Any]:
    if isinstance(one, keras.random.SeedGenerator | keras.layers.Layer):
        return ()  # they list their seeds themselves
    if isinstance(one, Mapping):
        return one.values()
    if isinstance(one, list | tuple | set | frozenset):
        return one
    if isinstance(one, partial):
        return [one.func, *one.args, *one.keywords.values()]
    if isinstance(one, MethodType):
        return [one.__func__, one.__self__]
    if isinstance(one, FunctionType):
        used = inspect.getclosurevars(one)
        return [*used.nonlocals.values(), *used.globals.values()]
    # Of all other objects only those that are called: the rest of the world is large.
    if callable(one) and not inspect.isclass(one) and hasattr(one, "__dict__"):
        return vars(one).values()
    return ()
