"""`keras.ops` of order and counts: quantiles, histograms, bins, membership."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, perm, u, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.statistics", "keras.ops", reference=NUMPY)
T.alone("corrcoef", "bincount", "digitize", "isin")

_INF, _NAN = float("inf"), float("nan")
_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]
_GRAD = ["forward", "grad_inputs"]

for _name in ["median", "quantile", "percentile"]:
    _q = {"quantile": (0.3,), "percentile": (30.0,)}.get(_name, ())
    _refused = {"axis": bad(n(3, 4), *_q, axis=2), "nothing": bad(n(0), *_q)}
    T(_name, "all", n(3, 5), *_q, refuses=_refused)
    T(_name, "axis", n(3, 4), *_q, axis=1, checks=["forward", "spec", "grad_inputs"])
    T(
        _name,
        "negative axis kept",
        n(2, 3, 4),
        *_q,
        axis=-2,
        keepdims=True,
        checks=_TYPED,
    )
    T(_name, "two axes", n(2, 3, 4), *_q, axis=(0, 2), checks=_TYPED)
    T(
        _name,
        "two axes kept",
        n(2, 3, 4),
        *_q,
        axis=(0, 2),
        keepdims=True,
        checks=_TYPED,
    )
    T(_name, "all kept", n(2, 3), *_q, keepdims=True, checks=_TYPED)
    T(_name, "scalar", n(), *_q, checks=_TYPED)
    T(_name, "ties", v([1.0, 2.0, 2.0, 2.0]), *_q, checks=_GRAD)
    T(_name, "NaN", v([[1.0, _NAN, 3.0], [3.0, 1.0, 2.0]]), *_q, axis=1, checks=_PLAIN)
    T(_name, "infinities", v([1.0, _INF, 2.0, -_INF]), *_q, checks=_PLAIN)
    # NumPy's own quantile is NaN here, and its median is not.
    _inf = v([_INF, _INF, _INF])
    T(_name, "all infinite", _inf, *_q, ref=lambda x, *_: x[0], checks=_PLAIN)
    T(_name, "int32", i(3, 4, low=-9, high=9), *_q, axis=1, checks=_TYPED)
    T(_name, "uint8", i(3, 4, high=255, dtype="uint8"), *_q, axis=0, checks=_TYPED)
    T(_name, "bool", b(5), *_q, ref=False, checks=_TYPED)
    T(_name, "many", n(5001), *_q, checks=_PLAIN)
for _name, _scale in {"quantile": 1, "percentile": 100}.items():
    _many = [0.0, 0.25 * _scale, 1.0 * _scale]
    T(_name, "several", n(3, 5), _many, checks=_TYPED)
    T(_name, "several along an axis", n(3, 5), _many, axis=0, checks=_TYPED)
    T(_name, "several kept", n(3, 5), _many, axis=1, keepdims=True, checks=_TYPED)
    T(_name, "tensor", n(5), v([0.25 * _scale, 0.5 * _scale]), checks=_TYPED)
    T(_name, "default", n(5), 0.3 * _scale, axis=None, method="linear", checks=_TYPED)
    T(_name, "whole number", n(5), 1, checks=_TYPED)
    for _method in ["lower", "higher", "midpoint", "nearest"]:
        T(_name, _method, perm(10), 0.3 * _scale, method=_method, checks=_GRAD)
        T(
            _name,
            f"{_method} of int32",
            i(5),
            0.3 * _scale,
            method=_method,
            checks=_TYPED,
        )
    T(
        _name,
        "nearest of halves",
        perm(4),
        0.5 * _scale,
        method="nearest",
        checks=_PLAIN,
    )
    _refused = {
        "method": bad(n(5), 0.5, method="middle"),
        "above": bad(n(5), 1.5 * _scale),
        "below": bad(n(5), -0.5 * _scale),
    }
    T(_name, "refused", n(5), 0.5, checks=["errors"], refuses=_refused)

T("average", "all", n(3, 4), refuses={"axis": bad(n(3, 4), axis=2)})
T("average", "default", n(3, 4), axis=None, weights=None, checks=_TYPED)
T("average", "axis", n(3, 4), axis=1, checks=_TYPED)
T("average", "weights", n(3, 4), weights=u(3, 4, low=0.1), checks=_GRAD)
T(
    "average",
    "weights of rows",
    n(3, 4),
    axis=1,
    weights=u(3, 4, low=0.1),
    checks=_TYPED,
)
T("average", "weights of a row", n(3, 4), axis=1, weights=u(4, low=0.1), checks=_TYPED)
T(
    "average",
    "weights of a column",
    n(3, 4),
    axis=0,
    weights=u(3, low=0.1),
    checks=_TYPED,
)
T("average", "weights of columns", n(3, 4), axis=0, weights=u(3, 4), checks=_TYPED)
T("average", "weights of nothing", n(3), weights=v([0.0, 0.0, 0.0]), ref=False)
T("average", "int32", i(3, 4), axis=0, checks=_TYPED)
T("average", "int32 weights", n(4), weights=i(4, low=1), checks=_TYPED)
T("average", "bool", b(4), checks=_TYPED)
T("average", "two axes", n(2, 3, 4), axis=(0, 2), checks=_TYPED)
T("average", "axis of none", n(2, 3), axis=(), ref=False, checks=_TYPED)

T("corrcoef", "rows", n(3, 8))
T("corrcoef", "vector", n(8), checks=_TYPED)
T("corrcoef", "constant row", v([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]]), checks=_PLAIN)
T("corrcoef", "one column", n(3, 1), checks=_PLAIN)
T("corrcoef", "int32", i(3, 8), checks=_TYPED)
T("corrcoef", "bool", v([[True, False, True], [True, True, False]], "bool"))
T("corrcoef", "far from zero", n(3, 50, mean=100.0), checks=_PLAIN)

_counted = v([0, 1, 1, 3, 3, 3], "int32")
T("bincount", "vector", _counted, refuses={"negative": bad(v([-1, 2], "int32"))})
T(
    "bincount",
    "default",
    _counted,
    weights=None,
    minlength=0,
    sparse=False,
    ref=False,
    checks=_PLAIN,
)
T("bincount", "weights", _counted, weights=n(6), checks=_TYPED)
T("bincount", "int weights", _counted, weights=i(6), checks=_TYPED)
T("bincount", "at least", _counted, minlength=8, checks=_TYPED)
T("bincount", "less than there are", _counted, minlength=2, checks=_PLAIN)
T("bincount", "uint8", v([0, 2, 2], "uint8"), checks=_TYPED)
T("bincount", "empty", v([], "int32"), checks=_PLAIN)
T("bincount", "empty at least", v([], "int32"), minlength=3, checks=_TYPED)


def _rows(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    given = [None] * len(x) if weights is None else weights
    length = max(minlength, int(x.max()) + 1)
    return np.stack([np.bincount(r, w, length) for r, w in zip(x, given, strict=True)])


_table = v([[0, 1, 1], [3, 0, 0]], "int32")
T("bincount", "rows", _table, ref=_rows, checks=_PLAIN)
T("bincount", "rows at least", _table, minlength=5, ref=_rows, checks=_TYPED)
T(
    "bincount",
    "rows and weights",
    _table,
    n(2, 3),
    minlength=5,
    ref=_rows,
    checks=_TYPED,
)

_bins = v([0.0, 1.0, 2.5])
T("digitize", "matrix", n(3, 4), _bins, refuses={"bins": bad(n(3), n(2, 2))})
T("digitize", "borders", v([0.0, -0.0, 1.0, 2.5, 3.0]), _bins, checks=_TYPED)
T("digitize", "special", v([_NAN, _INF, -_INF]), _bins, checks=_PLAIN)
T("digitize", "int32", i(5), v([2, 5], "int32"), checks=_TYPED)
T("digitize", "int32 and floats", i(5), v([2.5, 5.5]), checks=_TYPED)
T("digitize", "floats and int32", n(5), v([0, 1], "int32"), checks=_TYPED)
T("digitize", "a list", n(4), [0.0, 1.0], checks=_TYPED)
T("digitize", "no bins", n(4), v([]), checks=_TYPED)
T("digitize", "scalar", n(), _bins, checks=_TYPED)
T("digitize", "bool", b(4), v([0, 1], "int32"), ref=False, checks=_TYPED)

_sorted = v([1.0, 2.0, 2.0, 4.0])
_rank = {"rank": bad(n(2, 2), n(3)), "side": bad(n(3), n(3), side="middle")}
T("searchsorted", "vector", _sorted, n(5, mean=2.0), refuses=_rank)
T("searchsorted", "left", _sorted, v([2.0, 0.0, 5.0]), side="left", checks=_TYPED)
T("searchsorted", "right", _sorted, v([2.0, 0.0, 5.0]), side="right", checks=_TYPED)
T("searchsorted", "matrix", _sorted, n(2, 3), checks=_TYPED)
T("searchsorted", "scalar", _sorted, v(2.0), checks=_TYPED)
T("searchsorted", "special", _sorted, v([_NAN, _INF, -_INF]), checks=_PLAIN)
T("searchsorted", "int32", v([1, 3, 5], "int32"), i(4), checks=_TYPED)
T("searchsorted", "int32 in floats", _sorted, i(4), checks=_TYPED)
T(
    "searchsorted",
    "floats in int32",
    v([1, 3, 5], "int32"),
    v([0.5, 3.5]),
    checks=_TYPED,
)
T("searchsorted", "empty", v([]), n(3), checks=_TYPED)
T("searchsorted", "NaN at the end", v([1.0, _NAN]), v([2.0, _NAN]), checks=_PLAIN)

T("isin", "vector", i(3, 4), v([2, 5, 7], "int32"))
T("isin", "default", i(4), i(3), assume_unique=False, invert=False, checks=_TYPED)
T("isin", "invert", i(3, 4), v([2, 5, 7], "int32"), invert=True, checks=_TYPED)
T("isin", "unique", v([1, 2, 3], "int32"), v([2, 3], "int32"), assume_unique=True)
T("isin", "floats", v([0.0, 1.0, 2.5]), v([-0.0, 2.5]), checks=_TYPED)
T("isin", "NaN", v([_NAN, 1.0]), v([_NAN]), checks=_PLAIN)
T("isin", "int32 and floats", i(4), v([2.0, 5.0]), checks=_TYPED)
T("isin", "int32 and halves", v([1, 2], "int32"), v([1.5, 2.0]), checks=_PLAIN)
T("isin", "uint8 and int8", v([255, 3], "uint8"), v([-1, 3], "int8"), checks=_PLAIN)
T("isin", "bool", b(4), v([True], "bool"), checks=_TYPED)
T("isin", "Python number", i(4), 2, checks=_TYPED)
T("isin", "list", i(4), [2, 5], checks=_TYPED)
T("isin", "scalar", i(), i(3), checks=_TYPED)
T("isin", "in nothing", i(4), v([], "int32"), checks=_TYPED)
T("isin", "empty", i(0, 3), i(3), checks=_TYPED)
T("isin", "in a matrix", i(4), i(2, 3), checks=_TYPED)


_bad = {"bins": bad(n(5), bins=-2), "range": bad(n(5), range=(1.0, -1.0))}
_bad |= {"float bins": bad(n(5), bins=2.5), "rank": bad(n(5, 4))}
T("histogram", "vector", n(50), refuses=_bad)
T("histogram", "four", n(20), bins=4, checks=_TYPED)
T("histogram", "default", n(20), bins=10, range=None, checks=_TYPED)
T("histogram", "range", n(50), bins=5, range=(-1.0, 1.0), checks=_TYPED)
T("histogram", "borders", v([0.0, 1.0, 2.0, 4.0]), bins=4, checks=_PLAIN)
T("histogram", "int32", i(20), bins=5, checks=_TYPED)
T("histogram", "bool", b(8), bins=2, ref=False, checks=_TYPED)
T("histogram", "equal numbers", v([2.0, 2.0]), bins=3, checks=_PLAIN)
T("histogram", "point range", v([0.0, 2.0]), bins=3, range=(1.0, 1.0), checks=_PLAIN)
T("histogram", "zero range", v([0.0, 2.0]), bins=3, range=(0, 0), checks=_PLAIN)
T("histogram", "empty", n(0), bins=3, checks=_PLAIN)
T(
    "histogram",
    "NaN",
    v([1.0, _NAN]),
    bins=3,
    range=(0.0, 2.0),
    ref=False,
    checks=_PLAIN,
)
T("histogram", "infinity", v([1.0, _INF]), bins=3, range=(0.0, 2.0), checks=_PLAIN)
