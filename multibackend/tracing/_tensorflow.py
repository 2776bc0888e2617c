"""TensorFlow: a `tf.function`, whose variables are state by themselves; XLA where it can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from multibackend.tracing.errors import TraceError
from multibackend.tracing.outputs import Outputs

__all__ = ["Program", "inlines"]

Call = Callable[[list[Any]], Any]


def inlines(arrays: Sequence[Any]) -> bool:  # noqa: ARG001 - as on JAX
    """Whether somebody else traces, so that the function just runs."""
    return tf.inside_function()


class Program:
    """A compiled function.

    Attributes:
        variables: Nothing: TensorFlow finds its variables by itself.
        note: Why XLA does not compile the function, or `None`.
    """

    def __init__(self, call: Call, arrays: Sequence[Any], *, optimize: str) -> None:
        self.variables: list[Any] = []
        self.note: str | None = None
        self._call = call
        self._outputs = Outputs()
        tensors = [keras.ops.convert_to_tensor(array) for array in arrays]
        self._specs = [tf.TensorSpec(each.shape, each.dtype) for each in tensors]
        self._by_xla = optimize != "never"
        self._run = self._traced()

    def wait(self) -> None:
        """Returns at once: compiling is part of the first call."""

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """Runs the function; the variables hold their new values afterwards."""
        tensors = [keras.ops.convert_to_tensor(array) for array in arrays]
        try:
            outputs = self._run(*tensors)
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
            if not self._by_xla:
                raise
            # XLA refuses before anything has run.
            self.note = str(error.message).strip().partition("\n")[0]
            self._by_xla = False
            self._run = self._traced()
            outputs = self._run(*tensors)
        return self._outputs.packed(outputs)

    def _traced(self) -> Any:
        def pure(*arrays: Any) -> list[Any]:
            with tf.variable_creator_scope(_refuse):
                return self._outputs.taken(self._call(list(arrays)))

        compiled = tf.function(pure, autograph=False, jit_compile=self._by_xla)
        return compiled.get_concrete_function(*self._specs)


def _refuse(_: Any, **given: Any) -> Any:
    message = (
        "Expected every Keras object to exist, and to be built, before the compiled "
        f"function runs, but it makes the variable {given.get('name')!r}. Make and "
        "build the layer, optimizer or metric outside: call it once, or `build()` it."
    )
    raise TraceError(message)


def dry(fn: Callable[[], Any]) -> None:
    """Traces a function, for what it does besides."""

    def run() -> None:
        fn()

    tf.function(run, autograph=False).get_concrete_function()
