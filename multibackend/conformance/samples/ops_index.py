"""`keras.ops` that pick elements out by where they are."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.index", "keras.ops", reference=NUMPY)
T.alone("nonzero")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_GRAD = ["forward", "spec", "grad_inputs"]

T(
    "take",
    "plain",
    n(4, 3),
    v([2, 0, 2], "int32"),
    axis=0,
    refuses={
        "axis": bad(n(2, 3), 0, axis=2),
        "fraction": bad(n(3), n(2)),
        "out of range": bad(n(4, 2), v([0, 4], "int32"), axis=0),
        "far below": bad(n(4, 2), v([0, -5], "int32"), axis=0),
        "whole numbers out of range": bad(i(4), v([4, 9], "int32"), axis=0),
    },
)
T("take", "flat", n(2, 3), v([5, 0], "int32"), checks=_GRAD)
T(
    "take",
    "matrix of indices",
    n(2, 4),
    v([[0, 1], [3, 3]], "int32"),
    axis=1,
    checks=_GRAD,
)
T("take", "negative axis", n(2, 4), v([1], "int64"), axis=-1, checks=_EDGE)
T("take", "negative indices", n(4, 2), v([-1, -4], "int32"), axis=0, checks=_GRAD)
T("take", "flat, negative", n(2, 3), v([-1, -6], "int32"), checks=_EDGE)
T("take", "scalar", n(4, 2), 1, axis=0, checks=_EDGE)
T("take", "negative scalar", n(4, 2), -1, axis=0, checks=_EDGE)
T("take", "list", n(4, 2), [3, 1], axis=0, checks=_EDGE)
T("take", "no indices", n(4, 2), v([], "int32"), axis=0, checks=_EDGE)
T("take", "uint8 indices", n(4), i(3, high=4, dtype="uint8"), checks=_EDGE)
T("take", "int8 indices", n(4), v([-1, 2], "int8"), checks=_EDGE)
T("take", "bool", b(4), v([1, 0], "int32"), checks=_EDGE)
T(
    "take_along_axis",
    "plain",
    n(2, 3),
    i(2, 3, high=3),
    axis=1,
    refuses={
        "axis": bad(n(2), i(2), axis=1),
        "ranks": bad(n(2, 3), i(3), axis=0),
        "fraction": bad(n(2), n(2), axis=0),
        "out of range": bad(n(2, 3), v([[3], [1]], "int32"), axis=1),
    },
)
T("take_along_axis", "first axis", n(3, 2), i(4, 2, high=3), axis=0, checks=_GRAD)
T("take_along_axis", "flat", n(2, 3), i(4, high=6), axis=None, checks=_GRAD)
T(
    "take_along_axis",
    "flat, negative",
    n(2, 3),
    v([-1, -6], "int32"),
    axis=None,
    checks=_FORWARD,
)
T(
    "take_along_axis",
    "negative",
    n(2, 3),
    i(2, 2, low=-3, high=0),
    axis=-1,
    checks=_GRAD,
)
T("take_along_axis", "broadcast", n(2, 3), i(1, 2, high=3), axis=1, checks=_EDGE)
T(
    "take_along_axis",
    "default",
    n(2, 3),
    i(2, 1, high=2),
    run=lambda keras, x, k: keras.ops.take_along_axis(x, k, 0),
    checks=_EDGE,
    ref=lambda x, k: np.take_along_axis(x, k.astype(int), 0),
)
T("take_along_axis", "bool", b(2, 3), i(2, 3, high=3), axis=1, checks=_EDGE)

_KEYS = {
    "plain": (1,),
    "number": 1,
    "negative": -1,
    "slice": slice(1, 3),
    "step": (slice(None), slice(None, None, 2)),
    "backwards": (slice(None, None, -1),),
    "ellipsis": (..., 0),
    "new axis": (None, slice(None), None),
    "beyond": slice(2, 99),
    "empty": slice(3, 1),
    "several": (slice(0, 2), -1, ..., None),
}
for _label, _key in _KEYS.items():
    T(
        "get_item",
        _label,
        n(4, 3, 2),
        _key,
        ref=lambda x, key: x[key],
        checks=() if _label == "plain" else _GRAD,
    )
T(
    "get_item",
    "list",
    n(4, 3),
    run=lambda keras, x: keras.ops.get_item(x, [2, 0]),
    ref=lambda x: x[[2, 0]],
    checks=_FORWARD,
)
T(
    "get_item",
    "indices",
    n(4, 3),
    i(3, high=4),
    ref=lambda x, key: x[key.astype(int)],
    checks=_FORWARD,
)
T(
    "get_item",
    "two lists of indices",
    n(4, 3),
    i(3, high=4),
    i(3, high=3),
    run=lambda keras, x, j, k: keras.ops.get_item(x, (j, k)),
    ref=lambda x, j, k: x[j.astype(int), k.astype(int)],
    checks=_FORWARD,
)
T(
    "get_item",
    "mask",
    n(4, 3),
    b(4),
    ref=lambda x, key: x[key.astype(bool)],
    checks=_FORWARD,
)
T(
    "get_item",
    "refused",
    n(4, 3),
    0,
    ref=lambda x, key: x[key],
    checks=["forward", "errors"],
    refuses={"too many": bad(n(2), (0, 0)), "out of range": bad(n(2), 2)},
)

T(
    "slice",
    "plain",
    n(4, 3),
    (1, 0),
    (2, 2),
    ref=lambda x, s, z: x[1:3, :2],
    refuses={
        "out of range": bad(n(4), (3,), (3,)),
        "negative start": bad(n(4), (-2,), (2,)),
    },
)
T(
    "slice",
    "three",
    n(3, 4, 2),
    (0, 1, 1),
    (3, 2, 1),
    ref=lambda x, s, z: x[:, 1:3, 1:],
    checks=_GRAD,
)
T(
    "slice",
    "the rest",
    n(4, 3),
    (1, 1),
    (-1, 2),
    ref=lambda x, s, z: x[1:, 1:3],
    checks=_FORWARD,
)
T(
    "slice",
    "empty",
    n(4, 3),
    (1, 1),
    (0, 2),
    ref=lambda x, s, z: x[1:1, 1:3],
    checks=_EDGE,
)
T(
    "slice",
    "tensor start",
    n(5),
    v([2], "int32"),
    (2,),
    ref=lambda x, s, z: x[2:4],
    checks=["forward"],
)
T("slice", "bool", b(4), (1,), (2,), ref=lambda x, s, z: x[1:3], checks=_EDGE)

T(
    "nonzero",
    "plain",
    v([[0.0, 1.0], [2.0, 0.0]]),
    ref=lambda x: [*np.nonzero(x)],
    refuses={"scalar": bad(v(2.0))},
)
# As a list, whatever it is in: what is in it is compared.
_NONZERO: dict[str, Any] = {
    "run": lambda keras, x: [*keras.ops.nonzero(x)],
    "ref": lambda x: [*np.nonzero(x)],
    "checks": _FORWARD,
}
T("nonzero", "bool", b(3, 4), **_NONZERO)
T("nonzero", "vector", i(6, high=2), **_NONZERO)
T("nonzero", "none", v([0.0, 0.0]), **_NONZERO)
T("nonzero", "special", v([0.0, -0.0, float("nan"), float("inf")]), **_NONZERO)
T("nonzero", "empty", n(0, 2), **_NONZERO)

_UNRAVEL: dict[str, Any] = {
    "ref": lambda k, shape: [*np.unravel_index(k.astype(int), shape)]
}
T(
    "unravel_index",
    "plain",
    v([5, 0, 11], "int32"),
    (3, 4),
    refuses={"out of range": bad(v([12, 99], "int32"), (3, 4))},
    **_UNRAVEL,
)
T(
    "unravel_index",
    "refused",
    v([5], "int32"),
    (3, 4),
    checks=["errors"],
    refuses={"size below zero": bad(v([5, 2], "int32"), (-1, 4))},
)
T(
    "unravel_index",
    "matrix",
    v([[5, 0], [1, 7]], "int32"),
    (2, 2, 3),
    checks=_EDGE,
    **_UNRAVEL,
)
T("unravel_index", "scalar", v(7, "int32"), (3, 4), checks=_EDGE, **_UNRAVEL)
T("unravel_index", "one axis", v([3], "int32"), (5,), checks=_EDGE, **_UNRAVEL)
T("unravel_index", "int64", v([3], "int64"), (2, 2), checks=_EDGE, **_UNRAVEL)
T("unravel_index", "uint8", v([3], "uint8"), (2, 2), checks=_EDGE, **_UNRAVEL)
T("unravel_index", "negative", v([-1, -4], "int32"), (3, 4), checks=_EDGE, ref=False)
T("unravel_index", "number", 5, (2, 3), ref=False)

T(
    "select",
    "plain",
    [b(3, 2), b(3, 2)],
    [n(3, 2), n(3, 2)],
    ref=lambda c, x: np.select([m.astype(bool) for m in c], x),
)
T(
    "select",
    "default value",
    [b(4)],
    [n(4)],
    5.0,
    ref=lambda c, x, d: np.select([m.astype(bool) for m in c], x, d),
    checks=_GRAD,
)
T(
    "select",
    "rows and columns",
    [b(3, 1), b(3, 2)],
    [n(2), n(3, 1)],
    ref=False,
    checks=_EDGE,
)
T("select", "mixed dtypes", [b(3), b(3)], [i(3), n(3)], ref=False, checks=_EDGE)
T(
    "select",
    "not a number elsewhere",
    [v([True, False], "bool")],
    [v([1.0, float("nan")])],
    ref=lambda c, x: np.select([m.astype(bool) for m in c], x),
    checks=["forward", "grad_inputs"],
)
