"""`GraphConvolution`: each node mixes what its neighbours hold, given an edge list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from multibackend._arguments import flag, known_size, positive_integer
from multibackend._precision import at_least_float32
from multibackend.layers._segments import (
    edge_format_of,
    edge_mask_of,
    endpoints,
    refuse_other_shapes,
    segment_sum,
)

__all__ = ["GraphConvolution"]


@keras.saving.register_keras_serializable(package="multibackend")
class GraphConvolution(keras.layers.Layer):
    """Sums the maps of a node and its neighbours, each divided by the root of its degree.

    `y = activation(D^-1/2 (A + I) D^-1/2 (x @ kernel) + bias)`. `A[i, j]` is the sum of
    the weights of the edges from `j` to `i`, `I` are self loops, and the degree `D[i]` is
    the sum of row `i` of `A + I`. An edge in a list of pairs leads from the first id to
    the second; an undirected graph lists both directions. A node of degree zero, which
    exists without self loops only, gets `activation(bias)`. The kernel
    `(input_dim, units)` starts as Glorot's uniform draws, the bias `(units,)` at zero.

    The layer takes no Keras mask, which would mark steps: `edge_mask` marks edges.

    Args:
        units: The size of the output's last axis, a positive integer.
        activation: What is applied to each output: a name such as `"relu"`, a
            function, or `None` for no activation.
        use_bias: Whether a bias is added.
        self_loops: Whether each node is a neighbour of itself, with weight 1. An edge
            from a node to itself counts besides.
        edge_format: `"pairs"` for edges of shape `(edges, 2)`, `"rows"` for `(2, edges)`.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A pair `[nodes, edges]`: floats, and the integer ids of sender and
            receiver of each edge.
        edge_weights: Optional floats `(edges,)`, 1 by default.
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
        `[(nodes, input_dim), (edges, 2)]`; both counts may be unknown.

    Output shape:
        `(nodes, units)`.

    Reference:
        Thomas N. Kipf, Max Welling, 2017. Semi-Supervised Classification with Graph
        Convolutional Networks. https://arxiv.org/abs/1609.02907

    Example:
    >>> import keras
    >>> nodes = keras.ops.ones((3, 5))
    >>> edges = keras.ops.convert_to_tensor([[0, 1], [1, 0]])
    >>> layer = GraphConvolution(2)
    >>> keras.ops.shape(layer([nodes, edges]))
    (3, 2)
    """

    def __init__(
        self,
        units: int,
        activation: str | Callable[..., Any] | None = None,
        *,
        use_bias: bool = True,
        self_loops: bool = True,
        edge_format: str = "pairs",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer(
            "units", units, "It is the size of the output's last axis."
        )
        self.activation: Callable[..., Any] = keras.activations.get(activation)
        self.use_bias = flag("use_bias", use_bias, "It says whether a bias is added.")
        self.self_loops = flag(
            "self_loops", self_loops, "It says whether a node is its own neighbour."
        )
        self.edge_format = edge_format_of(edge_format)

    def build(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        nodes, edges = _pair(input_shape)
        refuse_other_shapes(nodes, edges, self.edge_format)
        input_dim = known_size(nodes, -1, "The kernel's size depends on it: name it.")
        self.kernel = self.add_weight(
            name="kernel", shape=(input_dim, self.units), initializer="glorot_uniform"
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer="zeros"
            )

    def call(self, inputs: Any, edge_weights: Any = None, edge_mask: Any = None) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        nodes, edges = _pair(inputs)
        refuse_other_shapes(nodes.shape, edges.shape, self.edge_format)
        self._refuse_other_width(nodes)
        mask = edge_mask_of(edge_mask, edges, self.edge_format)
        senders, receivers = endpoints(nodes, edges, self.edge_format, mask)
        mapped = at_least_float32(keras.ops.matmul(nodes, self.kernel))
        weights = _weights(edge_weights, mask, senders, mapped.dtype)
        count = keras.ops.shape(nodes)[0]
        scale = self._scale(weights, senders, receivers, count, mapped.dtype)
        scaled = keras.ops.multiply(mapped, scale)  # (nodes, units)
        messages = keras.ops.take(scaled, senders, axis=0)  # (edges, units)
        if weights is not None:
            messages = keras.ops.multiply(messages, keras.ops.expand_dims(weights, -1))
        sums = segment_sum(messages, receivers, count)
        if self.self_loops:
            sums = keras.ops.add(sums, scaled)
        outputs = keras.ops.cast(keras.ops.multiply(sums, scale), self.compute_dtype)
        if self.bias is not None:
            outputs = keras.ops.add(outputs, self.bias)
        return self.activation(outputs)

    def _scale(
        self, weights: Any, senders: Any, receivers: Any, count: Any, dtype: Any
    ) -> Any:
        """One over the root of each node's degree, zero for a degree of zero."""
        if weights is None:
            weights = keras.ops.ones_like(senders, dtype=dtype)
        degrees = segment_sum(weights, receivers, count)  # (nodes,)
        if self.self_loops:
            degrees = keras.ops.add(degrees, 1)
        some = keras.ops.greater(degrees, 0)
        # Twice, so that a degree of zero has a gradient of zero and not of infinity.
        safe = keras.ops.where(some, degrees, keras.ops.ones_like(degrees))
        scale = keras.ops.where(
            some, keras.ops.rsqrt(safe), keras.ops.zeros_like(degrees)
        )
        return keras.ops.expand_dims(scale, -1)  # (nodes, 1)

    def _refuse_other_width(self, nodes: Any) -> None:
        width, expected = nodes.shape[-1], self.kernel.shape[0]
        if width != expected:
            message = (
                f"Expected nodes of width {expected}, received shape "
                f"{tuple(nodes.shape)}. The kernel was built for that width."
            )
            raise ValueError(message)

    def compute_output_shape(
        self, input_shape: Sequence[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """Returns `(nodes, units)`."""
        return (_pair(input_shape)[0][0], self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "self_loops": self.self_loops,
            "edge_format": self.edge_format,
        }


def _pair(inputs: Any) -> tuple[Any, Any]:
    """The nodes and the edges, or their shapes."""
    if not isinstance(inputs, list | tuple) or len(inputs) != 2:
        message = (
            "Expected inputs [nodes, edges], received "
            f"{len(inputs) if isinstance(inputs, list | tuple) else 'one tensor'}. "
            "Weights and mask of the edges are keywords."
        )
        raise ValueError(message)
    return inputs[0], inputs[1]


def _weights(weights: Any, mask: Any, senders: Any, dtype: Any) -> Any:
    """One weight an edge, zero where it is masked; `None` where all are one.

    Raises:
        ValueError: They have another shape.
    """
    if weights is None:
        return None if mask is None else keras.ops.cast(mask, dtype)
    weights = keras.ops.convert_to_tensor(weights)
    given, due = tuple(weights.shape), tuple(senders.shape)
    if len(given) != 1 or (None not in {given[0], due[0]} and given != due):
        message = (
            f"Expected `edge_weights` of shape {due}, received {given}. It holds one "
            "number for each of the edges."
        )
        raise ValueError(message)
    weights = keras.ops.cast(weights, dtype)
    if mask is None:
        return weights
    return keras.ops.where(mask, weights, keras.ops.zeros_like(weights))
