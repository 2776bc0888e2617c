"""Products of `keras.ops`, and what reads or keeps parts of matrices."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import Draw, b, i, n, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.product", "keras.ops", reference=NUMPY)
T.alone("inner", "kron")

_EDGE = ["forward", "spec"]
_GRAD = ["forward", "spec", "grad_inputs"]
# No float32 holds the first one.
_LARGE = v([[16777217, 1]], "int32"), v([[1], [0]], "int32")


def _u8(*shape: int) -> Draw:
    return i(*shape, high=255, dtype="uint8")


_FAR = {
    "mixed dtypes": (i, n),
    "whole numbers": (i, i),
    "bool": (b, b),
    "uint8": (_u8, _u8),
    "bool and whole numbers": (b, i),
}


def _i8(*shape: int) -> Draw:
    return i(*shape, low=-128, high=127, dtype="int8")


def _dtypes(
    name: str, one: tuple[int, ...], other: tuple[int, ...], **more: Any
) -> None:
    """The dtypes that products promote, multiply and overflow in."""
    for label, (left, right) in _FAR.items():
        if name == "cross" and label == "bool":
            continue  # A difference of truth values: refused by all, as by NumPy.
        # NumPy multiplies a uint8 in uint8, Keras may widen: no reference.
        ref = False if label in ("uint8", "bool") else None
        T(name, label, left(*one), right(*other), ref=ref, checks=_EDGE, **more)
    T(name, "int8", _i8(*one), _i8(*other), ref=False, checks=_EDGE, **more)
    T(name, "int8 and uint8", _i8(*one), _u8(*other), ref=False, checks=_EDGE, **more)


T("dot", "plain", n(2, 3), n(3, 4), refuses={"shapes": bad(n(2, 3), n(2, 3))})
T("dot", "vectors", n(3), n(3), checks=_GRAD)
T("dot", "matrix and vector", n(2, 3), n(3), checks=_GRAD)
T("dot", "cube and matrix", n(2, 2, 3), n(3, 2), checks=_EDGE)
T("dot", "cubes", n(2, 2, 3), n(2, 3, 2), checks=_GRAD)
T("dot", "scalars", n(), n(), checks=_EDGE)
T("dot", "scalar and matrix", n(), n(2, 3), checks=_GRAD)
T("dot", "number", n(2, 3), 2.0, checks=_EDGE)
T("dot", "empty", n(2, 0), n(0, 3), checks=_EDGE)
_dtypes("dot", (2, 3), (3, 2))
T("dot", "large whole numbers", *_LARGE, checks=["forward"])

T(
    "matmul",
    "plain",
    n(2, 3),
    n(3, 4),
    refuses={
        "shapes": bad(n(2, 3), n(2, 3)),
        "batches": bad(n(2, 2, 3), n(3, 3, 2)),
        "scalar": bad(n(2, 2), n()),
    },
)
T("matmul", "batch", n(2, 2, 3), n(2, 3, 2), checks=_GRAD)
T("matmul", "broadcast", n(2, 1, 2, 3), n(3, 3, 2), checks=_GRAD)
T("matmul", "vectors", n(3), n(3), checks=_GRAD)
T("matmul", "matrix and vector", n(2, 3), n(3), checks=_GRAD)
T("matmul", "vector and matrix", n(3), n(3, 2), checks=_GRAD)
T("matmul", "vector and batch", n(3), n(2, 3, 2), checks=_EDGE)
T("matmul", "batch and vector", n(2, 2, 3), n(3), checks=_EDGE)
T("matmul", "empty", n(2, 0), n(0, 3), checks=_EDGE)
T("matmul", "empty batch", n(0, 2, 3), n(3, 2), checks=_EDGE)
T("matmul", "infinite", v([[float("inf"), 0.0]]), v([[1.0], [2.0]]), checks=["forward"])
T("matmul", "long", n(2, 1000), n(1000, 2), checks=["forward"])
T("matmul", "int8 vector", _i8(3), _i8(3), ref=False, checks=_EDGE)
T("matmul", "int8 batch", _i8(2, 2, 3), _i8(2, 3, 2), ref=False, checks=_EDGE)
T("matmul", "int8 broadcast", _i8(1, 2, 3), _i8(2, 3, 2), ref=False, checks=_EDGE)
T("matmul", "int8 wide", _i8(32, 32), _i8(32, 32), ref=False, checks=_EDGE)
T("matmul", "large whole numbers", *_LARGE, checks=["forward"])
T(
    "matmul",
    "int32 overflow",
    v([[1 << 30, 1 << 30]], "int32"),
    v([[2], [2]], "int32"),
    checks=["forward"],
)
T("matmul", "int64", i(2, 3, dtype="int64"), i(3, 2, dtype="int64"), checks=_EDGE)
_dtypes("matmul", (2, 3), (3, 2))

T("inner", "plain", n(2, 3), n(4, 3), refuses={"shapes": bad(n(2, 3), n(2, 4))})
T("inner", "vectors", n(3), n(3), checks=_GRAD)
T("inner", "cube", n(2, 2, 3), n(2, 3), checks=_EDGE)
T("inner", "scalar", n(2, 3), n(), checks=_EDGE)
_dtypes("inner", (2, 3), (2, 3))
T("outer", "plain", n(3), n(2))
T("outer", "matrices", n(2, 2), n(3), checks=_GRAD)
T("outer", "scalar", n(), n(3), checks=_EDGE)
T("outer", "empty", n(0), n(3), checks=_EDGE)
_dtypes("outer", (3,), (2,))
T("vdot", "plain", n(3), n(3), refuses={"shapes": bad(n(2), n(3))})
T("vdot", "matrices", n(2, 3), n(3, 2), checks=_GRAD)
T("vdot", "scalars", n(), n(), checks=_EDGE)
T("vdot", "empty", n(0), n(0), checks=_EDGE)
_dtypes("vdot", (3,), (3,))

T(
    "tensordot",
    "plain",
    n(2, 3, 4),
    n(3, 4, 2),
    refuses={"shapes": bad(n(2, 3), n(2, 3), axes=1)},
)
T("tensordot", "none", n(2, 3), n(2), axes=0, checks=_GRAD)
T("tensordot", "one", n(2, 3), n(3, 4), axes=1, checks=_GRAD)
T("tensordot", "lists", n(2, 3, 4), n(4, 3, 2), axes=[[1, 2], [1, 0]], checks=_GRAD)
T("tensordot", "numbers", n(2, 3), n(4, 3), axes=(1, 1), checks=_EDGE)
T("tensordot", "negative", n(2, 3), n(3, 4), axes=[[-1], [0]], checks=_EDGE)
T("tensordot", "all", n(2, 3), n(2, 3), axes=2, checks=_EDGE)
T("tensordot", "empty", n(2, 0), n(0, 3), axes=1, checks=_EDGE)
T("tensordot", "large whole numbers", *_LARGE, axes=1, checks=["forward"])
_dtypes("tensordot", (2, 3), (3, 2), axes=1)

T("kron", "plain", n(2, 3), n(2, 2))
T("kron", "vectors", n(2), n(3), checks=_GRAD)
T("kron", "ranks", n(2, 2), n(3), checks=_EDGE)
T("kron", "ranks the other way", n(3), n(2, 2), checks=_EDGE)
T("kron", "cubes", n(2, 1, 2), n(1, 2, 2), checks=_GRAD)
T("kron", "scalar", n(), n(2, 2), checks=_EDGE)
_dtypes("kron", (2, 2), (2, 1))

T(
    "cross",
    "plain",
    n(2, 3),
    n(2, 3),
    refuses={
        "four": bad(n(2, 4), n(2, 4)),
        "shapes": bad(n(2, 3), n(3, 3)),
        "bool": bad(b(2, 3), b(2, 3)),
    },
)
T("cross", "three vectors", n(3, 3), n(3, 3), checks=_GRAD)
T("cross", "vectors", n(3), n(3), checks=_GRAD)
T("cross", "two and three", n(2, 2), n(2, 3), checks=_EDGE)
T("cross", "twos", n(4, 2), n(4, 2), checks=_EDGE)
# Their symbolic product is refused: a scalar has no axis -1.
T("cross", "two vectors", n(2), n(2), checks=["forward"])
T("cross", "axis", n(3, 2), n(3, 2), axis=0, checks=_GRAD)
T("cross", "axes", n(3, 2), n(2, 3), axisa=0, axisb=1, axisc=0, checks=_EDGE)
T("cross", "broadcast", n(2, 1, 3), n(4, 3), checks=_EDGE)
_dtypes("cross", (2, 3), (2, 3))


def _cdist(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sqrt(((x[..., :, None, :] - y[..., None, :, :]) ** 2).sum(-1))


T(
    "cdist",
    "pairs",
    n(3, 4),
    n(2, 4),
    ref=_cdist,
    refuses={"features": bad(n(3, 4), n(2, 3)), "vector": bad(n(3), n(3))},
)
T("cdist", "batch", n(2, 3, 4), n(2, 2, 4), ref=_cdist, checks=_GRAD)
T(
    "cdist",
    "itself",
    v([[0.0, 1.0], [2.0, 2.0]]),
    v([[0.0, 1.0], [2.0, 2.0]]),
    ref=_cdist,
    checks=["forward", "grad_inputs"],
)
T(
    "cdist",
    "far away",
    n(3, 2, mean=1000.0),
    n(2, 2, mean=1000.0),
    ref=_cdist,
    checks=["forward"],
)
T("cdist", "whole numbers", i(2, 3), i(2, 3), ref=_cdist, checks=_EDGE)
T("cdist", "empty", n(0, 3), n(2, 3), ref=_cdist, checks=_EDGE)

T("trace", "plain", n(3, 4), refuses={"vector": bad(n(3))})
T("trace", "offset", n(3, 4), offset=1, checks=_GRAD)
T("trace", "below", n(3, 4), offset=-2, checks=_EDGE)
T("trace", "beyond", n(2, 2), offset=5, checks=_EDGE)
T("trace", "axes", n(2, 3, 4), axis1=0, axis2=2, checks=_GRAD)
T("trace", "negative axes", n(2, 3, 4), axis1=-1, axis2=-2, checks=_EDGE)
T("trace", "whole numbers", i(3, 3), checks=_EDGE)
T("trace", "uint8", _u8(3, 3), ref=False, checks=_EDGE)
T("trace", "int8", _i8(3, 3), ref=False, checks=_EDGE)
T("trace", "bool", b(3, 3), ref=False, checks=_EDGE)
T("trace", "empty", n(0, 0), checks=_EDGE)
T("diag", "plain", n(3), refuses={"cube": bad(n(2, 2, 2)), "scalar": bad(n())})
T("diag", "above", n(3), k=1, checks=_GRAD)
T("diag", "of a matrix", n(3, 4), checks=_GRAD)
T("diag", "below, of a matrix", n(3, 4), k=-1, checks=_GRAD)
T("diag", "beyond, of a matrix", n(2, 2), k=3, checks=_EDGE)
T("diag", "bool", b(3), checks=_EDGE)
T("diag", "empty", n(0), checks=_EDGE)
T("diagflat", "plain", n(2, 2))
T("diagflat", "below", n(3), k=-2, checks=_GRAD)
T("diagflat", "scalar", n(), k=1, checks=_EDGE)
T("diagflat", "empty", n(0), checks=_EDGE)
T(
    "diagonal",
    "plain",
    n(3, 4),
    refuses={"vector": bad(n(3)), "same axis": bad(n(2, 2), axis1=1, axis2=1)},
)
T("diagonal", "offset", n(3, 4), offset=2, checks=_GRAD)
T("diagonal", "below", n(3, 4), offset=-1, checks=_GRAD)
T("diagonal", "axes", n(2, 3, 4), axis1=2, axis2=0, checks=_GRAD)
T("diagonal", "negative axes", n(2, 3, 4), axis1=-2, axis2=-1, checks=_EDGE)
T("diagonal", "beyond", n(2, 2), offset=4, checks=_EDGE)
T("diagonal", "bool", b(3, 3), checks=_EDGE)
T("diagonal", "whole numbers", i(2, 3, 3), offset=1, axis1=1, axis2=2, checks=_EDGE)
for _name in ("tril", "triu"):
    T(_name, "plain", n(3, 4), refuses={"scalar": bad(n()), "vector": bad(n(3))})
    T(_name, "above", n(4, 3), k=1, checks=_GRAD)
    T(_name, "below", n(3, 4), k=-2, checks=_EDGE)
    T(_name, "beyond", n(2, 2), k=9, checks=_EDGE)
    T(_name, "far below", n(2, 2), k=-9, checks=_EDGE)
    T(_name, "batch", n(2, 3, 3), k=-1, checks=_GRAD)
    T(_name, "bool", b(3, 3), checks=_EDGE)
    T(_name, "whole numbers", i(3, 3), k=1, checks=_EDGE)
    T(
        _name,
        "infinite",
        v([[float("inf"), float("nan")], [float("nan"), 1.0]]),
        checks=["forward", "grad_inputs"],
    )
    T(_name, "empty", n(0, 3), checks=_EDGE)

for _mode in ("valid", "same", "full"):
    T(
        "correlate",
        _mode,
        n(7),
        n(3),
        mode=_mode,
        checks=() if _mode == "valid" else _GRAD,
    )
    T("correlate", f"{_mode}, even", n(5), n(2), mode=_mode, checks=_EDGE)
    T("correlate", f"{_mode}, second longer", n(2), n(5), mode=_mode, checks=_EDGE)
    T("correlate", f"{_mode}, whole numbers", i(5), i(3), mode=_mode, checks=_EDGE)
    T("correlate", f"{_mode}, one", n(3), n(1), mode=_mode, checks=_EDGE)
T("correlate", "mixed dtypes", i(5), n(3), checks=_EDGE)
T("correlate", "uint8", _u8(5), _u8(3), ref=False, checks=_EDGE)
T("correlate", "bool", b(5), b(3), ref=False, checks=_EDGE)
T(
    "correlate",
    "refused",
    n(3),
    n(2),
    mode="valid",
    checks=["forward", "errors"],
    refuses={
        "mode": bad(n(3), n(2), mode="nowhere"),
        "matrix": bad(n(2, 3), n(2)),
        "empty": bad(n(0), n(2)),
    },
)
