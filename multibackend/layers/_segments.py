"""Edge lists: their ids, checked, and sums, means and maxima by the node of an edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from multibackend._arguments import one_of
from multibackend._precision import at_least_float32
from multibackend._values import refuse_outside
from multibackend.layers._masks import checked

__all__ = [
    "EDGE_FORMATS",
    "edge_format_of",
    "edge_mask_of",
    "endpoints",
    "refuse_other_shapes",
    "segment_max",
    "segment_mean",
    "segment_sum",
]

#: Where the two ids of an edge stand: side by side `(e, 2)`, or in two rows `(2, e)`.
EDGE_FORMATS = ("pairs", "rows")

# A float64 is the sum of three float32: 53 bits in parts of 24.
_PARTS = {"float64": 3}


def edge_format_of(value: Any) -> str:
    """Returns the layout of the edges.

    Raises:
        ValueError: It is no layout.
    """
    return one_of(
        "edge_format",
        value,
        EDGE_FORMATS,
        "Edges are pairs (edges, 2) or rows (2, edges) of ids.",
    )


def refuse_other_shapes(
    nodes: Sequence[int | None], edges: Sequence[int | None], edge_format: str
) -> None:
    """Raises where the shapes are not those of nodes and edges.

    Raises:
        ValueError: `nodes` is not `(nodes, dim)`, or `edges` not as its format says.
    """
    if len(nodes) != 2:
        message = (
            f"Expected nodes of shape (nodes, dim), received {tuple(nodes)}. Several "
            "graphs stand one behind the other, as one graph without edges between."
        )
        raise ValueError(message)
    pairs = edge_format == "pairs"
    if len(edges) != 2 or edges[1 if pairs else 0] not in {None, 2}:
        expected = "(edges, 2)" if pairs else "(2, edges)"
        other = "rows" if pairs else "pairs"
        message = (
            f"Expected edges of shape {expected}, received {tuple(edges)}. Transpose "
            f"them, or set edge_format={other!r}."
        )
        raise ValueError(message)


def edge_mask_of(mask: Any, edges: Any, edge_format: str) -> Any:
    """The mask `(edges,)` as booleans, or `None`.

    Raises:
        ValueError: It has another shape.
    """
    if mask is None:
        return None
    count = tuple(edges.shape)[0 if edge_format == "pairs" else 1]
    return checked(mask, (count,), name="edge_mask", axes="edges")


def endpoints(nodes: Any, edges: Any, edge_format: str, mask: Any) -> tuple[Any, Any]:
    """The sender and the receiver of each edge, `(edges,)` each, as int32.

    Args:
        nodes: `(nodes, dim)`; their number bounds the ids.
        edges: The ids, in the layout that `edge_format` says.
        edge_format: One of `EDGE_FORMATS`.
        mask: Booleans `(edges,)` or `None`; a masked edge may have any ids.

    Raises:
        ValueError: The ids are no integers, or outside of the nodes.
    """
    dtype = keras.backend.standardize_dtype(edges.dtype)
    if "int" not in dtype:
        message = (
            f"Expected edges of an integer dtype, received {dtype}. They hold the places "
            "of nodes: cast them, as with keras.ops.cast(edges, 'int32')."
        )
        raise ValueError(message)
    edges = keras.ops.cast(edges, "int32")
    pairs = edge_format == "pairs"
    if mask is not None:
        kept = keras.ops.expand_dims(mask, 1 if pairs else 0)
        edges = keras.ops.where(kept, edges, keras.ops.zeros_like(edges))
    if nodes.shape[0] is not None:
        refuse_outside(
            "edges",
            edges,
            high=nodes.shape[0],
            meaning="They hold the places of nodes in the first input.",
        )
    return (edges[:, 0], edges[:, 1]) if pairs else (edges[0], edges[1])


def segment_sum(values: Any, ids: Any, count: Any) -> Any:
    """The sum of the rows of each id, zeros where there are none.

    `keras.ops.segment_sum` sums in float32 on PyTorch, whatever the dtype is:
    https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/torch/math.py

    Args:
        values: `(edges, ...)`; half precision is summed in float32.
        ids: `(edges,)`, in any order.
        count: How many ids there are; a number or a scalar tensor.
    """
    wide = at_least_float32(values)
    zeros = keras.ops.zeros((count, *values.shape[1:]), dtype=wide.dtype)
    sums = keras.ops.scatter_update(
        zeros, keras.ops.expand_dims(ids, -1), wide, reduction="add"
    )
    return keras.ops.cast(sums, values.dtype)


def segment_mean(values: Any, ids: Any, count: Any, mask: Any = None) -> Any:
    """The mean of the rows of each id that are not masked, zeros where there are none."""
    ones = keras.ops.ones_like(at_least_float32(values[:, 0]))
    if mask is not None:
        values = _where(mask, values)
        ones = keras.ops.cast(mask, ones.dtype)
    number = keras.ops.maximum(segment_sum(ones, ids, count), 1)  # (nodes,)
    sums = segment_sum(at_least_float32(values), ids, count)
    means = keras.ops.divide(sums, keras.ops.expand_dims(number, -1))
    return keras.ops.cast(means, values.dtype)


def segment_max(values: Any, ids: Any, count: Any, mask: Any = None) -> Any:
    """The largest of the rows of each id, column by column, zeros where there are none.

    Where several are the largest they share the gradient evenly.
    """
    chosen = _largest(values, ids, count, mask)  # (edges, dim)
    dtype = at_least_float32(values).dtype
    ties = segment_sum(keras.ops.cast(chosen, dtype), ids, count)
    sums = segment_sum(_where(chosen, at_least_float32(values)), ids, count)
    most = keras.ops.divide(sums, keras.ops.maximum(ties, 1))
    return keras.ops.cast(most, values.dtype)


def _largest(values: Any, ids: Any, count: Any, mask: Any) -> Any:
    """Whether a row is the largest of its id, column by column: `(edges, dim)`.

    `keras.ops.segment_max` compares in float32 on PyTorch, so a float64 is compared in
    parts: rounding keeps the order, and what it leaves decides among equals.
    """
    rest = keras.ops.stop_gradient(values)
    chosen = keras.ops.ones_like(rest, dtype="bool")
    if mask is not None:
        chosen = keras.ops.logical_and(chosen, keras.ops.expand_dims(mask, -1))
    if values.shape[0] == 1:
        # The only edge; and inductor fails on Keras' segments of one row.
        return chosen
    for _ in range(_PARTS.get(keras.backend.standardize_dtype(values.dtype), 1)):
        part = keras.ops.cast(rest, "float32")
        lowest = keras.ops.full_like(part, float("-inf"))
        top = keras.ops.segment_max(
            keras.ops.where(chosen, part, lowest), ids, num_segments=count
        )
        equal = keras.ops.equal(part, keras.ops.take(top, ids, axis=0))
        chosen = keras.ops.logical_and(chosen, equal)
        rest = keras.ops.subtract(rest, keras.ops.cast(part, rest.dtype))
    return chosen


def _where(mask: Any, values: Any) -> Any:
    """The values where the mask says so, zeros elsewhere."""
    if len(mask.shape) < len(values.shape):
        mask = keras.ops.expand_dims(mask, -1)
    return keras.ops.where(mask, values, keras.ops.zeros_like(values))
