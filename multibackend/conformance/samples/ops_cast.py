"""`keras.ops.cast` and `keras.ops.saturate_cast` between all dtypes."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import n, v
from multibackend.conformance.table import Table, bad

# Both are compiled in ops.core.
T = Table("ops.cast", "keras.ops", jit=False)

_INF, _NAN = float("inf"), float("nan")
_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]
# PyTorch has no uint16 and uint32 to speak of: a sample of their own.
_DTYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
]
# JAX has no 64 bits, and a dtype that is off would hide the numbers of the others.
_WIDE = ["int64", "float64"]
_NARROW = [each for each in _DTYPES if each not in _WIDE]
_WHOLE = [each for each in _NARROW if "int" in each]


def _values(name: str) -> list[Any]:
    if name == "bool":
        return [True, False]
    return [0, 1, 100] if name.startswith("u") else [0, 1, -1, 100]


def _to_all(name: str, dtypes: list[str], start: str = "") -> Any:
    """Casts to each of these dtypes, from `start` where NumPy lacks it."""

    def run(keras: Any, x: Any) -> Any:
        x = keras.ops.cast(x, start) if start else x
        return {each: getattr(keras.ops, name)(x, each) for each in dtypes}

    return run


def _wrapped(dtypes: list[str]) -> Any:
    """What is negative wraps around where there is no sign, by way of int64."""

    def one(x: Any, dtype: str) -> Any:
        whole = x.astype(np.int64)
        return whole.astype(dtype) if dtype != "bfloat16" else whole.astype(np.float64)

    return lambda x: {each: one(x, each) for each in dtypes}


def _clipped(dtypes: list[str]) -> Any:
    def one(x: Any, dtype: str) -> Any:
        ends = np.iinfo(dtype)
        return np.clip(np.trunc(x.astype(np.float64)), ends.min, ends.max)

    return lambda x: {each: one(x, each) for each in dtypes}


_refused = {"dtype": bad(n(3), "float31")}
T("cast", "float16", n(3, 4), "float16", refuses=_refused)
T("saturate_cast", "float16", n(3, 4), "float16", refuses=_refused)
for _name in ["cast", "saturate_cast"]:
    for _from in _DTYPES:
        _odd = _from == "bfloat16"
        for _label, _to in {"all": _NARROW, "64 bits": _WIDE}.items():
            T(
                _name,
                f"{_from} to {_label}",
                v([0.0, 1.0, 100.0]) if _odd else v(_values(_from), _from),
                run=_to_all(_name, _to, _from if _odd else ""),
                ref=_wrapped(_to) if _name == "cast" else False,
                checks=_TYPED,
            )
    # Beyond the range of what it becomes.
    _far = {
        "negative": v([-1.5, -2.0, -100.0]),
        "far": v([300.7, -70000.0, 3e9]),
        "very far": v([5e9, 1e19, -1e19]),
        "infinity": v([_INF, -_INF]),
        "NaN": v([_NAN]),
        "far int32": v([-1, -129, 300, 70000, 2**31 - 1], "int32"),
        "far uint8": v([255, 200], "uint8"),
        "far int64": v([2**40 + 5, -(2**33) - 1], "int64"),
    }
    for _label, _draw in _far.items():
        for _more, _to in {"": _WHOLE, " to int64": ["int64"]}.items():
            _known = _name == "saturate_cast" and _label != "NaN"
            _ref = _clipped(_to) if _known else False
            _run = _to_all(_name, _to)
            T(_name, _label + _more, _draw, run=_run, ref=_ref, checks=_PLAIN)
    _far_floats = v([70000.0, -1e39, 1e300, _INF, _NAN], "float64")
    for _to in ["float16", "bfloat16", "float32"]:
        T(_name, f"far float64 to {_to}", _far_floats, _to, checks=_PLAIN)
    T(
        _name,
        "odd floats to bool",
        v([0.5, -0.0, _NAN]),
        "bool",
        ref=False,
        checks=_PLAIN,
    )
    T(_name, "subnormal to bool", v([1e-40]), "bool", ref=False, checks=_PLAIN)
    T(
        _name,
        "unsigned",
        v([0.0, 1.0, 100.0]),
        run=_to_all(_name, ["uint16", "uint32"]),
        checks=_TYPED,
    )
    T(_name, "halves to int32", v([0.5, -0.5, 2.5, -1.9]), "int32", checks=_PLAIN)
    T(_name, "ties to bfloat16", v([1.00390625, 1.01171875]), "bfloat16", checks=_PLAIN)
    _large = v([2**24 + 1, 2**31 - 1], "int32")
    T(_name, "large int32", _large, "float32", checks=_PLAIN)
    T(_name, "scalar", n(), "int32", checks=_TYPED)
    T(_name, "empty", n(0, 3), "int32", checks=_TYPED)
    T(_name, "to itself", n(3), "float32", checks=["forward", "spec", "grad_inputs"])
T("cast", "Python number", 2.7, "int32", checks=_TYPED)
T("cast", "list", [1.0, 2.0], "int32", checks=_PLAIN)
