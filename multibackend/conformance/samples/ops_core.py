"""`keras.ops` that make, convert and describe tensors."""

import numpy as np

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import Table, bad

T = Table("ops.core", "keras.ops")
# These look at values, or are refused by a compiler.
T.alone("convert_to_numpy", "is_tensor", "saturate_cast")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_INF, _NAN = float("inf"), float("nan")

for _name in ("convert_to_tensor", "array"):
    T(_name, "plain", n(2, 3), ref=lambda x, **_: x)
    T(_name, "list", [1.0, 2.5])
    T(_name, "whole numbers", [1, 2])
    T(_name, "truth values", [True, False])
    T(_name, "mixed list", [1, 2.5, True])
    T(_name, "number", 3)
    T(_name, "float", 2.5)
    T(_name, "bool", True)
    T(
        _name,
        "nested",
        [[1, 2], [3, 4]],
        refuses={
            "ragged": bad([[1, 2], [3]]),
            "text": bad(["a"], dtype="float32"),
            "beyond int32": bad([3_000_000_000], dtype="int32"),
        },
    )
    T(_name, "empty", [])
    T(_name, "large whole number", 3_000_000_000)
    T(_name, "dtype", [1.7, -1.7], dtype="int32")
    T(_name, "float16", [1.0, 70000.0], dtype="float16")
    T(_name, "bfloat16", [1.0, 1.00390625], dtype="bfloat16")
    T(_name, "as bool", [0.0, 0.5, -0.0, _NAN], dtype="bool")
    T(_name, "as uint8", [1, 255], dtype="uint8")
    T(_name, "as int64", [1, 2], dtype="int64")
    T(_name, "as float64", [1.0, 2.0], dtype="float64")
    T(_name, "array of int64", v([1, 2], "int64"), checks=_FORWARD)
    T(_name, "float32 to int8", n(3, std=3.0), dtype="int8", checks=_FORWARD)
    T(
        _name,
        "float64 array",
        [0.0],
        run=lambda k, _, f=_name: getattr(k.ops, f)(np.array([1.0, 2.0])),
    )
    T(
        _name,
        "int64 array",
        [0.0],
        run=lambda k, _, f=_name: getattr(k.ops, f)(np.array([1, 2], "int64")),
    )
    T(
        _name,
        "uint16 array",
        [0.0],
        run=lambda k, _, f=_name: getattr(k.ops, f)(np.array([1, 2], "uint16")),
    )
    T(
        _name,
        "uint32 array",
        [0.0],
        run=lambda k, _, f=_name: getattr(k.ops, f)(np.array([1, 2], "uint32")),
    )
    T(
        _name,
        "complex64 array",
        [0.0],
        run=lambda k, _, f=_name: getattr(k.ops, f)(np.array([1 + 2j], "complex64")),
    )
    T(
        _name,
        "list of tensors",
        n(2),
        n(2),
        run=lambda k, x, y, f=_name: getattr(k.ops, f)([x, y]),
        ref=lambda x, y: np.stack([x, y]),
        checks=_FORWARD,
    )
    T(
        _name,
        "list of tensors and numbers",
        n(),
        run=lambda k, x, f=_name: getattr(k.ops, f)([x, 2.0]),
        ref=lambda x: np.stack([x, 2.0]),
        checks=_FORWARD,
    )
    T(
        _name,
        "negative strides",
        [0.0],
        run=lambda k, _, f=_name: getattr(k.ops, f)(
            np.arange(3.0, dtype="float32")[::-1]
        ),
    )
    T(_name, "tuple", (1.0, 2.0))
    T(_name, "range", [0.0], run=lambda k, _, f=_name: getattr(k.ops, f)(range(3)))
    T(
        _name,
        "variable",
        n(2),
        run=lambda k, x, f=_name: (
            getattr(k.ops, f)(k.Variable(np.ones(2, "float32"))) + x
        ),
        ref=lambda x: x + 1,
        checks=_FORWARD,
    )

T(
    "convert_to_numpy",
    "plain",
    n(2, 3),
    run=lambda k, x: k.ops.convert_to_numpy(x),
    ref=lambda x: x,
    checks=_FORWARD,
)
for _dtype in ("bfloat16", "float16", "int8", "bool", "uint16", "int64"):
    T(
        "convert_to_numpy",
        _dtype,
        v([0.0, 1.0, 2.0]),
        _dtype,
        run=lambda k, x, d: np.array(
            str(k.ops.convert_to_numpy(k.ops.cast(x, d)).dtype) == d
        ),
        ref=lambda x, d: np.array(True),
        checks=_FORWARD,
    )
T("convert_to_numpy", "list", [1.0, 2.0], run=lambda k, x: k.ops.convert_to_numpy(x))
T("convert_to_numpy", "number", 3, run=lambda k, x: k.ops.convert_to_numpy(x))
T(
    "convert_to_numpy",
    "writable",
    v([0.0, 1.0]),
    run=lambda k, x: np.array(k.ops.convert_to_numpy(x).flags.writeable),
    checks=_FORWARD,
)
T(
    "convert_to_numpy",
    "variable",
    [0.0],
    run=lambda k, _: k.ops.convert_to_numpy(k.Variable(np.ones(2, "float32"))),
)

T("copy", "plain", n(2, 3), ref=np.copy)
T("copy", "bool", b(3), ref=np.copy, checks=_EDGE)
T("copy", "whole numbers", i(3), ref=np.copy, checks=_EDGE)
T("copy", "scalar", n(), ref=np.copy, checks=_EDGE)
T("copy", "list", [1.0, 2.0])

T(
    "shape",
    "plain",
    n(2, 3),
    run=lambda k, x: [*k.ops.shape(x)],
    ref=lambda x: [*x.shape],
    checks=_FORWARD,
)
T(
    "shape",
    "scalar",
    n(),
    run=lambda k, x: np.array(k.ops.shape(x) == ()),
    ref=lambda x: np.array(True),
    checks=_FORWARD,
)
T("size", "plain", n(2, 3), ref=np.size, checks=_EDGE)
T("size", "scalar", n(), ref=np.size, checks=_EDGE)
T("size", "empty", n(0, 3), ref=np.size, checks=_EDGE)
T("size", "list", [[1, 2], [3, 4]], ref=np.size)
T("ndim", "plain", n(2, 3), ref=np.ndim, checks=_EDGE)
T("ndim", "scalar", n(), ref=np.ndim, checks=_EDGE)
T("ndim", "list", [[1, 2], [3, 4]], ref=np.ndim)

_DTYPES = (
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "bool",
)
for _dtype in _DTYPES:
    T(
        "dtype",
        _dtype,
        v([0.0, 1.0]),
        _dtype,
        run=lambda k, x, d: np.array(k.ops.dtype(k.ops.cast(x, d)) == d),
        ref=lambda x, d: np.array(True),
        checks=_FORWARD,
    )
T(
    "dtype",
    "array",
    [0.0],
    run=lambda k, _: np.array(k.ops.dtype(np.ones(2, "int8")) == "int8"),
    ref=lambda _: np.array(True),
)
T(
    "is_tensor",
    "plain",
    n(2),
    run=lambda k, x: np.array(
        [
            k.ops.is_tensor(x),
            k.ops.is_tensor(k.ops.convert_to_numpy(x)),
            k.ops.is_tensor([1.0]),
            k.ops.is_tensor(2.0),
        ]
    ),
    ref=lambda x: np.array([True, False, False, False]),
    checks=_FORWARD,
)
T(
    "is_tensor",
    "variable",
    [0.0],
    run=lambda k, _: np.array(k.ops.is_tensor(k.Variable(np.ones(2, "float32")))),
)
T(
    "is_tensor",
    "symbolic",
    [0.0],
    run=lambda k, _: np.array(k.ops.is_tensor(k.KerasTensor((2,)))),
)

_FLOATS = v([-1.5, -0.0, 0.5, 1.5, 2.5, 100.0])
for _dtype in _DTYPES:
    if _dtype.startswith("u"):
        T("cast", f"to {_dtype}", v([0.0, 0.5, 2.5, 100.0]), _dtype, checks=_EDGE)
    else:
        T("cast", f"to {_dtype}", _FLOATS, _dtype, checks=_EDGE)
T(
    "cast",
    "plain",
    n(2, 3),
    "float16",
    refuses={"dtype": bad(n(2), "nowhere")},
    checks=["forward", "spec", "grad_inputs", "jit", "errors"],
)
T(
    "cast",
    "wrap int32 to int8",
    v([127, 128, 255, -129], "int32"),
    "int8",
    checks=_FORWARD,
)
T("cast", "wrap int32 to uint8", v([-1, 256, 300], "int32"), "uint8", checks=_FORWARD)
T("cast", "bool to float32", b(4), "float32", checks=_EDGE)
T("cast", "not a number to bool", v([_NAN, _INF, 0.0]), "bool", checks=_FORWARD)
T("cast", "float16 overflow", v([70000.0, -70000.0, 1e-8]), "float16", checks=_FORWARD)
T("cast", "beyond int32", v([3e9, -3e9]), "int32", checks=_FORWARD)
T("cast", "beyond int8", v([200.0, -200.0]), "int8", checks=_FORWARD)
T("cast", "negative to uint8", v([-1.0, 300.0]), "uint8", checks=_FORWARD)
T("cast", "not a number to int32", v([_NAN, _INF, -_INF]), "int32", checks=_FORWARD)
T("cast", "to complex64", n(3), "complex64", checks=_EDGE)
T(
    "cast",
    "gradient through whole numbers",
    n(3),
    run=lambda k, x: x * k.ops.cast(k.ops.cast(x, "int32"), "float32"),
    checks=["forward", "grad_inputs"],
)


def _saturated(x: np.ndarray, dtype: str) -> np.ndarray:
    info = np.iinfo(dtype)
    return np.clip(x, info.min, info.max).astype(dtype)


T(
    "saturate_cast",
    "plain",
    n(3),
    "float16",
    checks=["forward", "spec", "grad_inputs", "jit"],
)
for _dtype in ("int8", "uint8", "int16"):
    T(
        "saturate_cast",
        f"to {_dtype}",
        v([-1e5, -1.5, 0.5, 200.0, 1e5]),
        _dtype,
        ref=_saturated,
        checks=_EDGE,
    )
    T(
        "saturate_cast",
        f"int32 to {_dtype}",
        v([-100000, -1, 200, 100000], "int32"),
        _dtype,
        ref=_saturated,
        checks=_EDGE,
    )
T("saturate_cast", "to int32", v([-3e9, 3e9, 1.5]), "int32", checks=_FORWARD)
T("saturate_cast", "to float16", v([1e6, -1e6, _INF]), "float16", checks=_FORWARD)
T("saturate_cast", "to bool", v([-2.0, 0.0, 0.5, 2.0]), "bool", checks=_FORWARD)
T("saturate_cast", "bool to int8", b(3), "int8", checks=_EDGE)
T(
    "saturate_cast",
    "not a number to int8",
    v([_NAN, _INF, -_INF]),
    "int8",
    checks=_FORWARD,
)
T(
    "saturate_cast",
    "uint8 to int8",
    v([0, 127, 255], "uint8"),
    "int8",
    ref=_saturated,
    checks=_EDGE,
)
