"""Twins of the recurrent layers and of the conditional random field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twins import Twin

_BATCH, _STEPS, _WIDTH = 8, 128, 64
# A state of this many numbers for each channel, as in Mamba.
_STATE = 16


def _steps(width: int = _WIDTH) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(_BATCH, _STEPS, width)).astype("float32")


def _recurrence(name: str) -> Callable[[], tuple[Any, Any, tuple[Any, ...]]]:
    """A gated layer of the same size whose gates look at the state."""

    def make() -> tuple[Any, Any, tuple[Any, ...]]:
        import keras

        from multibackend import layers

        ours = getattr(layers, name)(_WIDTH, return_sequences=True)
        theirs = keras.layers.GRU(_WIDTH, return_sequences=True, use_cudnn=False)
        return ours, theirs, (_steps(),)

    return make


def _selective() -> tuple[Any, Any, tuple[Any, ...]]:
    """The same formula by the associative scan of Keras."""
    import keras

    from multibackend.layers import SelectiveScan

    def both(first: Any, second: Any) -> Any:
        return first[0] * second[0], second[0] * first[1] + second[1]

    class Theirs(keras.layers.Layer):
        def build(self, input_shape: tuple[int | None, ...]) -> None:
            width = int(input_shape[-1] or 0)
            self.parts = keras.layers.Dense(2 * _STATE, use_bias=False)
            self.delta = keras.Sequential(
                [
                    keras.layers.Dense(width // 16, use_bias=False),
                    keras.layers.Dense(width, "softplus"),
                ]
            )
            self.parts.build(input_shape)
            self.delta.build(input_shape)
            self.decay = self.add_weight(name="decay", shape=(width, _STATE))
            self.skip = self.add_weight(name="skip", shape=(width,))

        def call(self, inputs: Any) -> Any:
            entrance, exit_ = keras.ops.split(self.parts(inputs), 2, axis=-1)
            delta = keras.ops.expand_dims(self.delta(inputs), -1)
            factors = keras.ops.exp(-delta * keras.ops.exp(self.decay))
            terms = delta * keras.ops.expand_dims(inputs, -1)
            terms = terms * keras.ops.expand_dims(entrance, -2)
            pair = (factors, terms)
            states = keras.ops.associative_scan(both, pair, axis=1)[1]
            read = keras.ops.matmul(states, keras.ops.expand_dims(exit_, -1))
            return keras.ops.squeeze(read, -1) + inputs * self.skip

    return SelectiveScan(_STATE), Theirs(), (_steps(),)


def _peephole() -> tuple[Any, Any, tuple[Any, ...]]:
    """The same loop over the cell of Keras, which does less: it has no peepholes.

    Ours multiplies and adds three times more in each step, each over the whole cell:
    17 elementwise operations forward where the twin has 11.
    """
    import keras

    from multibackend.layers import PeepholeLSTMCell

    ours, theirs = (
        keras.layers.RNN(cell(_WIDTH), return_sequences=True)
        for cell in (PeepholeLSTMCell, keras.layers.LSTMCell)
    )
    return ours, theirs, (_steps(),)


def _crf() -> tuple[Any, Any, tuple[Any, ...]]:
    """The sum over all paths, which is what takes the time; no other layer has it."""
    import keras

    from multibackend.layers import LinearChainCRF

    tags = 16
    emissions = keras.Input((_STEPS, tags))
    total = LinearChainCRF(tags)(emissions, output="log_partition")
    return keras.Model(emissions, total), None, (_steps(tags),)


TWINS = [
    Twin("LinearRecurrence", "keras.layers.GRU", _recurrence("LinearRecurrence")),
    Twin("MinGRU", "keras.layers.GRU", _recurrence("MinGRU")),
    # On TensorFlow what `associative_scan` returns in a graph has no known shape.
    Twin(
        "SelectiveScan",
        "the same by keras.ops.associative_scan",
        _selective,
        ("torch", "jax"),
    ),
    Twin(
        "PeepholeLSTMCell",
        "keras.layers.LSTMCell, without peepholes, in the same RNN",
        _peephole,
    ),
    Twin("LinearChainCRF", "", _crf),
]
