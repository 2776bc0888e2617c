"""`keras.ops` that make tensors from numbers and shapes."""

from typing import Any

from multibackend.conformance.draws import b, i, n, u, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.create", "keras.ops", reference=NUMPY)
T.alone("arange")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_INF, _NAN = float("inf"), float("nan")

# Only what NumPy's dtypes do not decide: NumPy counts in int64 and float64.
T(
    "arange",
    "plain",
    5,
    refuses={"no step": bad(0, 5, 0), "bool": bad(2, dtype="bool")},
)
T("arange", "start and stop", 2, 7)
T("arange", "step", 1, 10, 3)
T("arange", "negative step", 5, -2, -2)
T("arange", "floats", 0.5, 3.0, 0.25)
T("arange", "negative floats", 1.0, -1.0, -0.5)
T("arange", "tenths", 0.0, 1.0, 0.1)
T("arange", "float stop", 3.5)
T("arange", "mixed", 0, 2, 0.5)
T("arange", "empty", 5, 2)
T("arange", "negative stop", -3)
T("arange", "int8", 3, dtype="int8")
T("arange", "uint8", 250, 256, dtype="uint8")
T("arange", "float16", 0, 2, 0.5, dtype="float16")
T("arange", "bfloat16", 4, dtype="bfloat16", ref=False)
T("arange", "int64", 3, dtype="int64")
T("arange", "floats as int32", 0.5, 4.0, dtype="int32", ref=False)
T("arange", "float step as int32", 0, 4, 1.5, dtype="int32", ref=False)
T("arange", "start by keyword", start=1, stop=4, step=2, dtype="int32")
T(
    "arange",
    "tensors",
    i(low=5, high=6),
    run=lambda keras, stop: keras.ops.arange(stop),
    checks=_FORWARD,
    ref=False,
)

T("linspace", "plain", 0.0, 1.0)
T("linspace", "draws", n(), n(), num=7, refuses={"negative": bad(0.0, 1.0, num=-1)})
T("linspace", "arrays", n(3), n(3), num=4)
T("linspace", "axis", n(3), n(3), num=4, axis=1, checks=_EDGE)
T("linspace", "negative axis", n(2, 3), n(2, 3), num=2, axis=-1, checks=_EDGE)
T("linspace", "broadcast", n(3), 1.0, num=4, checks=["forward", "spec", "grad_inputs"])
T("linspace", "open", 0.0, 1.0, num=4, endpoint=False)
T("linspace", "open arrays", n(3), n(3), num=3, endpoint=False, checks=_EDGE)
T("linspace", "retstep", n(3), n(3), num=5, retstep=True, checks=_EDGE)
T(
    "linspace",
    "retstep open",
    n(3),
    n(3),
    num=5,
    retstep=True,
    endpoint=False,
    checks=_EDGE,
)
T("linspace", "retstep of one", 0.0, 1.0, num=1, retstep=True)
T("linspace", "one", 2.0, 5.0, num=1)
T("linspace", "none", 0.0, 1.0, num=0)
T("linspace", "downwards", 5, -5, num=5)
T("linspace", "int32", 0, 10, num=4, dtype="int32")
T("linspace", "negative int32", -5, 5, num=4, dtype="int32")
T("linspace", "float16", 0, 1, num=5, dtype="float16")
T("linspace", "whole numbers", i(2), i(2), num=3, checks=_EDGE)
T("linspace", "infinite", 0.0, _INF, num=3)
T("linspace", "same", 3.0, 3.0, num=3)
T("linspace", "large", -3e38, 3e38, num=5, ref=False)

T("logspace", "plain", 0.0, 2.0, num=5)
T("logspace", "arrays", u(3), u(3), num=4)
T("logspace", "base two", u(2), u(2), num=4, base=2, checks=_EDGE)
T("logspace", "open", 0.0, 1.0, num=4, endpoint=False)
T("logspace", "axis", u(3), u(3), num=4, axis=-1, checks=_EDGE)
T("logspace", "int32", 0, 3, num=4, dtype="int32")
T("logspace", "one", 1.0, 2.0, num=1)
T("logspace", "none", 1.0, 2.0, num=0)
T("logspace", "default", 0, 1)
T("logspace", "whole numbers", i(2, high=3), i(2, high=3), num=3, checks=_EDGE)
T("geomspace", "plain", 1.0, 1000.0, num=4)
T("geomspace", "arrays", u(3, low=1.0, high=2.0), u(3, low=3.0, high=4.0), num=4)
T("geomspace", "open", 1.0, 16.0, num=4, endpoint=False)
T(
    "geomspace",
    "axis",
    u(3, low=1.0, high=2.0),
    u(3, low=3.0, high=4.0),
    num=4,
    axis=-1,
    checks=_EDGE,
)
T("geomspace", "negative", -1.0, -1000.0, num=4)
T("geomspace", "downwards", 8.0, 1.0, num=4)
T("geomspace", "int32", 1, 8, num=4, dtype="int32")
T("geomspace", "one", 2.0, 3.0, num=1)
T("geomspace", "none", 2.0, 3.0, num=0)
T("geomspace", "default", 1, 2)
T(
    "geomspace",
    "whole numbers",
    v([1, 2], "int32"),
    v([8, 16], "int32"),
    num=4,
    checks=_EDGE,
)

for _name in ("zeros", "ones"):
    T(_name, "plain", (2, 3))
    T(_name, "scalar", ())
    T(_name, "number", 3)
    T(_name, "empty", (0, 2), refuses={"negative": bad((-1, 2))})
    T(_name, "list", [2, 2])
    for _dtype in ("int8", "bool", "float16", "int64", "uint32"):
        T(_name, _dtype, (2,), dtype=_dtype)
    T(_name, "bfloat16", (2,), dtype="bfloat16", ref=False)
    T(f"{_name}_like", "plain", n(2, 3))
    T(f"{_name}_like", "dtype", n(2, 3), dtype="int32", checks=_EDGE)
    T(f"{_name}_like", "bool", b(3), checks=_EDGE)
    T(f"{_name}_like", "uint8", i(3, dtype="uint8"), checks=_EDGE)
    T(f"{_name}_like", "scalar", n(), checks=_EDGE)
    T(f"{_name}_like", "empty", n(0, 2), checks=_EDGE)


# What is in it, nobody knows: shapes and dtypes only.
def _shape_of(keras: Any, made: Any) -> tuple[list[Any], Any]:
    return [*keras.ops.shape(made)], keras.ops.zeros_like(made)


T(
    "empty",
    "plain",
    (2, 3),
    run=lambda keras, s: _shape_of(keras, keras.ops.empty(s)),
    ref=False,
)
T(
    "empty",
    "dtype",
    (2,),
    run=lambda keras, s: _shape_of(keras, keras.ops.empty(s, "int8")),
    ref=False,
)
T(
    "empty",
    "nothing",
    (0, 2),
    run=lambda keras, s: _shape_of(keras, keras.ops.empty(s)),
    ref=False,
)
T(
    "empty_like",
    "plain",
    n(2, 3),
    run=lambda keras, x: keras.ops.zeros_like(keras.ops.empty_like(x)),
    ref=False,
    checks=_EDGE,
)
T(
    "empty_like",
    "dtype",
    n(2, 3),
    run=lambda keras, x: keras.ops.zeros_like(keras.ops.empty_like(x, dtype="int8")),
    ref=False,
    checks=_EDGE,
)

T("full", "plain", (2, 3), 2.5)
T("full", "whole number", (2,), 3, ref=False)
T("full", "bool", (2,), True, ref=False)
T("full", "dtype", (2,), 2.7, dtype="int32")
T("full", "negative into uint8", (2,), -1, dtype="uint8", ref=False)
T("full", "infinite", (2,), _INF)
T("full", "number", 3, 1.5)
T(
    "full",
    "broadcast",
    (2, 3),
    n(3),
    checks=["forward", "errors"],
    refuses={"shape": bad((2,), n(3))},
)
T("full", "empty", (0,), 1.0)
T("full_like", "plain", n(2, 3), 2.5)
T("full_like", "fraction into whole numbers", i(3), 2.5, checks=_EDGE)
T("full_like", "bool", b(3), True, checks=_EDGE)
T("full_like", "dtype", n(2), 3, dtype="int8", checks=_EDGE)
T("full_like", "broadcast", n(2, 3), n(3), checks=_EDGE)
T("full_like", "not a number", n(2), _NAN, checks=_EDGE)

T("eye", "plain", 3)
T("eye", "wide", 2, 4)
T("eye", "tall", 4, 2)
T("eye", "above", 3, 4, k=1)
T("eye", "below", 4, 3, k=-2)
T("eye", "beyond", 2, 2, k=5)
T("eye", "int32", 2, dtype="int32")
T("eye", "bool", 2, dtype="bool")
T("eye", "empty", 0, refuses={"negative": bad(-1), "fraction": bad(2.5)})
T("identity", "plain", 3)
T("identity", "int8", 2, dtype="int8")
T("identity", "empty", 0, refuses={"negative": bad(-1)})
T("tri", "plain", 3)
T("tri", "wide", 2, 4)
T("tri", "above", 3, 4, k=1)
T("tri", "below", 4, 3, k=-2)
T("tri", "int32", 2, dtype="int32")
T("tri", "bool", 2, dtype="bool")
T("tri", "empty", 0, refuses={"negative": bad(-1)})
T(
    "vander",
    "plain",
    n(3),
    refuses={"matrix": bad(n(2, 2)), "negative": bad(n(2), N=-1)},
)
T("vander", "columns", n(3), N=4)
T(
    "vander",
    "increasing",
    n(3),
    N=2,
    increasing=True,
    checks=["forward", "spec", "grad_inputs"],
)
T("vander", "whole numbers", i(3, high=4), checks=_EDGE)
T("vander", "uint8", i(3, dtype="uint8"), N=2, checks=_EDGE)
T("vander", "zero", v([0.0, 1.0]), N=3, checks=["forward", "grad_inputs"])
T("vander", "no columns", n(3), N=0, checks=_EDGE)
T("vander", "empty", n(0), N=2, checks=_EDGE)
