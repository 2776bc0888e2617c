"""Recurrent layers step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["gru", "lstm", "scanned", "simple"]

Array = npt.NDArray[Any]
States = list[Array]
#: From the inputs of one step, the states and the weights to the next states; the first
#: one of these is what comes out.
Step = Callable[[Array, States, Mapping[str, Array]], States]


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def simple(x: Array, states: States, w: Mapping[str, Array]) -> States:
    """One step of SimpleRNN."""
    inner = states[0] @ w["recurrent_kernel"]
    return [np.tanh(x @ w["kernel"] + inner + w["bias"])]


def lstm(x: Array, states: States, w: Mapping[str, Array]) -> States:
    """One step of LSTM; its gates are input, forget, candidate and output."""
    state, carry = states
    whole = x @ w["kernel"] + state @ w["recurrent_kernel"] + w["bias"]
    enter, forget, candidate, leave = np.split(whole, 4, axis=-1)
    carry = _sigmoid(forget) * carry + _sigmoid(enter) * np.tanh(candidate)
    return [_sigmoid(leave) * np.tanh(carry), carry]


def gru(x: Array, states: States, w: Mapping[str, Array]) -> States:
    """One step of GRU, which resets after the product where it has two biases."""
    state, kernel, bias = states[0], w["recurrent_kernel"], w["bias"]
    outer, inner = bias if bias.ndim == 2 else (bias, 0 * bias)
    update, reset, candidate = np.split(x @ w["kernel"] + outer, 3, axis=-1)
    again = np.split(state @ kernel + inner, 3, axis=-1)
    update, reset = _sigmoid(update + again[0]), _sigmoid(reset + again[1])
    if bias.ndim == 2:
        recalled = reset * again[2]
    else:
        recalled = (reset * state) @ np.split(kernel, 3, axis=-1)[2]
    return [update * state + (1 - update) * np.tanh(candidate + recalled)]


def scanned(
    step: Step,
    count: int = 1,
    *,
    backwards: bool = False,
    sequences: bool = False,
    states: bool = False,
) -> Callable[..., Any]:
    """A layer that repeats the step over `(batch, steps, features)`.

    Args:
        step: The step.
        count: How many states it has.
        backwards: Whether the last step comes first.
        sequences: Whether what comes out at each step is returned.
        states: Whether the last states are, too.
    """

    def layer(
        x: Array,
        *,
        weights: Mapping[str, Array],
        mask: Array | None = None,
        initial_state: Any = None,
    ) -> Any:
        units = weights["recurrent_kernel"].shape[0]
        if initial_state is None:
            now = [np.zeros((len(x), units)) for _ in range(count)]
        else:
            now = initial_state if isinstance(initial_state, list) else [initial_state]
        seen = np.ones(x.shape[:2], bool) if mask is None else np.asarray(mask, bool)
        out, last = [], np.zeros((len(x), units))
        order = range(x.shape[1])[::-1] if backwards else range(x.shape[1])
        for at in order:
            shown = seen[:, at, None]
            fresh = step(x[:, at], now, weights)
            now = [np.where(shown, a, b) for a, b in zip(fresh, now, strict=True)]
            last = np.where(shown, fresh[0], last)
            out.append(last)
        found = np.stack(out, axis=1) if sequences else last
        return [found, *now] if states else found

    return layer
