"""A loop over the steps of a sequence, for recurrences that must go one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import keras

__all__ = ["Step", "every_state"]

#: From a state `(batch_size, size)` and one step of each input to the next state.
Step = Callable[[Any, Sequence[Any]], Any]


def every_state(step: Step, inputs: Sequence[Any], state: Any) -> Any:
    """Returns the state after each step.

    Args:
        step: A function of a module: where nothing else changes, JAX finds what it
            compiled for it before.
        inputs: Tensors `(batch_size, steps, features)`, the number of features known.
        state: The state before the first step, `(batch_size, size)`.

    Returns:
        The states, `(batch_size, steps, size)`.
    """
    if keras.config.backend() == "tensorflow":
        return _by_layer(step, inputs, state)
    first = tuple(keras.ops.moveaxis(each, 1, 0) for each in inputs)
    _, states = keras.ops.scan(_body(step), state, first)
    return keras.ops.moveaxis(states, 0, 1)


@cache
def _body(step: Step) -> Callable[[Any, Any], Any]:
    """The step as `keras.ops.scan` takes it; the same object for the same step."""

    def body(state: Any, inputs: Any) -> Any:
        state = step(state, inputs)
        return state, state

    return body


def _by_layer(step: Step, inputs: Sequence[Any], state: Any) -> Any:
    """The same by `keras.layers.RNN`, for TensorFlow.

    There `keras.ops.scan` takes no unknown length, and its `tf.while_loop` names no
    `maximum_iterations`, without which XLA has no gradient (Keras 3.15.1):
    https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/tensorflow/core.py
    """
    widths = tuple(int(each.shape[-1]) for each in inputs)
    dtype = keras.backend.standardize_dtype(state.dtype)
    loop = _layer(step, widths, int(state.shape[-1]), dtype)
    joined = keras.ops.concatenate(list(inputs), axis=-1)
    return loop(joined, initial_state=[state])


@cache
def _layer(step: Step, widths: tuple[int, ...], size: int, dtype: str) -> Any:
    cell = _Cell(step, widths, size, dtype=dtype)
    return keras.layers.RNN(cell, return_sequences=True, dtype=dtype, name="steps")


class _Cell(keras.layers.Layer):
    """A step as a cell, which takes its inputs side by side and has no weights."""

    def __init__(
        self, step: Step, widths: tuple[int, ...], size: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._step = step
        self._ends = [sum(widths[: place + 1]) for place in range(len(widths) - 1)]
        self.state_size = self.output_size = size
        self.built = True

    def call(self, inputs: Any, states: Any) -> Any:
        parts = keras.ops.split(inputs, self._ends, axis=-1) if self._ends else [inputs]
        state = self._step(states[0], parts)
        return state, [state]
