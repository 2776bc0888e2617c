"""`keras.ops` that make probabilities of scores: softmax, log_softmax, sparsemax."""

from typing import Any

import numpy as np
from scipy import special

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import Table, bad


def _sparsemax(x: Any, axis: int = -1) -> Any:
    """The nearest point of the simplex, by bisection for the threshold."""
    low = x.max(axis, keepdims=True) - 1
    high = x.max(axis, keepdims=True)
    for _ in range(200):
        middle = (low + high) / 2
        above = np.maximum(x - middle, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.maximum(x - low, 0)


#: Each in NumPy.
NUMPY = {
    "softmax": lambda x, axis=-1: special.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: special.log_softmax(x, axis),
    "sparsemax": _sparsemax,
}

T = Table("ops.softmax", "keras.ops", reference=NUMPY)

_INF, _NAN = float("inf"), float("nan")

for _name in NUMPY:
    T(
        _name,
        "matrix",
        n(3, 4),
        refuses={
            "an axis out of range": bad(n(3, 4), axis=2),
            "a negative axis out of range": bad(n(3, 4), axis=-3),
            "an axis that is a fraction": bad(n(3, 4), axis=0.5),
        },
    )
    T(_name, "axis 0", n(3, 4), axis=0, checks=["forward", "spec", "grad_inputs"])
    T(_name, "axis -2 of a cube", n(2, 3, 4), axis=-2, checks=["forward", "spec"])
    T(_name, "default axis", n(3, 4), axis=-1, checks=["forward"])
    T(_name, "vector", n(5), checks=["forward", "spec"])
    T(_name, "one column", n(3, 1), checks=["forward", "grad_inputs"])
    T(_name, "int32", i(3, 4), ref=False, checks=["forward"])
    T(_name, "infinity", v([[_INF, 1.0], [-_INF, 2.0]]), ref=False, checks=["forward"])
    T(_name, "all minus infinity", v([[-_INF] * 3]), ref=False, checks=["forward"])
    T(_name, "not a number", v([[_NAN, 1.0, 2.0]]), ref=False, checks=["forward"])
    T(
        _name,
        "ties",
        v([[1.0, 1.0, 0.0, 1.0], [0.5, 0.5, 0.5, 0.5]]),
        checks=["forward"],
    )

for _name in ("softmax", "log_softmax"):
    T(
        _name,
        "all axes",
        n(2, 3, 4),
        axis=None,
        checks=["forward", "spec", "errors"],
        refuses={"truth values": bad(b(3, 4))},
    )
    T(_name, "huge", v([[1e4, 1e4 - 1, -1e30, 0.0]]), checks=["forward", "grad_inputs"])
    T(_name, "several axes", n(2, 3, 4), axis=(1, 2), checks=["forward", "spec"])
    T(_name, "no rows", n(0, 3), checks=["forward", "spec"])
    T(_name, "no columns", n(3, 0), ref=False, checks=["forward", "spec"])
    T(_name, "scalar", n(), ref=False, checks=["forward", "spec"])
T("sparsemax", "spread", n(4, 6, std=3.0), checks=["forward", "grad_inputs"])
T("sparsemax", "huge", v([[1e4, 1e4 - 1, -1e4, 0.0]]), checks=["forward"])
T("sparsemax", "at the edge of the support", v([[1.0, 0.0], [0.0, -1.0]]))
T("sparsemax", "no rows", n(0, 3), ref=False, checks=["forward", "spec"])
