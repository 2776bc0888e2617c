"""The dtype of `keras.ops` of two arguments where theirs are not the same."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from multibackend.conformance.draws import v
from multibackend.conformance.table import Table

T = Table("ops.promotion", "keras.ops", jit=False)

#: Pairs of dtypes; a type of Python stands for a number of it.
_PAIRS: list[tuple[Any, Any]] = [
    ("int8", "uint8"),
    ("uint8", "int32"),
    ("bool", "bool"),
    ("bool", "uint8"),
    ("bool", "float32"),
    ("int32", "float16"),
    ("int64", "float32"),
    ("float16", "bfloat16"),
    ("float16", "float32"),
    ("uint8", int),
    ("int32", float),
    ("bool", int),
    ("bool", float),
    ("float16", float),
    ("bfloat16", int),
]
#: JAX has no 64 bits, and a dtype that is off would hide the numbers of the others.
_WIDE: list[tuple[Any, Any]] = [("int32", "uint32"), ("int32", "int64")]
_NAMES = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "floor_divide",
    "mod",
    "fmod",
    "power",
    "maximum",
    "fmin",
    "arctan2",
    "hypot",
    "logaddexp",
    "heaviside",
    "divide_no_nan",
    "equal",
    "less",
    "logical_and",
    "isclose",
    "where",
]
_NUMPY = {"divide_no_nan": np.divide}

#: A backend refuses two truth values here, and each one does in `subtract`.
_APART = {
    "add",
    "multiply",
    "floor_divide",
    "power",
    "maximum",
    "fmin",
    "hypot",
    "heaviside",
    "less",
}


def _told(left: Any, right: Any) -> str:
    name = right if isinstance(right, str) else f"Python {right.__name__}"
    return f"{left} and {name}"


def _called(keras: Any, name: str, x: Any, y: Any) -> Any:
    if name == "where":
        return keras.ops.where(keras.ops.convert_to_tensor([True, False]), x, y)
    return getattr(keras.ops, name)(x, y)


def _run(name: str, pairs: Iterable[tuple[Any, Any]]) -> Any:
    """Casts both inside, so that bfloat16 is given as float32."""

    def one(keras: Any, x: Any, y: Any, left: Any, right: Any) -> Any:
        x = keras.ops.cast(x, left)
        y = keras.ops.cast(y, right) if isinstance(right, str) else right(1)
        return _called(keras, name, x, y)

    return lambda keras, x, y: {_told(*pair): one(keras, x, y, *pair) for pair in pairs}


def _reference(name: str, pairs: Iterable[tuple[Any, Any]]) -> Any:
    function: Any = _NUMPY.get(name) or getattr(np, name)
    if name == "where":
        function = lambda x, y: np.stack([x[0], y[1]])  # noqa: E731 - as the others
    return lambda x, y: {_told(*pair): function(x, y) for pair in pairs}


for _name in _NAMES:
    _bools = ("bool", "bool")
    _odd = _name in _APART or _name == "subtract"
    _groups = {"pairs": [pair for pair in _PAIRS if not _odd or pair != _bools]}
    _groups["pairs of 64 bits"] = _WIDE
    if _name in _APART:
        _groups["bools"] = [_bools]
    for _label, _pairs in _groups.items():
        T(
            _name,
            _label,
            v([1.0, 0.0]),
            v([1.0, 1.0]),
            run=_run(_name, _pairs),
            ref=_reference(_name, _pairs),
            checks=["forward", "spec"],
        )
