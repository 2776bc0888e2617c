"""Controls: recurrent layers, and what wraps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from multibackend.inputs import mask, normal
from multibackend.parity.cases.case import arguments
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, steps

Weights = Mapping[str, Array]


def _simple(x: Array, *, weights: Weights) -> Array:
    state = np.zeros((len(x), 4))
    for step in range(x.shape[1]):
        state = np.tanh(
            x[:, step] @ weights["kernel"]
            + state @ weights["recurrent_kernel"]
            + weights["bias"]
        )
    return state


def _lstm(x: Array, *, weights: Weights) -> Array:
    """Gates in Keras' order: input, forget, candidate, output."""
    state, carry = np.zeros((len(x), 4)), np.zeros((len(x), 4))
    for step in range(x.shape[1]):
        whole = (
            x[:, step] @ weights["kernel"]
            + state @ weights["recurrent_kernel"]
            + weights["bias"]
        )
        enter, forget, candidate, leave = np.split(whole, 4, axis=1)
        kept = carry / (1 + np.exp(-forget))
        carry = kept + np.tanh(candidate) / (1 + np.exp(-enter))
        state = np.tanh(carry) / (1 + np.exp(-leave))
    return state


def _masked() -> Any:
    return arguments(steps(), mask=mask(2, 5))


CONTROLS: Table = {
    "simple_rnn": (lambda: (keras.layers.SimpleRNN(4), steps()), _simple),
    "simple_rnn_backwards": lambda: (
        keras.layers.SimpleRNN(4, go_backwards=True, return_sequences=True),
        steps(),
    ),
    "lstm": (lambda: (keras.layers.LSTM(4), steps()), _lstm),
    "lstm_masked": lambda: (
        keras.layers.LSTM(4, return_sequences=True, return_state=True),
        _masked(),
    ),
    "gru": lambda: (keras.layers.GRU(4), steps()),
    "gru_masked": lambda: (keras.layers.GRU(4, return_sequences=True), _masked()),
    "gru_from_a_state": lambda: (
        keras.layers.GRU(4),
        arguments(steps(), initial_state=normal(2, 4)),
    ),
    "bidirectional": lambda: (
        keras.layers.Bidirectional(
            keras.layers.GRU(4, reset_after=False, return_sequences=True),
            merge_mode="sum",
        ),
        steps(),
    ),
    "stacked_cells": lambda: (
        keras.layers.RNN([keras.layers.LSTMCell(4), keras.layers.GRUCell(4)]),
        steps(),
    ),
    "time_distributed": lambda: (
        keras.layers.TimeDistributed(keras.layers.Dense(4)),
        steps(),
    ),
    "lstm_cell": lambda: (
        keras.layers.LSTMCell(4),
        arguments(normal(2, 8), [normal(2, 4), normal(2, 4)]),
    ),
}

declare(CONTROLS)
