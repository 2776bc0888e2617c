"""`Compiled`: which graph serves which call, and what runs without one."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import keras

from multibackend.autodiff._scope import active
from multibackend.tracing.errors import TraceError, UntraceableError
from multibackend.tracing.leaves import Static, flatten, pack
from multibackend.tracing.settings import positional, settings
from multibackend.tracing.structure import Structure

__all__ = ["Compiled"]

_TRACING = ("torch", "jax", "tensorflow")


class Compiled:
    """A function that `jit` made; it is called as the function is.

    Attributes:
        traces: How many graphs were made so far.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        *,
        static_argnames: str | Sequence[str] = (),
        optimize: str | None = None,
        strict: bool = False,
        cache_size: int = 8,
    ) -> None:
        if not callable(fn):
            message = f"Expected a function, received {fn!r}. Use `@jit` on a `def`."
            raise TraceError(message)
        _ = functools.update_wrapper(self, fn, updated=())
        self.traces = 0
        self._fn = fn
        self._name: str = getattr(fn, "__name__", "the function")
        self._settings = settings(
            fn, static_argnames, optimize, strict=strict, cache_size=cache_size
        )
        self._served: OrderedDict[Any, _Graph | _Eager] = OrderedDict()
        self._framework = _framework()

    @property
    def notes(self) -> list[str]:
        """Why calls run without a graph or without fused code; empty where all do."""
        return [each.note for each in self._served.values() if each.note]

    def clear(self) -> None:
        """Forgets all graphs: the next call traces anew."""
        self._served.clear()

    def wait(self) -> None:
        """Returns when fused code is in place, for each graph that is to have some."""
        for served in self._served.values():
            served.wait()

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A method: one compiled function for each object."""
        if instance is None:
            return self
        name = f"_compiled_{self._name}_{id(self)}"
        bound = instance.__dict__.get(name)
        if bound is None:
            method = functools.partial(self._fn, instance)
            bound = Compiled(method, **dataclasses.asdict(self._settings))
            instance.__dict__[name] = bound
        return bound

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function, by a graph where it can."""
        # Somebody else traces or differentiates: be part of it.
        if self._framework is None or active():
            return self._fn(*args, **kwargs)
        given = (
            self._marked(args, kwargs)
            if self._settings.static_argnames
            else (args, kwargs)
        )
        arrays: list[Any] = []
        key = flatten(given, arrays)
        if self._framework.inlines(arrays):
            return self._fn(*args, **kwargs)
        served = self._served.get(key)
        if served is None or not served.fits():
            served = self._served[key] = self._trace(given, arrays)
            if len(self._served) > self._settings.cache_size:
                _ = self._served.popitem(last=False)
        elif len(self._served) > 1:
            self._served.move_to_end(key)
        return served(arrays)

    def _trace(self, given: Any, arrays: list[Any]) -> _Graph | _Eager:
        def call(tensors: list[Any]) -> Any:
            args, kwargs = pack(given, iter(tensors))
            return self._fn(*args, **kwargs)

        self.traces += 1
        try:
            program = self._framework.Program(
                call, arrays, optimize=self._settings.optimize
            )
        except TraceError:
            # Starts what the function has made, so that it may be used after all.
            with keras.StatelessScope():
                pass
            raise
        except Exception as error:
            # What is wrong without a graph too is told by the eager run.
            reason = str(error) if isinstance(error, UntraceableError) else _told(error)
            message = f"{self._name} cannot be traced and runs eagerly: {reason}"
            if self._settings.strict:
                raise RuntimeError(message) from error
            return _Eager(call, message)
        return _Graph(program, Structure(self._fn, given, program.variables))

    def _marked(self, args: Any, kwargs: Any) -> Any:
        """The arguments, those that are part of the graph wrapped."""
        names = self._settings.static_argnames
        positions = [i for i, name in enumerate(positional(self._fn)) if name in names]
        args = tuple(
            Static(each, by_value=True) if i in positions else each
            for i, each in enumerate(args)
        )
        kwargs = {
            name: Static(each, by_value=True) if name in names else each
            for name, each in kwargs.items()
        }
        return args, kwargs


class _Graph:
    """A graph, and what it was made for."""

    def __init__(self, program: Any, structure: Structure) -> None:
        self._program = program
        self.fits = structure.same

    @property
    def note(self) -> str | None:
        return self._program.note

    def wait(self) -> None:
        self._program.wait()

    def __call__(self, arrays: list[Any]) -> Any:
        return self._program(arrays)


class _Eager:
    """The function itself, since it has no graph."""

    def __init__(self, call: Callable[[list[Any]], Any], note: str) -> None:
        self._call = call
        self._said = False
        self.note = note

    def fits(self) -> bool:
        return True

    def wait(self) -> None:
        pass

    def __call__(self, arrays: list[Any]) -> Any:
        returned = self._call([keras.ops.convert_to_tensor(a) for a in arrays])
        if not self._said:
            self._said = True
            warnings.warn(self.note, RuntimeWarning, stacklevel=3)
        return returned


def _framework() -> Any:
    name = keras.config.backend()
    if name not in _TRACING:
        return None
    return importlib.import_module(f"multibackend.tracing._{name}")


def _told(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}"
