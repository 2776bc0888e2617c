"""The dtype of `keras.ops` of two arguments where theirs are not the same."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import v
from multibackend.conformance.table import Table

T = Table("ops.promotion", "keras.ops", jit=False)

#: Pairs of dtypes; a type of Python stands for a number of it.
_PAIRS: list[tuple[Any, Any]] = [
    ("int8", "uint8"),
    ("uint8", "int32"),
    ("int32", "uint32"),
    ("int32", "int64"),
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
_NAMES = ["add", "subtract", "multiply", "divide", "floor_divide", "mod", "fmod"]
_NAMES += ["power", "maximum", "fmin", "arctan2", "hypot", "logaddexp", "heaviside"]
_NAMES += ["divide_no_nan", "equal", "less", "logical_and", "isclose", "where"]
_NUMPY = {"divide_no_nan": np.divide}


def _named(kind: Any) -> str:
    return kind if isinstance(kind, str) else f"Python {kind.__name__}"


def _called(keras: Any, name: str, x: Any, y: Any) -> Any:
    if name == "where":
        return keras.ops.where(keras.ops.convert_to_tensor([True, False]), x, y)
    return getattr(keras.ops, name)(x, y)


def _run(name: str, left: Any, right: Any) -> Any:
    """Casts both inside, so that bfloat16 is given as float32."""

    def run(keras: Any, x: Any, y: Any) -> Any:
        x = keras.ops.cast(x, left)
        y = keras.ops.cast(y, right) if isinstance(right, str) else right(1)
        return _called(keras, name, x, y)

    return run


def _reference(name: str) -> Any:
    if name == "where":
        return lambda x, y: np.stack([x[0], y[1]])
    function = _NUMPY.get(name) or getattr(np, name)
    return lambda x, y: function(x.astype(np.float64), y.astype(np.float64))


for _name in _NAMES:
    for _left, _right in _PAIRS:
        T(
            _name,
            f"{_named(_left)} and {_named(_right)}",
            v([1.0, 0.0]),
            v([1.0, 1.0]),
            run=_run(_name, _left, _right),
            ref=_reference(_name),
            checks=["forward", "spec"],
        )
