"""Cases: layers on edge lists, against dense matrices and loops over edges in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal, uniform
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]
Reference = Callable[..., Array]

# Six nodes of width 4 and nine edges, unsorted; node 5 is alone, node 2 only sends, and
# the edge 0 to 1 is there twice.
_EDGES = [(3, 1), (0, 1), (2, 0), (1, 3), (0, 1), (4, 3), (2, 1), (1, 0), (3, 4)]
_MASK = [True, True, False, True, True, True, False, True, False]
# Ids of masked edges may be anything, as padding often is.
_PADDED = [e if kept else (-1, 99) for e, kept in zip(_EDGES, _MASK, strict=True)]


def _edges(pairs: list[tuple[int, int]]) -> Array:
    return np.asarray(pairs, "int32").reshape(-1, 2)


def _convolved(*, self_loops: bool = True, rows: bool = False) -> Reference:
    """`D^-1/2 (A + I) D^-1/2 x W + b` with the whole matrix `A`."""

    def reference(
        inputs: list[Array],
        *,
        weights: Weights,
        edge_weights: Array | None = None,
        edge_mask: Array | None = None,
    ) -> Array:
        x, edges = inputs
        pairs = edges.T if rows else edges
        matrix = np.eye(len(x)) if self_loops else np.zeros((len(x), len(x)))
        for place, (sender, receiver) in enumerate(pairs):
            if edge_mask is None or edge_mask[place]:
                one = 1.0 if edge_weights is None else edge_weights[place]
                matrix[receiver, sender] += one
        degrees = matrix.sum(axis=1)
        root = np.zeros(len(x))
        root[degrees > 0] = degrees[degrees > 0] ** -0.5
        outputs = np.diag(root) @ matrix @ np.diag(root) @ x @ weights["kernel"]
        return outputs + weights.get("bias", 0)

    return reference


def _activated(reference: Reference) -> Reference:
    def tanh(*args: Any, **kwargs: Any) -> Array:
        return np.tanh(reference(*args, **kwargs))

    return tanh


def _passed(
    *, message: str = "mlp", aggregation: str = "sum", activation: str = "tanh"
) -> Reference:
    """One message after the other, and then one node after the other."""

    def reference(
        inputs: list[Array], *, weights: Weights, edge_mask: Array | None = None
    ) -> Array:
        x, edges, *features = inputs
        inbox: list[list[Array]] = [[] for _ in x]
        for place, (sender, receiver) in enumerate(edges):
            if edge_mask is not None and not edge_mask[place]:
                continue
            if message == "mlp":
                sent = x[sender] @ weights["sender_kernel"]
                sent = sent + x[receiver] @ weights["receiver_kernel"]
                sent = sent + weights.get("message_bias", 0)
                if features:
                    sent = sent + features[0][place] @ weights["edge_kernel"]
            else:
                flat = (
                    features[0][place] @ weights["edge_kernel"] + weights["edge_bias"]
                )
                sent = flat.reshape(-1, x.shape[1]) @ x[sender]
            inbox[receiver].append(np.tanh(sent) if activation == "tanh" else sent)
        size = len(weights["aggregate_kernel"])
        gathered = np.zeros((len(x), size))
        join = {"sum": np.sum, "mean": np.mean, "max": np.max}[aggregation]
        for node, messages in enumerate(inbox):
            if messages:
                gathered[node] = join(np.stack(messages), axis=0)
        outputs = x @ weights["node_kernel"] + gathered @ weights["aggregate_kernel"]
        return outputs + weights.get("bias", 0)

    return reference


def _no_convolution() -> Mapping[str, Any]:
    """What `GraphConvolution(3)` over nodes of width 4 refuses."""
    from multibackend.layers import GraphConvolution

    nodes, edges = normal(6, 4), _edges(_EDGES)
    return {
        "an id too large": arguments([nodes, edges + 4]),
        "an id below zero": arguments([nodes, edges - 1]),
        "ids that are no integers": arguments([nodes, edges.astype("float32")]),
        "edges in rows": arguments([nodes, edges.T.copy()]),
        "edges of one axis": arguments([nodes, edges[:, 0].copy()]),
        "nodes of three axes": arguments([nodes[None], edges]),
        "other width": arguments([normal(6, 5), edges]),
        "nodes alone": arguments([nodes]),
        "one tensor": arguments(nodes),
        "too few weights": arguments([nodes, edges], edge_weights=normal(8)),
        "weights of two axes": arguments([nodes, edges], edge_weights=normal(9, 1)),
        "mask of nodes": arguments([nodes, edges], edge_mask=np.ones(6, "bool")),
        "no units": lambda: GraphConvolution(0),
        "another format": lambda: GraphConvolution(3, edge_format="columns"),
        "loops that are no flag": lambda: GraphConvolution(3, self_loops=1),  # pyright: ignore[reportArgumentType]
        "unknown width": lambda: GraphConvolution(3).build([(6, None), (9, 2)]),
    }


def _no_messages() -> Mapping[str, Any]:
    """What `MessagePassing(3, 5)` over nodes of width 4 and features of 2 refuses."""
    from multibackend.layers import MessagePassing

    nodes, edges, features = normal(6, 4), _edges(_EDGES), normal(9, 2)
    return {
        "an id too large": arguments([nodes, edges + 4, features]),
        "an id below zero": arguments([nodes, edges - 1, features]),
        "ids that are no integers": arguments(
            [nodes, edges.astype("float32"), features]
        ),
        "edges in rows": arguments([nodes, edges.T.copy(), features]),
        "other width": arguments([normal(6, 5), edges, features]),
        "features that are lacking": arguments([nodes, edges]),
        "too few features": arguments([nodes, edges, normal(8, 2)]),
        "features of another width": arguments([nodes, edges, normal(9, 3)]),
        "four inputs": arguments([nodes, edges, features, features]),
        "mask of nodes": arguments([nodes, edges, features], edge_mask=np.ones(6)),
        "no units": lambda: MessagePassing(0),
        "no message units": lambda: MessagePassing(3, 0),
        "another message": lambda: MessagePassing(3, message="lstm"),
        "another aggregation": lambda: MessagePassing(3, aggregation="min"),
        "an edge network without features": lambda: MessagePassing(
            3, message="edge_network"
        ).build([(6, 4), (9, 2)]),
    }


@case(reference=_convolved(), bad=_no_convolution)
def graph_convolution() -> Any:
    from multibackend.layers import GraphConvolution

    return GraphConvolution(3), arguments([normal(6, 4), _edges(_EDGES)])


@variant(reference=_convolved(self_loops=False))
def graph_convolution_no_loops() -> Any:
    from multibackend.layers import GraphConvolution

    layer = GraphConvolution(3, self_loops=False)
    return layer, arguments([normal(6, 4), _edges(_EDGES)])


@variant(reference=_activated(_convolved()))
def graph_convolution_weighed() -> Any:
    from multibackend.layers import GraphConvolution

    weights = uniform(9, low=0.5, high=2.0)
    inputs = [normal(6, 4), _edges(_EDGES)]
    return GraphConvolution(3, "tanh"), arguments(inputs, edge_weights=weights)


@variant(reference=_convolved(self_loops=False))
def graph_convolution_masked() -> Any:
    from multibackend.layers import GraphConvolution

    inputs = [normal(6, 4), _edges(_PADDED)]
    weights = uniform(9, low=0.5, high=2.0)
    layer = GraphConvolution(3, use_bias=False, self_loops=False)
    return layer, arguments(inputs, edge_weights=weights, edge_mask=np.asarray(_MASK))


@variant(reference=_convolved(rows=True))
def graph_convolution_rows() -> Any:
    from multibackend.layers import GraphConvolution

    layer = GraphConvolution(3, edge_format="rows")
    return layer, arguments([normal(6, 4), _edges(_EDGES).T.copy()])


@variant(reference=_convolved())
def graph_convolution_single_node() -> Any:
    from multibackend.layers import GraphConvolution

    return GraphConvolution(3), arguments([normal(1, 4), _edges([(0, 0)])])


@case(reference=_passed(), bad=_no_messages)
def message_passing() -> Any:
    from multibackend.layers import MessagePassing

    layer = MessagePassing(3, 5, message_activation="tanh")
    return layer, arguments([normal(6, 4), _edges(_EDGES), normal(9, 2)])


@variant(reference=_passed(aggregation="mean"))
def message_passing_mean() -> Any:
    from multibackend.layers import MessagePassing

    layer = MessagePassing(3, 5, aggregation="mean", message_activation="tanh")
    inputs = [normal(6, 4), _edges(_PADDED)]
    return layer, arguments(inputs, edge_mask=np.asarray(_MASK))


# Two equal edges with other features: no two messages are the largest together.
@variant(reference=_passed(aggregation="max"))
def message_passing_max() -> Any:
    from multibackend.layers import MessagePassing

    layer = MessagePassing(3, 5, aggregation="max", message_activation="tanh")
    inputs = [normal(6, 4), _edges(_PADDED), normal(9, 2)]
    return layer, arguments(inputs, edge_mask=np.asarray(_MASK))


@variant(reference=_activated(_passed(message="edge_network", activation="none")))
def message_passing_edge_network() -> Any:
    from multibackend.layers import MessagePassing

    layer = MessagePassing(
        3, 5, "edge_network", message_activation=None, activation="tanh"
    )
    return layer, arguments([normal(6, 4), _edges(_EDGES), normal(9, 2)])


@variant(reference=_passed())
def message_passing_sum_masked() -> Any:
    from multibackend.layers import MessagePassing

    layer = MessagePassing(3, message_activation="tanh", use_bias=False)
    inputs = [normal(6, 4), _edges(_PADDED)]
    return layer, arguments(inputs, edge_mask=np.asarray(_MASK))


@variant(reference=_passed(aggregation="max"))
def message_passing_one_edge() -> Any:
    from multibackend.layers import MessagePassing

    layer = MessagePassing(3, 5, aggregation="max", message_activation="tanh")
    features = array([[0.5, -1.0]])
    return layer, arguments([normal(2, 4), _edges([(0, 1)]), features])
