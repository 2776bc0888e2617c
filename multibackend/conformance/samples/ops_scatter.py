"""`keras.ops` that put elements where indices say."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import Table, bad

T = Table("ops.scatter", "keras.ops")
T.alone("scatter")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_GRAD = ["forward", "spec", "grad_inputs"]

_CHANGE: dict[str | None, Any] = {
    None: None,
    "add": np.add,
    "max": np.maximum,
    "min": np.minimum,
    "mul": np.multiply,
}


def _scatter(
    indices: np.ndarray, values: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    out = np.zeros(shape, values.dtype)
    np.add.at(out, tuple(np.moveaxis(indices.astype(int), -1, 0)), values)
    return out


def _update(
    x: np.ndarray,
    indices: np.ndarray,
    updates: np.ndarray,
    reduction: str | None = None,
) -> np.ndarray:
    out, where = x.copy(), tuple(np.moveaxis(indices.astype(int), -1, 0))
    if reduction is None:
        out[where] = updates
    else:
        _CHANGE[reduction].at(out, where, updates)
    return out


_ROWS = v([[2], [0]], "int32")
T(
    "scatter",
    "plain",
    _ROWS,
    n(2, 3),
    (4, 3),
    ref=_scatter,
    refuses={
        "shapes": bad(v([[0]], "int32"), n(1, 2), (3, 3)),
        "out of range": bad(v([[3], [0]], "int32"), n(2), (3,)),
    },
)
T(
    "scatter",
    "points",
    v([[0, 1], [1, 2]], "int32"),
    n(2),
    (2, 3),
    ref=_scatter,
    checks=_GRAD,
)
T(
    "scatter",
    "repeated",
    v([[1], [1], [0]], "int32"),
    n(3, 2),
    (3, 2),
    ref=_scatter,
    checks=_GRAD,
)
T(
    "scatter",
    "int64 indices",
    v([[1], [0]], "int64"),
    n(2),
    (3,),
    ref=_scatter,
    checks=_EDGE,
)
T(
    "scatter",
    "whole numbers",
    v([[1], [1]], "int32"),
    i(2),
    (3,),
    ref=_scatter,
    checks=_EDGE,
)
T(
    "scatter",
    "uint8 overflow",
    v([[1], [1]], "int32"),
    v([200, 100], "uint8"),
    (2,),
    ref=False,
    checks=_EDGE,
)
T(
    "scatter",
    "bool",
    v([[1], [0]], "int32"),
    v([True, False], "bool"),
    (3,),
    ref=False,
    checks=_EDGE,
)
T(
    "scatter",
    "negative",
    v([[-1], [0]], "int32"),
    n(2),
    (3,),
    ref=_scatter,
    checks=_GRAD,
)
T("scatter", "empty", i(0, 1), n(0, 2), (3, 2), ref=_scatter, checks=_EDGE)
T(
    "scatter",
    "block of indices",
    v([[[0], [1]], [[1], [2]]], "int32"),
    n(2, 2, 2),
    (3, 2),
    ref=_scatter,
    checks=_EDGE,
)

for _how in _CHANGE:
    _more: dict[str, Any] = {} if _how is None else {"reduction": _how}
    _label = _how or "plain"
    _far = bad(n(4), v([[4], [0]], "int32"), n(2), **_more)
    T(
        "scatter_update",
        _label,
        n(4, 3),
        _ROWS,
        n(2, 3),
        **_more,
        ref=_update,
        refuses={"out of range": _far},
    )
    T(
        "scatter_update",
        f"{_label} points",
        n(2, 3),
        v([[0, 1], [1, 2]], "int32"),
        n(2),
        **_more,
        ref=_update,
        checks=_GRAD,
    )
    T(
        "scatter_update",
        f"{_label} whole numbers",
        i(4),
        v([[2], [0]], "int32"),
        i(2),
        **_more,
        ref=_update,
        checks=_EDGE,
    )
    T(
        "scatter_update",
        f"{_label} negative",
        n(4),
        v([[-1], [0]], "int32"),
        n(2),
        **_more,
        ref=_update,
        # A product: no gradient on two, no such index on the third.
        checks=_EDGE if _how == "mul" else _GRAD,
    )
    if _how:
        T(
            "scatter_update",
            f"{_label} repeated",
            n(4),
            v([[1], [1], [0]], "int32"),
            n(3),
            **_more,
            ref=_update,
            checks=_GRAD,
        )
        T(
            "scatter_update",
            f"{_label} bool",
            b(3),
            v([[1], [0]], "int32"),
            b(2),
            **_more,
            checks=_FORWARD,
        )
T(
    "scatter_update",
    "max tie",
    v([1.0, 2.0]),
    v([[0]], "int32"),
    v([1.0]),
    reduction="max",
    ref=_update,
    checks=["forward", "grad_inputs"],
)
T(
    "scatter_update",
    "repeated",
    n(3),
    v([[1], [1]], "int32"),
    v([5.0, 5.0]),
    ref=_update,
    checks=_FORWARD,
)
T(
    "scatter_update",
    "other dtype",
    n(3),
    v([[1]], "int32"),
    v([2], "int32"),
    checks=_EDGE,
)
T(
    "scatter_update",
    "fraction into whole numbers",
    i(3),
    v([[1]], "int32"),
    v([2.5]),
    checks=_EDGE,
)
T("scatter_update", "bool", b(3), v([[1], [0]], "int32"), b(2), checks=_EDGE, ref=False)
T("scatter_update", "empty", n(3), i(0, 1), n(0), ref=_update, checks=_EDGE)
T("scatter_update", "lists", n(3), [[0], [2]], [1.0, 2.0], checks=_EDGE)
T(
    "scatter_update",
    "refused",
    n(3),
    v([[1]], "int32"),
    n(1),
    ref=_update,
    checks=["forward", "errors"],
    refuses={
        "reduction": bad(n(3), v([[1]], "int32"), n(1), reduction="mean"),
        "shapes": bad(n(3), v([[1]], "int32"), n(2)),
    },
)


def _put(x: np.ndarray, start: tuple[int, ...], updates: np.ndarray) -> np.ndarray:
    out = x.copy()
    out[
        tuple(
            slice(s, s + z)
            for s, z in zip(np.asarray(start, int), updates.shape, strict=True)
        )
    ] = updates
    return out


T(
    "slice_update",
    "plain",
    n(4, 3),
    (1, 0),
    n(2, 2),
    ref=_put,
    # Keras asks for updates that fit behind their start.
    refuses={
        "out of range": bad(n(4), (3,), n(2)),
        "negative start": bad(n(4), (-2,), n(2)),
    },
)
T("slice_update", "three", n(3, 4, 2), (0, 1, 1), n(2, 2, 1), ref=_put, checks=_GRAD)
T(
    "slice_update",
    "tensor start",
    n(5),
    v([2], "int32"),
    n(2),
    ref=_put,
    checks=_FORWARD,
)
T("slice_update", "empty", n(4), (1,), n(0), ref=_put, checks=_EDGE)
T("slice_update", "other dtype", n(4), (1,), i(2), checks=_FORWARD)
T("slice_update", "whole numbers", i(4), (1,), i(2), ref=_put, checks=_EDGE)
