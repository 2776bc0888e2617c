"""`keras.ops` that reduce axes: sums, means, ends, counts and where the ends are."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, perm, u, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.reduce", "keras.ops", reference=NUMPY)
T.alone("max", "min")

_INF, _NAN = float("inf"), float("nan")
_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]
_GRAD = ["forward", "grad_inputs"]

_FLOAT = ["sum", "prod", "mean", "var", "std"]
_ENDS = ["max", "min", "amax", "amin", "ptp"]
_TRUTH = ["any", "all", "count_nonzero"]
_PLACES = ["argmax", "argmin"]
_ONE_AXIS = {"argmax", "argmin"}
_NOT_KEPT = {"count_nonzero"}

for _name in [*_FLOAT, *_ENDS, *_TRUTH, *_PLACES]:
    _draw = b if _name in _TRUTH else perm if _name in _ENDS + _PLACES else n
    _refused = {"axis": bad(n(3, 4), axis=2), "negative": bad(n(3, 4), axis=-3)}
    T(_name, "all", _draw(3, 4), refuses=_refused)
    T(_name, "axis", _draw(2, 3, 4), axis=1, checks=_TYPED)
    T(_name, "negative axis", _draw(2, 3, 4), axis=-3, checks=_PLAIN)
    if _name not in _NOT_KEPT:
        T(_name, "kept", _draw(2, 3, 4), axis=-1, keepdims=True, checks=_TYPED)
        T(_name, "all kept", _draw(2, 3), keepdims=True, checks=_TYPED)
    if _name not in _ONE_AXIS:
        T(
            _name,
            "two axes",
            _draw(2, 3, 4),
            axis=(0, -1),
            checks=[*_TYPED, "errors"],
            refuses={"twice": bad(n(2, 3, 4), axis=(0, -3))},
        )
        T(_name, "axis of none", _draw(2, 3), axis=(), checks=_TYPED)
    if _name in {"amax", "amin"}:
        continue  # as max and min from here
    T(_name, "scalar", _draw(), checks=_TYPED)
    T(_name, "NaN", v([[1.0, _NAN, 3.0], [3.0, 2.0, 1.0]]), axis=1, checks=_PLAIN)
    T(_name, "infinities", v([[1.0, _INF], [_INF, -_INF]]), axis=1, checks=_PLAIN)
    T(_name, "empty", n(0, 3), axis=1, checks=_TYPED)
    T(_name, "int32", i(3, 4, low=-5, high=5), axis=0, checks=_TYPED)
    T(_name, "uint8", i(3, 40, high=255, dtype="uint8"), axis=1, checks=_TYPED)
    if _name != "ptp":
        T(_name, "bool", b(3, 4), axis=0, ref=False, checks=_TYPED)
    T(_name, "many", u(3000), checks=_PLAIN)

for _name in ["sum", "mean", "max", "any", "argmax"]:
    T(_name, "list", [[1.0, 2.0], [4.0, 3.0]], checks=_PLAIN)
    T(_name, "defaults", n(2, 3), axis=None, keepdims=False, checks=_TYPED)
for _name in ["sum", "max", "any", "var"]:
    T(_name, "axes in a list", n(2, 3, 4), axis=[0, 2], ref=False, checks=_TYPED)
for _name in _FLOAT:
    T(_name, "int8", i(3, 4, low=-99, high=99, dtype="int8"), axis=1, checks=_TYPED)
    T(_name, "over nothing", n(0, 3), axis=0, checks=_TYPED)
    T(
        _name,
        "float16 beyond its range",
        u(400, low=250, high=300),
        run=lambda keras, x, _name=_name: getattr(keras.ops, _name)(
            keras.ops.cast(keras.ops.round(x), "float16")
        ),
        ref=False,
        checks=_PLAIN,
    )
T("prod", "slope at zeros", v([[0.0, 2.0, 3.0], [0.0, 0.0, 4.0]]), axis=1, checks=_GRAD)
T("prod", "dtype", i(3, low=1), dtype="float32", checks=_TYPED)
T("prod", "default", n(3, 4), axis=None, keepdims=False, dtype=None, checks=_TYPED)
T("var", "of one", n(3, 1), axis=1, checks=_GRAD)
T("std", "of equals", v([2.0, 2.0, 2.0]), checks=_GRAD)
T("var", "far from zero", n(1000, mean=1000.0), checks=_PLAIN)
T("std", "far from zero", n(1000, mean=1000.0), checks=_PLAIN)
T("mean", "large", v([3e38, 3e38]), checks=_PLAIN)
T("mean", "int32 beyond float32", v([2**31 - 1, 2**31 - 1], "int32"), checks=_PLAIN)
T("sum", "int64", i(3, dtype="int64"), checks=_TYPED)
T("sum", "uint32", i(3, dtype="uint32"), checks=_TYPED)
T("sum", "int32 overflow", v([2**31 - 1, 1], "int32"), ref=False, checks=_PLAIN)
T("sum", "cancelling", v([1e8, 1.0, -1e8]), ref=False, checks=_PLAIN)
T("sum", "tensors in a list", [n(3), n(3)], checks=_PLAIN)
T("mean", "tensors in a list", [n(3), n(3)], checks=_PLAIN)

for _name in ["max", "min", "amax", "amin"]:
    _ties = v([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    T(_name, "ties", _ties, checks=_GRAD)
    T(_name, "ties along an axis", _ties, axis=1, checks=_GRAD)
    T(_name, "signed zeros", v([[0.0, -0.0], [-0.0, 0.0]]), axis=1, checks=_PLAIN)
for _name in [*_ENDS, *_PLACES]:
    T(
        _name,
        "over something",
        n(3),
        checks=["errors"],
        refuses={
            "nothing": bad(n(0)),
            "axis": bad(n(0, 3), axis=0),
        },
    )
for _name in ["max", "min"]:
    T(_name, "initial", n(3, 4), axis=1, initial=0.25, checks=_TYPED)
    T(_name, "initial of nothing", n(0), initial=2.0, checks=_TYPED)
    T(_name, "initial of no rows", n(0, 3), axis=0, initial=2.0, checks=_TYPED)
    T(_name, "initial of int32", i(3), initial=4, checks=_TYPED)
    T(_name, "initial of scalars", n(), initial=0.5, checks=_PLAIN)

for _name in _PLACES:
    T(_name, "ties", v([[1.0, 3.0, 3.0], [0.0, 0.0, 5.0]]), axis=1, checks=_TYPED)
    T(_name, "many ties", v([0.0] * 50), checks=_PLAIN)
    T(_name, "NaN alone", v([_NAN, _NAN]), checks=_PLAIN)
    T(_name, "NaN twice", v([1.0, _NAN, 2.0, _NAN]), checks=_PLAIN)
    T(_name, "signed zeros", v([[0.0, -0.0], [-0.0, 0.0]]), axis=1, checks=_PLAIN)
    T(_name, "subnormal", v([0.0, 1e-40, -1e-40, 0.0]), checks=_PLAIN)
    T(_name, "true values", v([[False, True, True]], "bool"), axis=1, checks=_TYPED)
    T(_name, "uint8 ties", v([[255, 0, 255, 0]], "uint8"), axis=1, checks=_TYPED)
for _name in _TRUTH:
    T(_name, "floats", v([[0.0, -0.0], [_NAN, 0.5]]), axis=1, checks=_TYPED)
    T(_name, "subnormal", v([[0.0, 1e-40]]), axis=1, checks=_PLAIN)
    T(_name, "over nothing", n(0, 3), axis=0, checks=_TYPED)


def _moments(x: Any, axes: Any, **_: Any) -> tuple[Any, Any]:
    axes = tuple(axes) if isinstance(axes, list) else axes
    return np.mean(x, axes), np.var(x, axes)


T("moments", "axis", n(3, 4), axes=[0], ref=_moments, refuses={"axis": bad(n(3), [1])})
T("moments", "axes kept", n(2, 3, 4), axes=[0, 2], keepdims=True, ref=False)
T("moments", "a number for axes", n(2, 3), axes=1, ref=_moments, checks=_TYPED)
T("moments", "no axes", n(2, 3), axes=None, ref=_moments, checks=_TYPED)
T("moments", "axis of none", n(2, 3), axes=[], ref=False, checks=_TYPED)
T("moments", "default", n(2, 3), [-1], keepdims=False, synchronized=False, ref=_moments)
T("moments", "int32", i(3, 4), axes=[0], ref=_moments, checks=_TYPED)
T("moments", "empty", n(0, 3), axes=[0], ref=_moments, checks=_TYPED)
T(
    "moments",
    "far from zero",
    n(1000, mean=100.0),
    axes=[0],
    ref=_moments,
    checks=_PLAIN,
)
T(
    "moments",
    "float16 beyond its range",
    u(400, low=250, high=300),
    run=lambda keras, x: keras.ops.moments(
        keras.ops.cast(keras.ops.round(x), "float16"), axes=[0]
    ),
    ref=False,
    checks=_PLAIN,
)
T("ptp", "truth values", n(3), checks=["errors"], refuses={"bool": bad(b(3))})
