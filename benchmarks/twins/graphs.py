"""Twins of the layers on edge lists: dense layers, `take` and `segment_sum` of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import integers, normal
from twins import Twin

_NODES, _EDGES, _WIDTH = 2000, 16000, 64


def _graph() -> list[Any]:
    """Nodes, and edges between nodes drawn anew for each end."""
    nodes = normal(_NODES, _WIDTH, seed=1)
    return [nodes, np.asarray(integers(_EDGES, 2, high=_NODES, seed=2))]


def _convolution() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import GraphConvolution

    class Theirs(keras.layers.Layer):
        """Scales each message by both degrees, as the formula reads."""

        def build(self, input_shape: Any) -> None:
            self.dense = keras.layers.Dense(_WIDTH)
            self.dense.build(input_shape[0])

        def call(self, inputs: Any) -> Any:
            nodes, edges = inputs
            senders, receivers = edges[:, 0], edges[:, 1]
            mapped = self.dense(nodes)
            ones = keras.ops.ones((_EDGES,))
            degrees = keras.ops.segment_sum(ones, receivers, _NODES) + 1
            scale = keras.ops.rsqrt(degrees)
            both = keras.ops.take(scale, senders) * keras.ops.take(scale, receivers)
            messages = keras.ops.take(mapped, senders, axis=0) * both[:, None]
            sums = keras.ops.segment_sum(messages, receivers, _NODES)
            return sums + mapped * (scale * scale)[:, None]

    return GraphConvolution(_WIDTH), Theirs(), (_graph(),)


def _messages() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import MessagePassing

    class Theirs(keras.layers.Layer):
        """One dense layer over both ends of each edge, one over node and sum."""

        def build(self, input_shape: Any) -> None:
            self.message = keras.layers.Dense(_WIDTH, activation="relu")
            self.message.build((None, 2 * input_shape[0][-1]))
            self.update = keras.layers.Dense(_WIDTH)
            self.update.build((None, 2 * _WIDTH))

        def call(self, inputs: Any) -> Any:
            nodes, edges = inputs
            ends = [keras.ops.take(nodes, edges[:, side], axis=0) for side in (0, 1)]
            messages = self.message(keras.ops.concatenate(ends, axis=-1))
            sums = keras.ops.segment_sum(messages, edges[:, 1], _NODES)
            return self.update(keras.ops.concatenate([nodes, sums], axis=-1))

    return MessagePassing(_WIDTH), Theirs(), (_graph(),)


TWINS = [
    Twin(
        "GraphConvolution",
        "keras.layers.Dense, keras.ops.take and segment_sum",
        _convolution,
    ),
    Twin(
        "MessagePassing",
        "two keras.layers.Dense, keras.ops.take and segment_sum",
        _messages,
    ),
]
