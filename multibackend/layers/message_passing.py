"""`MessagePassing`: nodes send messages along edges, gather them and are updated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from multibackend._arguments import flag, known_size, one_of, positive_integer
from multibackend.layers._segments import (
    edge_format_of,
    edge_mask_of,
    endpoints,
    refuse_other_shapes,
    segment_max,
    segment_mean,
    segment_sum,
)

__all__ = ["MessagePassing"]

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="multibackend")
class MessagePassing(keras.layers.Layer):
    """Updates each node by an aggregate of messages along the edges that lead to it.

    `y_i = activation(x_i @ node_kernel + aggregate_i @ aggregate_kernel + bias)`, where
    `aggregate_i` is the sum, mean or maximum of the messages `m_ij` from the senders `j`
    of the edges to `i`, and zero for a node without such edges. With `f_ij` for the
    features of the edge, a message is

    - `"mlp"`: `message_activation(x_j @ sender_kernel + x_i @ receiver_kernel +
      f_ij @ edge_kernel + message_bias)`, a dense layer of sender, receiver and edge;
    - `"edge_network"`: `message_activation(matrix(f_ij) @ x_j)`, where
      `matrix(f) = f @ edge_kernel + edge_bias`, of shape `(message_units, input_dim)`.

    Kernels start as Glorot's uniform draws, biases at zero. The layer takes no Keras
    mask, which would mark steps: `edge_mask` marks edges.

    Args:
        units: The size of the output's last axis, a positive integer.
        message_units: The size of a message; `units` by default.
        message: `"mlp"` or `"edge_network"`; the latter needs features of edges.
        aggregation: `"sum"`, `"mean"` or `"max"`. Where several messages are the
            largest they share the gradient evenly.
        message_activation: What is applied to each message: a name, a function, or
            `None`.
        activation: What is applied to each output, likewise.
        use_bias: Whether biases are added.
        edge_format: `"pairs"` for edges of shape `(edges, 2)`, `"rows"` for `(2, edges)`.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: `[nodes, edges]` or `[nodes, edges, edge_features]`: floats, the integer
            ids of sender and receiver of each edge, and floats.
        edge_mask: Optional booleans `(edges,)`; an edge with `False` is not there, and
            its ids may be anything.

    Returns:
        A tensor in the compute dtype of the layer. Sums over edges are taken in float32
        at least.

    Raises:
        ValueError: An argument is none of the above, or the inputs do not fit; an id
            outside of the nodes is seen where the tensors have values, not while a
            graph is traced.

    Input shape:
        `[(nodes, input_dim), (edges, 2), (edges, edge_dim)]`, the last one optional; both
        counts may be unknown.

    Output shape:
        `(nodes, units)`.

    Reference:
        Justin Gilmer, Samuel S. Schoenholz, Patrick F. Riley, Oriol Vinyals, George E.
        Dahl, 2017. Neural Message Passing for Quantum Chemistry.
        https://arxiv.org/abs/1704.01212

    Example:
    >>> import keras
    >>> nodes = keras.ops.ones((3, 5))
    >>> edges = keras.ops.convert_to_tensor([[0, 1], [1, 0]])
    >>> layer = MessagePassing(4, aggregation="max")
    >>> keras.ops.shape(layer([nodes, edges]))
    (3, 4)
    """

    def __init__(
        self,
        units: int,
        message_units: int | None = None,
        message: str = "mlp",
        aggregation: str = "sum",
        message_activation: str | Callable[..., Any] | None = "relu",
        activation: str | Callable[..., Any] | None = None,
        *,
        use_bias: bool = True,
        edge_format: str = "pairs",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer(
            "units", units, "It is the size of the output's last axis."
        )
        self.message_units = positive_integer(
            "message_units",
            units if message_units is None else message_units,
            "It is the size of a message.",
        )
        self.message = one_of(
            "message", message, ("mlp", "edge_network"), "It says how messages arise."
        )
        self.aggregation = one_of(
            "aggregation",
            aggregation,
            ("sum", "mean", "max"),
            "It says how the messages to a node become one.",
        )
        self.message_activation: Callable[..., Any] = keras.activations.get(
            message_activation
        )
        self.activation: Callable[..., Any] = keras.activations.get(activation)
        self.use_bias = flag("use_bias", use_bias, "It says whether biases are added.")
        self.edge_format = edge_format_of(edge_format)

    def build(self, input_shape: Sequence[Shape]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        nodes, edges, features = self._parts(input_shape)
        self._refuse_shapes(nodes, edges, features)
        why = "The kernels' sizes depend on it: name it."
        dim = known_size(nodes, -1, why)
        edge_dim = None if features is None else known_size(features, -1, why)
        sizes = self.message_units
        if self.message == "mlp":
            self.sender_kernel = self._kernel("sender_kernel", dim, sizes)
            self.receiver_kernel = self._kernel("receiver_kernel", dim, sizes)
            self.message_bias = self._bias("message_bias", sizes)
        else:
            sizes *= dim
            self.edge_bias = self._bias("edge_bias", sizes)
        if edge_dim is not None:
            self.edge_kernel = self._kernel("edge_kernel", edge_dim, sizes)
        self.node_kernel = self._kernel("node_kernel", dim, self.units)
        self.aggregate_kernel = self._kernel(
            "aggregate_kernel", self.message_units, self.units
        )
        self.bias = self._bias("bias", self.units)
        self._built_for = (dim, edge_dim)

    def _kernel(self, name: str, rows: int, columns: int) -> Any:
        return self.add_weight(
            name=name, shape=(rows, columns), initializer="glorot_uniform"
        )

    def _bias(self, name: str, size: int) -> Any:
        if not self.use_bias:
            return None
        return self.add_weight(name=name, shape=(size,), initializer="zeros")

    def call(self, inputs: Any, edge_mask: Any = None) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        nodes, edges, features = self._parts(inputs)
        self._refuse_shapes(
            nodes.shape, edges.shape, None if features is None else features.shape
        )
        mask = edge_mask_of(edge_mask, edges, self.edge_format)
        senders, receivers = endpoints(nodes, edges, self.edge_format, mask)
        if self.message == "mlp":
            messages = self._mlp(nodes, senders, receivers, features)
        else:
            messages = self._edge_network(nodes, senders, features)
        messages = self.message_activation(messages)  # (edges, message_units)
        count = keras.ops.shape(nodes)[0]
        gathered = self._aggregate(messages, receivers, count, mask)
        outputs = keras.ops.add(
            keras.ops.matmul(nodes, self.node_kernel),
            keras.ops.matmul(gathered, self.aggregate_kernel),
        )  # (nodes, units)
        return self.activation(_plus(outputs, self.bias))

    def _mlp(self, nodes: Any, senders: Any, receivers: Any, features: Any) -> Any:
        # A node is multiplied once, and not once for each of its edges.
        sent = keras.ops.matmul(nodes, self.sender_kernel)
        met = _plus(keras.ops.matmul(nodes, self.receiver_kernel), self.message_bias)
        # Not keras.ops.add, which fails on TensorFlow where there are no edges.
        messages = keras.ops.take(sent, senders, axis=0)
        messages = messages + keras.ops.take(met, receivers, axis=0)
        if features is None:
            return messages
        return messages + keras.ops.matmul(features, self.edge_kernel)

    def _edge_network(self, nodes: Any, senders: Any, features: Any) -> Any:
        flat = _plus(keras.ops.matmul(features, self.edge_kernel), self.edge_bias)
        matrices = keras.ops.reshape(flat, (-1, self.message_units, nodes.shape[-1]))
        sent = keras.ops.take(nodes, senders, axis=0)  # (edges, input_dim)
        return keras.ops.einsum("emd,ed->em", matrices, sent)

    def _aggregate(self, messages: Any, receivers: Any, count: Any, mask: Any) -> Any:
        if self.aggregation == "max":
            return segment_max(messages, receivers, count, mask)
        if self.aggregation == "mean":
            return segment_mean(messages, receivers, count, mask)
        if mask is not None:
            zeros = keras.ops.zeros_like(messages)
            kept = keras.ops.expand_dims(mask, -1)
            messages = keras.ops.where(kept, messages, zeros)
        return segment_sum(messages, receivers, count)

    def _parts(self, inputs: Any) -> tuple[Any, Any, Any]:
        """Nodes, edges and features of edges or `None`, or the shapes of these."""
        listed = isinstance(inputs, list | tuple)
        least = 3 if self.message == "edge_network" else 2
        if not listed or not least <= len(inputs) <= 3:
            also = "" if least == 3 else "[nodes, edges] or "
            message = (
                f"Expected inputs {also}[nodes, edges, edge_features], received "
                f"{len(inputs) if listed else 'one tensor'}. A mask is a keyword."
            )
            raise ValueError(message)
        nodes, edges, *rest = inputs
        return nodes, edges, rest[0] if rest else None

    def _refuse_shapes(
        self, nodes: Shape, edges: Shape, features: Shape | None
    ) -> None:
        refuse_other_shapes(nodes, edges, self.edge_format)
        count = edges[0 if self.edge_format == "pairs" else 1]
        if features is not None and (
            len(features) != 2
            or (None not in {features[0], count} and features[0] != count)
        ):
            message = (
                f"Expected edge features of shape ({count}, edge_dim), received "
                f"{tuple(features)}. They hold one row for each of the edges."
            )
            raise ValueError(message)
        given = (nodes[-1], None if features is None else features[-1])
        if self.built and given != self._built_for:
            message = (
                f"Expected nodes and edge features of widths {self._built_for}, received "
                f"{given}. The kernels were built for those widths."
            )
            raise ValueError(message)

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        """Returns `(nodes, units)`."""
        return (self._parts(input_shape)[0][0], self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "message_units": self.message_units,
            "message": self.message,
            "aggregation": self.aggregation,
            "message_activation": keras.activations.serialize(self.message_activation),
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "edge_format": self.edge_format,
        }


def _plus(values: Any, bias: Any) -> Any:
    return values if bias is None else keras.ops.add(values, bias)
