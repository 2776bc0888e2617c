"""`keras.ops` of two arguments, number by number: arithmetic."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, u, v
from multibackend.conformance.table import NUMPY, Table, bad

_INF, _NAN = float("inf"), float("nan")


def _no_nan(x: Any, y: Any) -> Any:
    return np.where(np.equal(y, 0), 0.0, np.divide(x, np.where(np.equal(y, 0), 1, y)))


T = Table("ops.binary", "keras.ops", reference=NUMPY)

_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]
_SHAPES = {"shapes": bad(n(2, 3), n(4))}
_COLUMN = v([[0.0], [-0.0], [1.0], [-2.5], [_INF], [-_INF], [_NAN]])
_ROW = v([0.0, -0.0, 2.0, -1.5, _INF, -_INF, _NAN])
# The neighbour of infinity is another one in float64.
_FINITE = v([[0.0], [-0.0], [1.0], [-2.5], [_NAN]])
# NumPy and each backend refuse truth values.
_NO_BOOLS = {"subtract": {"bool": bad(b(3), b(3))}}

_FLOAT = ["arctan2", "hypot", "logaddexp", "logaddexp2", "heaviside", "nextafter"]
_NUMBER = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "divide_no_nan",
    "floor_divide",
    "mod",
    "fmod",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
]

for _name in [*_NUMBER, *_FLOAT]:
    _ref = _no_nan if _name == "divide_no_nan" else NUMPY
    _two = n(3, 4), u(3, 4, low=0.5, high=2.0)
    T(_name, "matrices", *_two, ref=_ref, refuses=_SHAPES | _NO_BOOLS.get(_name, {}))
    _grad = ["forward", "spec", "grad_inputs"]
    T(_name, "broadcast", n(3, 1), u(2, 1, 4, low=1, high=2), ref=_ref, checks=_grad)
    T(_name, "Python float right", n(3), 2.0, ref=_ref, checks=_TYPED)
    T(_name, "Python float left", 2.0, n(3), ref=_ref, checks=_TYPED)
    _left = _FINITE if _name == "nextafter" else _COLUMN
    T(_name, "special", _left, _ROW, ref=_ref, checks=_PLAIN)
    T(_name, "alike", v([0.0, 1.0, -2.0]), v([0.0, 1.0, -2.0]), checks=["grad_inputs"])
    _whole = i(3, 4, low=-9, high=9), i(3, 4, low=1, high=5)
    T(
        _name,
        "int32",
        *_whole,
        ref=False if _name == "nextafter" else _ref,
        checks=_TYPED,
    )
    _ref = False if _name in {"heaviside", "nextafter"} else _ref
    if _name not in _NO_BOOLS:
        T(_name, "bool", b(3, 4), v([True], "bool"), ref=_ref, checks=_TYPED)

for _name in ["add", "divide", "mod", "arctan2", "hypot", "logaddexp", "fmax"]:
    T(_name, "scalars", n(), u(low=0.5, high=2.0), checks=_TYPED)
    T(_name, "empty", n(0, 3), n(3), checks=_TYPED)

# By zero, and of negative numbers.
_SIGNS = v([[7], [-7], [0]], "int32"), v([3, -3, 1], "int32")
_FLOATS = v([[7.5], [-7.5], [0.0], [-0.0]]), v([3.0, -3.0, 2.5, -2.5])
for _name in ["divide", "true_divide", "floor_divide", "mod", "fmod", "divide_no_nan"]:
    _ref = _no_nan if _name == "divide_no_nan" else NUMPY
    T(_name, "signs of int32", *_SIGNS, ref=_ref, checks=_TYPED)
    T(_name, "signs of floats", *_FLOATS, ref=_ref, checks=_PLAIN)
    _by_zero = v([5, -5, 0], "int32"), v([0, 0, 0], "int32")
    T(_name, "int32 by zero", *_by_zero, ref=False, checks=_PLAIN)
    T(_name, "slope at zero", v([2.0, 0.0]), v([0.0, 0.0]), checks=["grad_inputs"])
    _bytes = v([200, 7, 0], "uint8"), v([3, 255, 1], "uint8")
    T(_name, "uint8", *_bytes, ref=_ref, checks=_TYPED)
T("floor_divide", "rounding", v([1.0, 0.3, -0.3]), v([0.1, 0.1, 0.1]), checks=_PLAIN)
T("mod", "small negative", v([-1e-9, 1e-9]), v([3.0, -3.0]), checks=_PLAIN)
T("mod", "int8 at its end", v([-128, 127], "int8"), v([-1, -128], "int8"))


# The next float32 is no other number once it is rounded from float64.
T(
    "nextafter",
    "is another number",
    v([1.0, -3.0, 0.5]),
    v([2.0, 2.0, 2.0]),
    run=lambda keras, x, y: keras.ops.greater(keras.ops.nextafter(x, y), x),
    ref=lambda x, y: np.greater(np.nextafter(x, y), x),
    checks=_PLAIN,
)

# Wrapped around.
for _name in ["add", "subtract", "multiply"]:
    _bytes = v([200, 7, 255], "uint8"), v([100, 9, 255], "uint8")
    T(_name, "uint8 overflow", *_bytes, checks=_TYPED)
    _ends = v([2**31 - 1, -(2**31)], "int32")
    T(_name, "int32 overflow", _ends, _ends, checks=_PLAIN)
    T(
        _name,
        "int8 overflow",
        v([127, -128], "int8"),
        v([127, 3], "int8"),
        checks=_TYPED,
    )
    T(_name, "float overflow", v([3e38, -3e38]), v([3e38, 3e38]), checks=_PLAIN)
    T(_name, "int32 left", i(3), 3, checks=_TYPED)
    T(_name, "uint8 and Python int", v([250, 3], "uint8"), 7, checks=_TYPED)

# Powers.
_BASES = v([[0.0], [-0.0], [1.0], [-1.0], [2.0], [-2.0], [_INF], [-_INF], [_NAN]])
_EXPONENTS = v([0.0, 1.0, -1.0, 2.0, 3.0, 0.5, -0.5, _INF, -_INF, _NAN])
_power = u(3, 4, low=0.5, high=2.0), n(3, 4)
_refused = {"negative int32": bad(v([2], "int32"), v([-1], "int32"))}
T("power", "matrices", *_power, refuses=_SHAPES | _refused)
T("power", "broadcast", u(3, 1, low=0.5, high=2.0), n(4), checks=_TYPED)
T("power", "special", _BASES, _EXPONENTS, checks=_PLAIN)
T("power", "Python int", n(3), 2, checks=["forward", "spec", "grad_inputs"])
T("power", "Python float", u(3), 0.5, checks=["forward", "spec", "grad_inputs"])
T("power", "Python base", 2, n(3), checks=_TYPED)
T(
    "power",
    "slope of zero",
    v([0.0, 0.0, 0.0]),
    v([1.0, 2.0, 0.0]),
    checks=["grad_inputs"],
)
T("power", "slope of negative", v([-2.0, -1.0]), v([2.0, 3.0]), checks=["grad_inputs"])
T("power", "int32", i(3, 4, low=-3, high=4), i(3, 4, low=0, high=4), checks=_TYPED)
_up = v([10, 3], "int32"), v([10, 21], "int32")
T("power", "int32 overflow", *_up, ref=False, checks=_PLAIN)
T("power", "uint8", v([2, 3, 16], "uint8"), v([7, 5, 2], "uint8"), checks=_TYPED)
T("power", "int32 and Python int", v([2, -3], "int32"), 2, checks=_TYPED)
T("power", "int32 and Python float", v([2, 3], "int32"), 0.5, checks=_TYPED)
T("power", "bool", b(4), v([True], "bool"), ref=False, checks=_TYPED)
T("power", "empty", n(0, 3), n(3), checks=_TYPED)

T("hypot", "large", v([3e30, 1e38]), v([4e30, 3e38]), checks=_PLAIN)
T("hypot", "small", v([3e-30]), v([4e-30]), checks=_PLAIN)
T("logaddexp", "far apart", v([1000.0, -1000.0, 0.0]), v([-1000.0, 1000.0, 1e-9]))
T("logaddexp2", "far apart", v([1000.0, -1000.0, 0.0]), v([-1000.0, 1000.0, 1e-9]))
T("arctan2", "int32 quadrants", v([1, -1, 0], "int32"), v([-1, -1, -1], "int32"))

_exponents = i(3, 4, low=-3, high=4)
_float_exponent = {"float exponent": bad(n(3), n(3))}
T("ldexp", "matrices", n(3, 4), _exponents, refuses=_float_exponent)
T("ldexp", "broadcast", n(3, 1), i(4, low=-3, high=4), checks=_TYPED)
T("ldexp", "int32", i(3), i(3), checks=_TYPED)
T("ldexp", "Python int", n(3), 2, ref=False, checks=_TYPED)
T("ldexp", "far", v([1.0, 1.0, 1.0]), v([127, -126, 200], "int32"), checks=_PLAIN)
T("ldexp", "fraction far", v([2e-38, 1e38]), v([130, -150], "int32"), checks=_PLAIN)
T("ldexp", "special", _COLUMN, v([0, 3, -3], "int32"), checks=_PLAIN)
T("ldexp", "int8 exponent", n(3), v([1, -2, 3], "int8"), checks=_TYPED)

for _name in ["gcd", "lcm"]:
    T(_name, "matrices", i(3, 4, low=1, high=60), i(3, 4, low=1, high=60))
    T(_name, "signs", v([[12], [-12], [0]], "int32"), v([18, -18, 0], "int32"))
    T(_name, "broadcast", i(3, 1, low=1, high=60), i(4, low=1, high=60), checks=_TYPED)
    T(_name, "uint8", v([12, 200], "uint8"), v([18, 150], "uint8"), checks=_TYPED)
    T(_name, "Python int", i(3, low=1), 6, checks=_TYPED)
    T(_name, "empty", i(0), i(0), checks=_TYPED)
    T(_name, "int8 and int32", v([12], "int8"), v([1000], "int32"), checks=_TYPED)
