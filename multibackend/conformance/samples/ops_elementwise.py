"""`keras.ops` of one argument, number by number."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import Draw, b, i, n, u, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.elementwise", "keras.ops", reference=NUMPY)

_INF, _NAN = float("inf"), float("nan")
_SPECIAL = v([0.0, -0.0, 1.0, -1.0, _INF, -_INF, _NAN])
_LARGE = v([0.5, 2.5, -2.5, 30.0, -30.0, 100.0, -100.0, 3e9])


def _pm(*shape: int) -> Draw:
    return u(*shape, low=-0.9, high=0.9)


def _above(*shape: int) -> Draw:
    return u(*shape, low=1.1, high=4.0)


def _positive(*shape: int) -> Draw:
    return u(*shape, low=0.1, high=4.0)


def _wide(*shape: int) -> Draw:
    return n(*shape, std=4.0)


#: What each function is ordinarily called on.
_DRAWS = {
    "abs": n,
    "absolute": n,
    "angle": n,
    "arccos": _pm,
    "arccosh": _above,
    "arcsin": _pm,
    "arcsinh": n,
    "arctan": n,
    "arctanh": _pm,
    "cbrt": n,
    "ceil": _wide,
    "conj": n,
    "conjugate": n,
    "cos": n,
    "cosh": n,
    "deg2rad": _wide,
    "exp": n,
    "exp2": n,
    "expm1": n,
    "fabs": n,
    "floor": _wide,
    "i0": n,
    "imag": n,
    "isfinite": n,
    "isinf": n,
    "isnan": n,
    "isneginf": n,
    "isposinf": n,
    "isreal": n,
    "log": _positive,
    "log10": _positive,
    "log1p": _positive,
    "log2": _positive,
    "logical_not": n,
    "nan_to_num": n,
    "negative": n,
    "rad2deg": n,
    "real": n,
    "reciprocal": _above,
    "round": _wide,
    "sign": n,
    "signbit": n,
    "sin": n,
    "sinc": n,
    "sinh": n,
    "sqrt": _positive,
    "square": n,
    "tan": _pm,
    "tanh": n,
    "trunc": _wide,
}
# NumPy refuses truth values here.
_NO_BOOLS = {"negative": {"bool": bad(b(3))}, "sign": {"bool": bad(b(3))}}
_PLAIN = ["forward"]
_TYPED = ["forward", "spec"]

# PyTorch refuses the imaginary part of real numbers, XLA on TensorFlow the Bessel one.
T.alone("imag", "i0")

for _name, _draw in _DRAWS.items():
    T(_name, "matrix", _draw(3, 4), refuses=_NO_BOOLS.get(_name))
    # What infinity becomes, depends on the dtype.
    if _name != "nan_to_num":
        T(_name, "special", _SPECIAL, checks=_PLAIN)
    T(_name, "int32", i(3, 4, low=-3, high=4), checks=_TYPED)
    T(_name, "uint8", i(3, 4, high=255, dtype="uint8"), checks=_TYPED)
    if _name not in _NO_BOOLS:
        T(_name, "bool", b(3, 4), checks=_TYPED)

# No axis, and no number: where a function branches or counts.
for _name in ["abs", "angle", "cbrt", "i0", "isnan", "isreal", "log", "logical_not"]:
    T(_name, "scalar", u(), checks=_TYPED)
    T(_name, "empty", n(0, 3), checks=_TYPED)
for _name in [
    "nan_to_num",
    "real",
    "imag",
    "round",
    "sign",
    "signbit",
    "sinc",
    "trunc",
]:
    T(_name, "scalar", u(), checks=_TYPED)
    T(_name, "empty", n(0, 3), checks=_TYPED)

# Where a slope jumps, stands still or has no end.
for _name in ["abs", "absolute", "fabs", "cbrt", "sign", "sqrt", "sinc", "i0"]:
    T(_name, "slope at zero", v([0.0, -0.0, 1.0]), checks=["grad_inputs"])
for _name in ["round", "floor", "ceil", "trunc", "nan_to_num", "angle", "square"]:
    T(_name, "slope at steps", v([0.0, 0.5, 1.0, -2.0]), checks=["grad_inputs"])
for _name in ["arccos", "arcsin", "arctanh", "arccosh", "log", "log1p", "reciprocal"]:
    _slope = v([0.0, 1.0, -1.0])
    T(_name, "slope at the border", _slope, checks=["grad_inputs"])

# Far from zero, and beyond what float32 holds.
for _name in ["sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "exp2", "expm1"]:
    T(_name, "large", _LARGE, checks=_PLAIN)
for _name in ["arcsinh", "arctan", "cbrt", "i0", "log", "log1p", "log2", "log10"]:
    T(_name, "large", _LARGE, checks=_PLAIN)
for _name in ["sqrt", "square", "reciprocal", "sinc", "round", "floor", "ceil"]:
    T(_name, "large", _LARGE, checks=_PLAIN)
for _name in ["sinh", "tanh", "arcsinh", "arctanh", "expm1", "log1p", "sinc", "cbrt"]:
    T(_name, "near zero", v([1e-3, -1e-5, 1e-7, -1e-20]), checks=_PLAIN)

# Smaller than the smallest normal float32.
for _name in ["abs", "log", "logical_not", "negative", "reciprocal", "sign", "sqrt"]:
    T(_name, "subnormal", v([1e-40, -1e-41]), checks=_PLAIN)

# Halves go to the even neighbour.
T("round", "ties", v([0.5, 1.5, 2.5, -0.5, -1.5, -2.5]), checks=_PLAIN)
T("round", "decimals", v([1.25, -2.3456, 10.06, 0.125]), decimals=1, checks=_TYPED)
T("round", "tens", v([14.0, 15.0, 25.0, -36.0]), decimals=-1, checks=_TYPED)
T("round", "tens of int32", v([14, 15, 25, -36], "int32"), decimals=-1, checks=_TYPED)
T("round", "default", n(3), decimals=0, checks=_TYPED)
for _name in ["floor", "ceil", "trunc", "round"]:
    _big = v([2**24 + 1, -(2**24) - 1], "int32")
    T(_name, "int32 beyond float32", _big, checks=_PLAIN)


def _told(like: Any, y: Any) -> dict[str, Any]:
    """The numbers, and which ones are the largest of whatever dtype."""
    far = like.greater(like.abs(y), 3e38)
    return {
        "numbers": like.where(far, like.zeros_like(y), y),
        "largest": like.greater(y, 3e38),
        "smallest": like.less(y, -3e38),
        "finite": like.isfinite(y),
    }


T(
    "nan_to_num",
    "special",
    _SPECIAL,
    run=lambda keras, x: _told(keras.ops, keras.ops.nan_to_num(x)),
    ref=lambda x: _told(np, np.nan_to_num(x)),
    checks=_PLAIN,
)
T("nan_to_num", "numbers", _SPECIAL, nan=7.0, posinf=8.0, neginf=-8.0)
T(
    "nan_to_num",
    "float16",
    _SPECIAL,
    run=lambda keras, x: keras.ops.nan_to_num(keras.ops.cast(x, "float16")),
    ref=lambda x: np.nan_to_num(x.astype(np.float16)),
    checks=_TYPED,
)

# Whole numbers at the end of their range.
for _name in ["abs", "negative", "square", "sign"]:
    _ends = v([-128, 127, 16], "int8")
    T(_name, "int8 at its ends", _ends, checks=_TYPED)
    _ends = v([-(2**31), 2**31 - 1], "int32")
    T(_name, "int32 at its ends", _ends, checks=_TYPED)

# Complex numbers.
for _name in ["real", "imag", "conj", "conjugate", "angle", "abs", "exp"]:
    T(
        _name,
        "complex",
        n(3, 2),
        run=lambda keras, x, _name=_name: keras.ops.real(
            getattr(keras.ops, _name)(keras.ops.view_as_complex(x))
        ),
        ref=lambda x, _name=_name: getattr(np, _name)(x[:, 0] + 1j * x[:, 1]).real,
        checks=["forward", "grad_inputs"],
    )
T(
    "isreal",
    "complex",
    v([[1.0, 0.0], [1.0, -0.0], [0.0, 2.0]]),
    run=lambda keras, x: keras.ops.isreal(keras.ops.view_as_complex(x)),
    ref=lambda x: x[:, 1] == 0,
    checks=_PLAIN,
)

# int64 and the widths between, of which each backend makes a float as it likes.
for _name in ["sqrt", "exp", "log1p", "ceil", "floor", "round", "i0", "cbrt", "sinc"]:
    T(_name, "int64", v([0, 1, 5], "int64"), checks=_TYPED)
for _name in ["deg2rad", "rad2deg", "trunc", "angle", "signbit", "nan_to_num", "tanh"]:
    T(_name, "int64", v([0, 1, 5], "int64"), checks=_TYPED)

# A Python number is a tensor too.
for _name in ["abs", "exp", "floor", "isnan"]:
    T(_name, "Python float", 2.5, checks=_TYPED)
    T(_name, "Python int", 2, checks=_TYPED)
