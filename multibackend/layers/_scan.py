"""The recurrence `h_t = a_t * h_{t-1} + b_t` over axis 1, in parallel and step by step.

Two steps of it are one step of the same kind, so pairs of steps are put together until
one is left (Blelloch 1990, "Prefix sums and their applications").
"""

from __future__ import annotations

import math
from typing import Any

import keras

from multibackend._loop import every_state

__all__ = ["METHODS", "linear_scan"]

METHODS = ("associative", "scan")

# How many steps are scanned at once where nobody knows how many there are.
_CHUNK = 32


def linear_scan(
    factors: Any, terms: Any, initial: Any = None, *, method: str = "associative"
) -> Any:
    """Returns every `h_t = factors_t * h_{t-1} + terms_t`.

    Args:
        factors: `(batch_size, steps, ...)`, all sizes behind the steps known.
        terms: A tensor of the same shape and dtype.
        initial: The state before the first step, `(batch_size, ...)`; zeros by default.
        method: `"associative"` takes a number of operations that grows with the
            logarithm of the steps; `"scan"` takes them one after the other.

    Returns:
        The states, in the shape of `terms`.
    """
    if initial is not None:
        first = keras.ops.expand_dims(initial, 1) * factors[:, :1] + terms[:, :1]
        terms = keras.ops.concatenate([first, terms[:, 1:]], axis=1)
    if method == "scan":
        return _one_by_one(factors, terms)
    return _halved(factors, terms) if terms.shape[1] else _chunked(factors, terms)


def _halved(factors: Any, terms: Any) -> Any:
    """The states from those of half as many steps, each of them two steps.

    `keras.ops.associative_scan` does the same, but computes in float32 on torch
    whatever it is given, and takes neither an unknown length nor, under XLA, an
    unknown batch on TensorFlow (Keras 3.15.1).
    """
    steps, *rest = terms.shape[1:]
    if steps == 1:
        return terms
    if steps % 2:
        states = _halved(factors[:, :-1], terms[:, :-1])
        last = factors[:, -1:] * states[:, -1:] + terms[:, -1:]
        return keras.ops.concatenate([states, last], axis=1)
    pairs = (-1, steps // 2, 2, *rest)
    factors = keras.ops.reshape(factors, pairs)
    terms = keras.ops.reshape(terms, pairs)
    even, odd = factors[:, :, 0], factors[:, :, 1]  # (batch_size, steps / 2, ...)
    at_even, at_odd = terms[:, :, 0], terms[:, :, 1]
    after = _halved(even * odd, odd * at_even + at_odd)  # the states at odd steps
    before = _later(after)
    states = keras.ops.stack([even * before + at_even, after], axis=2)
    return keras.ops.reshape(states, (-1, steps, *rest))


def _later(states: Any) -> Any:
    """The states one step later, zeros first."""
    zeros = keras.ops.zeros_like(states[:, :1])
    return keras.ops.concatenate([zeros, states[:, :-1]], axis=1)


def _chunked(factors: Any, terms: Any) -> Any:
    """The states where the number of steps is unknown, as in a graph of TensorFlow.

    Chunks of known length are scanned side by side, their ends one after the other.
    """
    rest = tuple(terms.shape[2:])
    batch, steps = keras.ops.shape(terms)[:2]
    chunks = (steps + (_CHUNK - 1)) // _CHUNK
    padding = [(0, 0), (0, _CHUNK - 1), *((0, 0) for _ in rest)]

    def cut(tensor: Any) -> Any:
        padded = keras.ops.pad(tensor, padding)[:, : chunks * _CHUNK]
        return keras.ops.reshape(padded, (-1, _CHUNK, *rest))

    factors, terms = cut(factors), cut(terms)  # (batch_size * chunks, _CHUNK, ...)
    inside = _halved(factors, terms)  # each chunk from a state of zero
    # What a chunk makes of the state before it: the product of the factors so far.
    zeros = keras.ops.zeros_like(factors[:, 1:])
    scale = _halved(factors, keras.ops.concatenate([factors[:, :1], zeros], axis=1))

    def apart(tensor: Any) -> Any:
        return keras.ops.reshape(tensor, (batch, -1, *rest))

    ends = _one_by_one(apart(scale[:, -1]), apart(inside[:, -1]))
    before = keras.ops.reshape(_later(ends), (-1, 1, *rest))
    states = keras.ops.reshape(inside + scale * before, (batch, -1, *rest))
    return states[:, :steps]


def _one_by_one(factors: Any, terms: Any) -> Any:
    """The states by a loop over the steps."""
    rest = tuple(terms.shape[2:])
    batch, steps = keras.ops.shape(terms)[:2]
    flat = (batch, steps, math.prod(rest))
    factors, terms = keras.ops.reshape(factors, flat), keras.ops.reshape(terms, flat)
    states = every_state(_step, (factors, terms), keras.ops.zeros_like(terms[:, 0]))
    return keras.ops.reshape(states, (batch, steps, *rest))


def _step(state: Any, inputs: Any) -> Any:
    factors, terms = inputs
    return factors * state + terms
