"""Cases: the LSTM with peepholes, one step and one unit at a time in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _run(x: Array, mask: Array | None, weights: Weights, path: str = "") -> Array:
    """The output at every step; a masked one repeats the output before it."""
    kernel, recurrent = weights[f"{path}kernel"], weights[f"{path}recurrent_kernel"]
    peephole = weights[f"{path}peephole"]
    bias = weights.get(f"{path}bias", np.zeros(kernel.shape[1]))
    batch, steps, _ = x.shape
    units = kernel.shape[1] // 4
    outputs = np.zeros((batch, steps, units))
    for row in range(batch):
        output, cell = np.zeros(units), np.zeros(units)
        for step in range(steps):
            if mask is None or mask[row, step]:
                parts = x[row, step] @ kernel + output @ recurrent + bias
                i, f, c, o = (parts[k * units : (k + 1) * units] for k in range(4))
                enters = _sigmoid(i + peephole[0] * cell)
                stays = _sigmoid(f + peephole[1] * cell)
                cell = stays * cell + enters * np.tanh(c)
                output = _sigmoid(o + peephole[2] * cell) * np.tanh(cell)
            outputs[row, step] = output
    return outputs


def peephole(*, sequences: bool = True) -> Callable[..., Any]:
    """The formula of `keras.layers.RNN(PeepholeLSTMCell(...))`."""

    def reference(x: Array, *, weights: Weights, mask: Array | None = None) -> Array:
        outputs = _run(x, mask, weights)
        return outputs if sequences else outputs[:, -1]

    return reference


def _both(x: Array, *, weights: Weights, mask: Array | None = None) -> Array:
    """Both directions, side by side; the backward one in the order of the steps."""
    back = None if mask is None else mask[:, ::-1]
    ways = [
        next(name for name in weights if way in name).rpartition("/")[0] + "/"
        for way in ("forward", "backward")
    ]
    forward = _run(x, mask, weights, ways[0])
    backward = _run(x[:, ::-1], back, weights, ways[1])
    return np.concatenate([forward, backward[:, ::-1]], axis=-1)


def _no_peephole() -> Mapping[str, Any]:
    """What three units over 4 inputs refuse, and what cannot be made at all."""
    from multibackend.layers import PeepholeLSTMCell

    return {
        "other width": normal(2, 5, 3),
        "no units": lambda: PeepholeLSTMCell(0),
        "no such activation": lambda: PeepholeLSTMCell(3, "tangent"),
        "bias is no flag": lambda: PeepholeLSTMCell(3, use_bias=None),  # pyright: ignore[reportArgumentType]
    }


@case(reference=peephole(), bad=_no_peephole)
def peephole_lstm() -> Any:
    import keras

    from multibackend.layers import PeepholeLSTMCell

    layer = keras.layers.RNN(PeepholeLSTMCell(3), return_sequences=True)
    return layer, normal(2, 5, 4)


@variant(reference=peephole(sequences=False))
def peephole_lstm_masked() -> Any:
    import keras

    from multibackend.layers import PeepholeLSTMCell

    mask = array([[True, True, False, True, False], [True, False, False, False, False]])
    layer = keras.layers.RNN(PeepholeLSTMCell(3))
    return layer, arguments(normal(2, 5, 4), mask=mask)


@case(reference=peephole())
def peephole_lstm_stateful() -> Any:
    import keras

    from multibackend.layers import PeepholeLSTMCell

    cell = PeepholeLSTMCell(3, unit_forget_bias=False)
    layer = keras.layers.RNN(cell, return_sequences=True, stateful=True)
    return layer, normal(2, 5, 4)


@variant(reference=_both)
def peephole_lstm_both_directions() -> Any:
    import keras

    from multibackend.layers import PeepholeLSTMCell

    rnn = keras.layers.RNN(PeepholeLSTMCell(3), return_sequences=True)
    return keras.layers.Bidirectional(rnn), normal(2, 5, 4)


@variant(reference=peephole())
def peephole_lstm_single() -> Any:
    import keras

    from multibackend.layers import PeepholeLSTMCell

    cell = PeepholeLSTMCell(1, use_bias=False)
    return keras.layers.RNN(cell, return_sequences=True), normal(1, 1, 1)
