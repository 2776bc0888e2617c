"""JAX: one `jax.jit` of the function over its state, which is given away and replaced."""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from multibackend.tracing._private import raw, store, values
from multibackend.tracing.lifting import Lifting
from multibackend.tracing.outputs import Outputs

__all__ = ["Program", "inlines"]

Call = Callable[[list[Any]], Any]


def inlines(arrays: Sequence[Any]) -> bool:
    """Whether somebody else traces, so that the function just runs."""
    return any(map(_traced, arrays))


def _traced(array: Any) -> bool:
    return isinstance(array, jax.core.Tracer)


class Program:
    """A compiled function, and the variables that it reads and writes."""

    #: Why the function is not optimised: it always is.
    note: str | None = None

    def __init__(self, call: Call, arrays: Sequence[Any], *, optimize: str) -> None:  # noqa: ARG002 - as on PyTorch
        lifted, updated = _read(call, arrays)
        self._updated = list(updated.values())
        self._only_read = [v for v in lifted.values() if id(v) not in updated]
        self.variables = [*self._updated, *self._only_read]
        self._outputs = Outputs()
        # The old state is dead as soon as the new one is there: its memory is reused.
        self._run = jax.jit(self._pure(call), donate_argnums=0)
        # Here, where an error still means that there is no graph. The call finds it.
        state, rest = map(values, (self._updated, self._only_read))
        _ = self._run.trace(state, rest, list(arrays))

    def wait(self) -> None:
        """Returns at once: compiling is part of the first call."""

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """Runs the function; the variables hold their new values afterwards."""
        state, rest = values(self._updated), values(self._only_read)
        outputs, new = self._run(_apart(state, [*rest, *arrays]), rest, arrays)
        store(self._updated, new)
        return self._outputs.packed(outputs)

    def _pure(self, call: Call) -> Callable[..., Any]:
        def pure(state: list[Any], rest: list[Any], arrays: list[Any]) -> Any:
            values = dict(zip(map(id, self.variables), [*state, *rest], strict=True))
            # A variable that the function did not read before is a constant now, as
            # everything else outside is.
            with Lifting(lambda v: values.get(id(v), raw(v))) as scope:
                outputs = self._outputs.taken(call(arrays))
            return outputs, [scope.get_current_value(v) for v in self._updated]

        return pure


def _read(call: Call, arrays: Sequence[Any]) -> tuple[dict[int, Any], dict[int, Any]]:
    """What the function reads, and what it updates; nothing is computed."""
    scope = Lifting(raw)

    def run(arrays: list[Any]) -> list[Any]:
        with scope:
            return Outputs().taken(call(arrays))

    jax.eval_shape(run, list(arrays))
    return scope.lifted, scope.updated


def _apart(state: list[Any], kept: list[Any]) -> list[Any]:
    """The state to give away, with copies of what is in it twice or needed elsewhere."""
    given = {*map(id, state)}
    if len(given) == len(state) and given.isdisjoint(map(id, kept)):
        return state
    seen = {*map(id, kept)}
    own: list[Any] = []
    for array in state:
        own.append(array.copy() if id(array) in seen else array)
        seen.add(id(array))
    return own


def dry(fn: Callable[[], Any]) -> None:
    """Traces a function, for what it does besides."""

    def run() -> None:
        fn()

    jax.eval_shape(run)
