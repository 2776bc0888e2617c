"""`keras.ops.cast` and `keras.ops.saturate_cast` between all dtypes."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, n, v
from multibackend.conformance.table import Table, bad

T = Table("ops.cast", "keras.ops")

_INF, _NAN = float("inf"), float("nan")
_TYPED = ["forward", "spec"]
_DTYPES = ["bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64"]
_DTYPES += ["float16", "bfloat16", "float32", "float64"]
_WHOLE = [each for each in _DTYPES if "int" in each]


def _values(name: str) -> list[Any]:
    if name == "bool":
        return [True, False]
    return [0, 1, 100] if name.startswith("u") else [0, 1, -1, 100]


def _cast(dtype: str) -> Any:
    known = "float32" if dtype == "bfloat16" else dtype
    return lambda x, _: x.astype(np.int64).astype(known)


def _clipped(dtype: str) -> Any:
    if "float" in dtype or dtype == "bool":
        return False
    ends = np.iinfo(dtype)
    return lambda x, _: np.clip(np.trunc(x), ends.min, ends.max)


def _inside(name: str, dtype: str) -> Any:
    """From bfloat16, which NumPy lacks."""
    return lambda keras, x: getattr(keras.ops, name)(
        keras.ops.cast(x, "bfloat16"), dtype
    )


_refused = {"dtype": bad(n(3), "float31")}
T("cast", "float16", n(3, 4), "float16", refuses=_refused)
T("saturate_cast", "float16", n(3, 4), "float16", refuses=_refused)
for _name in ["cast", "saturate_cast"]:
    for _from in _DTYPES:
        for _to in _DTYPES:
            if _from == "bfloat16":
                T(
                    _name,
                    f"{_from} to {_to}",
                    v([0.0, 1.0, 100.0]),
                    run=_inside(_name, _to),
                    checks=_TYPED,
                )
                continue
            _label = f"{_from} to {_to}"
            _ref = _cast(_to) if _name == "cast" else None
            T(_name, _label, v(_values(_from), _from), _to, ref=_ref, checks=_TYPED)
    # Beyond the range of what it becomes: C leaves it open.
    for _to in _WHOLE:
        _ref = _clipped(_to) if _name == "saturate_cast" else False
        _far = v([-1.5, 300.7, -70000.0, 5e9, -1e19])
        T(_name, f"far float32 to {_to}", _far, _to, ref=_ref, checks=["forward"])
        _ends = v([_INF, -_INF], "float32")
        T(_name, f"infinity to {_to}", _ends, _to, ref=_ref, checks=["forward"])
        T(_name, f"NaN to {_to}", v([_NAN]), _to, ref=False, checks=["forward"])
        _far = v([-1, -129, 300, 70000, 2**31 - 1], "int32")
        T(_name, f"far int32 to {_to}", _far, _to, ref=_ref, checks=["forward"])
        _far = v([255, 200], "uint8")
        T(_name, f"far uint8 to {_to}", _far, _to, ref=_ref, checks=["forward"])
    for _to in ["float16", "bfloat16", "float32"]:
        _far = v([70000.0, -1e39, 1e300], "float64")
        T(_name, f"far float64 to {_to}", _far, _to, checks=["forward"])
    _odd = v([0.5, -0.0, _NAN, 1e-40])
    T(_name, "odd floats to bool", _odd, "bool", ref=False, checks=["forward"])
    T(_name, "halves to int32", v([0.5, -0.5, 2.5, -1.9]), "int32", checks=["forward"])
    T(_name, "ties to bfloat16", v([1.00390625, 1.01171875]), "bfloat16")
    T(_name, "int32 to float32", v([2**24 + 1, 2**31 - 1], "int32"), "float32")
    T(_name, "scalar", n(), "int32", checks=_TYPED)
    T(_name, "empty", n(0, 3), "int32", checks=_TYPED)
    T(_name, "Python number", 2.7, "int32", checks=_TYPED)
    T(_name, "list", [1.0, 2.0], "int32", checks=["forward"])
    T(_name, "to itself", n(3), "float32", checks=["forward", "spec", "grad_inputs"])
    T(_name, "alias", b(3), "float", checks=_TYPED)
