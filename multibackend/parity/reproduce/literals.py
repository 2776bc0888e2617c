"""Values and arrays as source text: nothing but literals and calls of NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LONGEST", "array", "drawn", "value"]

#: An array of more elements is not written out.
LONGEST = 512

_PLAIN = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
    + ["complex64", "complex128"]
)


def value(given: Any) -> str:
    """A plain value as source text.

    Args:
        given: Numbers, text, `None` and arrays in lists, tuples and dictionaries.

    Raises:
        TypeError: It holds something else.

    Example:

    >>> value({"rate": 0.5, "shape": (2, None)})
    "{'rate': 0.5, 'shape': (2, None)}"
    """
    if given is None or type(given) in (bool, int, str):
        return repr(given)
    if type(given) is float:
        return repr(given) if math.isfinite(given) else f"float({str(given)!r})"
    if isinstance(given, np.generic | np.ndarray):
        return array(np.asarray(given))
    if isinstance(given, Mapping):
        items = ", ".join(f"{value(k)}: {value(v)}" for k, v in given.items())
        return f"{{{items}}}"
    if type(given) is list:
        return f"[{', '.join(map(value, given))}]"
    if type(given) is tuple:
        items = [value(item) for item in given]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    message = f"{type(given).__name__} has no literal"
    raise TypeError(message)


def array(given: npt.NDArray[Any]) -> str:
    """An array as source text that gives the same bits.

    Raises:
        TypeError: Its dtype has no literal, or it has more elements than `LONGEST`
            and was not made by `drawn`.

    Example:

    >>> array(np.asarray([[0.1, 1.0]], "float32"))
    "np.array([[0.1, 1.0]], 'float32')"
    >>> array(np.ones((2, 3), "float32"))
    "np.full((2, 3), 1.0, 'float32')"
    """
    dtype = str(given.dtype)
    if given.dtype.kind == "U":
        return f"np.array({given.tolist()!r})"
    if dtype not in _PLAIN:
        message = f"an array of {dtype} has no literal"
        raise TypeError(message)
    if given.size == 0:
        return f"np.zeros({given.shape}, {dtype!r})"
    if given.size > 1 and _constant(given):
        return f"np.full({given.shape}, {_number(given.flat[0])}, {dtype!r})"
    if given.size > LONGEST:
        return _formula(given)
    return f"np.array({_nested(given)}, {dtype!r})"


def drawn(like: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An array of this shape and dtype that `array` writes as a formula, however long.

    Floats are normal, whole numbers lie in the range of those that are given.
    """
    rng = np.random.default_rng(0)
    if like.dtype.kind == "f":
        return rng.normal(size=like.shape).astype(like.dtype)
    high = int(like.max(initial=0)) + 1
    return rng.integers(0, high, size=like.shape).astype(like.dtype)


def _formula(given: npt.NDArray[Any]) -> str:
    """A long array as what draws it.

    Raises:
        TypeError: It was not drawn by `drawn`.
    """
    if given.dtype.kind not in "fiub" or not np.array_equal(drawn(given), given):
        message = f"an array of {given.size} elements is too long to be written out"
        raise TypeError(message)
    rng, dtype = "np.random.default_rng(0)", str(given.dtype)
    if given.dtype.kind == "f":
        return f"{rng}.normal(size={given.shape}).astype({dtype!r})"
    high = int(given.max()) + 1
    return f"{rng}.integers(0, {high}, size={given.shape}).astype({dtype!r})"


def _constant(given: npt.NDArray[Any]) -> bool:
    first = given.flat[0]
    return (
        bool(np.all(given == first)) and not (given.dtype.kind == "f" and first == 0)
    ) or bool(
        given.dtype.kind == "f" and np.all(given == 0) and not np.signbit(given).any()
    )


def _nested(given: npt.NDArray[Any]) -> str:
    if given.ndim == 0:
        return _number(given[()])
    return f"[{', '.join(_nested(part) for part in given)}]"


def _number(number: Any) -> str:
    """The fewest digits that give the same number in its own dtype."""
    plain = number.item()
    if isinstance(plain, bool | int):
        return repr(plain)
    if isinstance(plain, complex):
        return f"complex({_float(number.real)}, {_float(number.imag)})"
    return _float(number)


def _float(number: Any) -> str:
    if not np.isfinite(number):
        return f"float({str(float(number))!r})"
    return (
        np.format_float_positional(number, trim="0")
        if 1e-4 <= abs(float(number)) < 1e6 or number == 0
        else np.format_float_scientific(number, trim="0")
    )
