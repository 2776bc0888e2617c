"""`keras.ops.norm`: every order, of vectors and of matrices."""

import numpy as np

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import Table, bad

T = Table("ops.norm", "keras.ops", reference={"norm": np.linalg.norm})

_EDGE = ["forward", "spec"]
_GRAD = ["forward", "spec", "grad_inputs"]
_INF, _NAN = float("inf"), float("nan")

T(
    "norm",
    "plain",
    n(3, 4),
    refuses={
        "order": bad(n(2, 2), ord="nowhere"),
        "axis": bad(n(2, 2), axis=2),
        "three axes": bad(n(2, 2, 2), axis=(0, 1, 2)),
        "nuclear norm of a vector": bad(n(3), ord="nuc"),
    },
)
for _order in (None, 0, 1, 2, 3, -1, -2, 0.5, _INF, -_INF):
    T("norm", f"vector, order {_order}", n(5), ord=_order, checks=_GRAD)
    T("norm", f"rows, order {_order}", n(3, 4), ord=_order, axis=-1, checks=_EDGE)
for _order in (None, "fro", "nuc", 1, -1, 2, -2, _INF, -_INF):
    T("norm", f"matrix, order {_order}", n(3, 4), ord=_order, axis=(0, 1), checks=_GRAD)
    T(
        "norm",
        f"matrices, order {_order}",
        n(2, 3, 4),
        ord=_order,
        axis=(0, 2),
        keepdims=True,
        checks=_EDGE,
    )
T("norm", "of all", n(2, 3, 2), checks=_GRAD)
T("norm", "keepdims", n(2, 3), axis=1, keepdims=True, checks=_GRAD)
T("norm", "keepdims of all", n(2, 3), keepdims=True, checks=_EDGE)
T("norm", "at zero", v([0.0, 0.0]), checks=["forward", "grad_inputs"])
T(
    "norm",
    "at zero, rows",
    v([[0.0, 0.0], [3.0, 4.0]]),
    axis=-1,
    checks=["forward", "grad_inputs"],
)
T("norm", "sum at zero", v([0.0, 1.0]), ord=1, checks=["forward", "grad_inputs"])
T(
    "norm",
    "largest, tied",
    v([2.0, -2.0, 1.0]),
    ord=_INF,
    checks=["forward", "grad_inputs"],
)
T(
    "norm",
    "third order at zero",
    v([0.0, 1.0]),
    ord=3,
    checks=["forward", "grad_inputs"],
)
T("norm", "inverse at zero", v([0.0, 1.0]), ord=-1, checks=["forward"])
T("norm", "large", v([3e25, 4e25]), ref=False, checks=["forward"])
T("norm", "whole numbers", i(4), checks=_EDGE)
T("norm", "whole numbers, largest", i(4, low=-9, high=0), ord=_INF, checks=_EDGE)
T("norm", "whole numbers, count", i(4, high=2), ord=0, checks=_EDGE)
T("norm", "bool", b(4), ref=False, checks=_EDGE)
T("norm", "uint8", i(4, high=255, dtype="uint8"), ref=False, checks=_EDGE)
T("norm", "infinite", v([_INF, 1.0]), checks=["forward"])
T("norm", "not a number", v([_NAN, 1.0]), ord=_INF, checks=["forward"])
T("norm", "empty", n(0), checks=_EDGE)
T("norm", "empty rows", n(2, 0), axis=-1, checks=_EDGE)
T("norm", "scalar", n(), ref=False, checks=_EDGE)
T("norm", "negative axes", n(2, 3, 4), ord="fro", axis=(-1, -2), checks=_EDGE)
