"""`keras.ops` that order elements, and those that look at sets of them."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, perm, u, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.sort", "keras.ops", reference=NUMPY)
T.alone("top_k", "unique")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_GRAD = ["forward", "spec", "grad_inputs"]
_INF, _NAN = float("inf"), float("nan")
_SPECIAL = v([1.0, _NAN, -_INF, 0.0, -0.0, _INF, _NAN, -1.0])
_TIES = v([[2.0, 1.0, 2.0, 1.0, 3.0], [0.0, 0.0, 0.0, 0.0, 0.0]])

_ORDERS: dict[str, dict[str, Any]] = {
    "sort": {},
    "argsort": {"ref": lambda x, axis=-1: np.argsort(x, axis, kind="stable")},
}
for _name, _more in _ORDERS.items():
    _bad = {"axis": bad(n(2), axis=1)}
    # NumPy sorts no scalar, but it does argsort one.
    _bad |= {"scalar": bad(n())} if _name == "sort" else {}
    T(_name, "plain", perm(3, 4), refuses=_bad, **_more)
    T(_name, "axis", perm(3, 4), axis=0, checks=_GRAD, **_more)
    T(_name, "flat", perm(3, 4), axis=None, checks=_GRAD, **_more)
    T(_name, "ties", _TIES, checks=_GRAD, **_more)
    T(_name, "many ties", i(40, high=3), checks=_FORWARD, **_more)
    T(_name, "special", _SPECIAL, checks=_FORWARD, **_more)
    T(_name, "bool", b(6), checks=_EDGE, **_more)
    T(_name, "uint8", v([3, 255, 0], "uint8"), checks=_EDGE, **_more)
    T(_name, "int8", v([3, -128, 0, 127], "int8"), checks=_EDGE, **_more)
    T(_name, "empty", n(0, 2), axis=0, checks=_EDGE, **_more)
T("argsort", "scalar", n(), checks=["forward"], ref=False)


# What stands on either side of the place has no order: sorted here.
def _parts(keras: Any, x: Any, kth: int, axis: int = -1) -> Any:
    found = keras.ops.take_along_axis(x, keras.ops.argpartition(x, kth, axis), axis)
    low, high = keras.ops.split(found, [kth], axis)
    return keras.ops.sort(low, axis), keras.ops.sort(high, axis)


T(
    "argpartition",
    "plain",
    perm(3, 6),
    2,
    run=_parts,
    ref=lambda x, k: np.split(np.sort(x), [k], -1),
)
T(
    "argpartition",
    "axis",
    perm(6, 3),
    3,
    axis=0,
    run=_parts,
    ref=lambda x, k, axis: np.split(np.sort(x, axis), [k], axis),
    checks=_FORWARD,
)
T(
    "argpartition",
    "first",
    perm(5),
    0,
    run=_parts,
    ref=lambda x, k: np.split(np.sort(x), [k], -1),
    checks=_FORWARD,
)
T(
    "argpartition",
    "fractions",
    u(6),
    2,
    run=_parts,
    ref=lambda x, k: np.split(np.sort(x), [k], -1),
    checks=_FORWARD,
)
T(
    "argpartition",
    "last",
    perm(5),
    4,
    run=_parts,
    ref=lambda x, k: np.split(np.sort(x), [k], -1),
    checks=_FORWARD,
)
T(
    "argpartition",
    "negative",
    v([3.0, 1.0, 2.0]),
    -2,
    run=lambda keras, x, k: keras.ops.take(
        x, keras.ops.get_item(keras.ops.argpartition(x, k), k)
    ),
    ref=lambda x, k: np.sort(x)[k],
    checks=_FORWARD,
)
T(
    "argpartition",
    "whole numbers",
    v([5, -3, 9, 0], "int32"),
    1,
    run=_parts,
    ref=lambda x, k: np.split(np.sort(x), [k], -1),
    checks=_FORWARD,
)
T(
    "argpartition",
    "uint8",
    v([5, 250, 9, 0], "uint8"),
    1,
    run=_parts,
    ref=False,
    checks=_FORWARD,
)
T(
    "argpartition",
    "dtype",
    perm(4),
    1,
    run=lambda keras, x, k: keras.ops.zeros_like(keras.ops.argpartition(x, k)),
    ref=False,
    checks=_EDGE,
)
T(
    "argpartition",
    "refused",
    perm(4),
    1,
    run=_parts,
    ref=False,
    checks=["forward", "errors"],
    refuses={"out of range": bad(perm(4), 4), "axis": bad(perm(4), 1, axis=1)},
)


def _top(x: np.ndarray, k: int, sorted: bool = True) -> tuple[np.ndarray, np.ndarray]:
    wide = x if x.dtype.kind == "f" else x.astype(np.int64)  # -128 has no like in int8
    where = np.argsort(-wide, -1, kind="stable")[..., :k]
    return np.take_along_axis(x, where, -1), where


# It is a list on jax and has int64 on torch, which would hide the numbers.
def _pair(keras: Any, x: Any, k: int) -> Any:
    values, where = keras.ops.top_k(x, k)
    return values, keras.ops.cast(where, "int32")


T("top_k", "plain", perm(3, 5), 2, ref=_top, refuses={"too many": bad(n(2), 3)})
T(
    "top_k",
    "indices",
    perm(5),
    2,
    run=lambda keras, x, k: keras.ops.top_k(x, k)[1],
    ref=False,
    checks=_EDGE,
)
T("top_k", "all", perm(2, 4), 4, run=_pair, ref=_top, checks=_GRAD)
T("top_k", "vector", perm(5), k=1, run=_pair, ref=_top, checks=_EDGE)
T("top_k", "none", perm(5), 0, run=_pair, ref=_top, checks=_EDGE)
T(
    "top_k",
    "unsorted",
    perm(3, 5),
    2,
    run=lambda keras, x, k: keras.ops.sort(keras.ops.top_k(x, k, sorted=False)[0]),
    ref=lambda x, k: np.sort(x)[..., -k:],
    checks=_EDGE,
)
T("top_k", "ties", _TIES, 3, run=_pair, ref=_top, checks=_GRAD)
T("top_k", "special", _SPECIAL, 4, run=_pair, ref=False, checks=_FORWARD)
T(
    "top_k",
    "infinite",
    v([1.0, -_INF, _INF, 0.0]),
    3,
    run=_pair,
    ref=_top,
    checks=_FORWARD,
)
T(
    "top_k",
    "whole numbers",
    v([5, -3, 9, 0], "int32"),
    2,
    run=_pair,
    ref=_top,
    checks=_EDGE,
)
T("top_k", "int8", v([5, -128, 9, 0], "int8"), 4, run=_pair, ref=_top, checks=_EDGE)
T("top_k", "uint8", v([5, 255, 9, 0], "uint8"), 2, run=_pair, ref=False, checks=_EDGE)
T(
    "top_k",
    "bool",
    v([False, True, False], "bool"),
    2,
    run=_pair,
    ref=False,
    checks=_EDGE,
)


def _in_top(targets: np.ndarray, predictions: np.ndarray, k: int) -> np.ndarray:
    targets, classes = targets.astype(int), predictions.shape[1]
    # By the example in the docs, a class that is not there is not found.
    mine = predictions[np.arange(len(targets)), np.minimum(targets, classes - 1)]
    return ((predictions > mine[:, None]).sum(1) < k) & (targets < classes)


T("in_top_k", "plain", v([2, 0, 1], "int32"), perm(3, 4), k=2, ref=_in_top)
T("in_top_k", "one", v([2, 0, 1], "int32"), perm(3, 4), k=1, ref=_in_top, checks=_EDGE)
T("in_top_k", "all", v([2, 0], "int32"), perm(2, 3), k=3, ref=_in_top, checks=_EDGE)
T(
    "in_top_k",
    "more than there are",
    v([2, 0], "int32"),
    perm(2, 3),
    k=5,
    ref=False,
    checks=_FORWARD,
)
T("in_top_k", "none", v([2, 0], "int32"), perm(2, 3), k=0, ref=False, checks=_FORWARD)
T(
    "in_top_k",
    "ties",
    v([0, 3, 1, 2], "int32"),
    v([[1.0, 2.0, 2.0, 1.0]] * 4),
    k=2,
    ref=_in_top,
    checks=_FORWARD,
)
T(
    "in_top_k",
    "all equal",
    v([0, 3], "int32"),
    v([[1.0, 1.0, 1.0, 1.0]] * 2),
    k=1,
    ref=_in_top,
    checks=_FORWARD,
)
T(
    "in_top_k",
    "out of range",
    v([5, 0], "int32"),
    perm(2, 3),
    k=3,
    ref=_in_top,
    checks=_FORWARD,
)
T(
    "in_top_k",
    "negative",
    v([-1, 0], "int32"),
    perm(2, 3),
    k=3,
    ref=False,
    checks=_FORWARD,
)
T(
    "in_top_k",
    "not a number",
    v([0, 0, 1], "int32"),
    v([[1.0, _NAN, 0.0], [_NAN, 1.0, 0.0], [_INF, 1.0, 0.0]]),
    k=2,
    ref=False,
    checks=_FORWARD,
)
T(
    "in_top_k",
    "int64 targets",
    v([2, 0], "int64"),
    perm(2, 3),
    k=1,
    ref=_in_top,
    checks=_EDGE,
)

_SET = v([3.0, 1.0, 3.0, 2.0, 1.0])
_ALL: dict[str, Any] = {
    "return_index": True,
    "return_inverse": True,
    "return_counts": True,
}


def _unique(x: np.ndarray, **more: Any) -> object:
    found = np.unique(x, **more)
    return tuple(found) if isinstance(found, tuple) else found


T("unique", "plain", _SET, ref=_unique, checks=["forward", "dtype"])
T("unique", "matrix", i(3, 4, high=4), ref=_unique, checks=_FORWARD)
T("unique", "index", _SET, return_index=True, ref=_unique, checks=_FORWARD)
T("unique", "inverse", _SET, return_inverse=True, ref=_unique, checks=_FORWARD)
T("unique", "counts", _SET, return_counts=True, ref=_unique, checks=_FORWARD)
T("unique", "all", i(8, high=4), **_ALL, ref=_unique, checks=_FORWARD)
T(
    "unique",
    "inverse of a matrix",
    i(2, 3, high=3),
    return_inverse=True,
    ref=_unique,
    checks=_FORWARD,
)
_TWICE = v([[1, 2], [0, 1], [1, 2]], "int32")
T("unique", "rows", _TWICE, axis=0, ref=_unique, checks=_FORWARD)
T("unique", "rows, all", _TWICE, axis=0, **_ALL, ref=_unique, checks=_FORWARD)
T(
    "unique",
    "columns",
    v([[1, 1, 0], [2, 2, 3]], "int32"),
    axis=-1,
    **_ALL,
    ref=_unique,
    checks=_FORWARD,
)
T(
    "unique",
    "index of a matrix",
    i(2, 3, high=3),
    return_index=True,
    ref=_unique,
    checks=_FORWARD,
)


def _sized(
    x: np.ndarray, size: int, fill_value: float = 0, axis: int = 0, **more: Any
) -> Any:
    """Cut off or filled: with the first place for an index, with nothing for a count."""
    given = {} if x.ndim == 1 else {"axis": axis}
    found: Any = _unique(x, **given, **more)
    names = ["values", *(k for k in _ALL if more.get(k))]
    out: list[np.ndarray] = []
    parts = found if isinstance(found, tuple) else (found,)
    for name, part in zip(names, parts, strict=True):
        if name == "return_inverse":
            out.append(part)
            continue
        kept = part[:size]
        fill = {"values": fill_value, "return_index": kept[0], "return_counts": 0}[name]
        rest = np.full((size - len(kept), *kept.shape[1:]), fill, kept.dtype)
        out.append(np.concatenate([kept, rest]))
    return tuple(out) if len(out) > 1 else out[0]


T("unique", "size", _SET, size=5, fill_value=-1.0, ref=_sized, checks=_EDGE)
T(
    "unique",
    "size without filling",
    v([3.0, 1.0, 2.0]),
    size=5,
    ref=_sized,
    checks=_EDGE,
)
T("unique", "smaller size", _SET, size=2, ref=_sized, checks=_EDGE)
T("unique", "size, all", _SET, size=4, fill_value=9.0, **_ALL, ref=_sized, checks=_EDGE)
T(
    "unique",
    "size of rows",
    _TWICE,
    size=3,
    axis=0,
    fill_value=-1,
    ref=_sized,
    checks=_EDGE,
)
T(
    "unique",
    "unsorted",
    _SET,
    run=lambda keras, x: keras.ops.sort(keras.ops.unique(x, sorted=False)),
    ref=np.unique,
    checks=_FORWARD,
)
T(
    "unique",
    "not a number",
    v([_NAN, 1.0, _NAN, 1.0]),
    ref=lambda x: np.unique(x, equal_nan=False),
    checks=_FORWARD,
)
T("unique", "zeros", v([0.0, -0.0, 1.0]), ref=_unique, checks=_FORWARD)
T("unique", "bool", b(5), ref=_unique, checks=_FORWARD)
T("unique", "uint8", v([255, 0, 255], "uint8"), ref=_unique, checks=_FORWARD)
T("unique", "empty", n(0), ref=_unique, checks=_FORWARD)
T("unique", "scalar", u(), ref=_unique, checks=_FORWARD)
