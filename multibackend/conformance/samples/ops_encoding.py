"""`keras.ops` that encode labels: one_hot and multi_hot, with labels out of range."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, v
from multibackend.conformance.table import Table, bad


def _one_hot(
    x: Any,
    num_classes: int,
    axis: int = -1,
    dtype: Any = None,
    *,
    sparse: bool = False,
) -> Any:
    del sparse
    hot = np.asarray(x)[..., None] == np.arange(num_classes)
    return np.moveaxis(hot, -1, axis).astype(dtype or "float32")


def _multi_hot(x: Any, num_classes: int, axis: int = -1, **more: Any) -> Any:
    hot = _one_hot(x, num_classes, axis, **more)
    return hot.max(1 if np.ndim(x) > 1 else 0)


T = Table(
    "ops.encoding",
    "keras.ops",
    reference={"one_hot": _one_hot, "multi_hot": _multi_hot},
)

_FEW = ["forward", "spec"]

T(
    "one_hot",
    "vector",
    i(5, high=4),
    4,
    refuses={
        "an axis out of range": bad(i(5, high=4), 4, axis=3),
        "an axis counted from the end": bad(i(2, 3, high=4), 4, axis=-2),
        "negative classes": bad(i(5, high=4), -1),
    },
)
T(
    "one_hot",
    "defaults",
    i(5, high=4),
    4,
    axis=-1,
    dtype=None,
    sparse=False,
    checks=["forward"],
)
T("one_hot", "scalar", v(2, "int32"), 4, checks=_FEW)
T("one_hot", "empty", i(0), 4, checks=_FEW)
for _axis in (0, 1, 2, -1):
    T("one_hot", f"axis {_axis}", i(2, 3, high=4), 4, axis=_axis, checks=_FEW)
for _dtype in ("int32", "bool", "float16", "uint8"):
    T("one_hot", _dtype, i(5, high=4), 4, dtype=_dtype, checks=_FEW)
T("one_hot", "negative labels", v([-1, 0, -3, 2], "int32"), 4, checks=["forward"])
T("one_hot", "labels too large", v([4, 0, 9, 2], "int32"), 4, checks=["forward"])
T("one_hot", "no classes", v([0, 1], "int32"), 0, checks=["forward"])
T("one_hot", "labels of floats", v([0.0, 2.0, 1.0]), 4, checks=["forward"])
T("one_hot", "labels of fractions", v([0.9, 1.5]), 4, ref=False, checks=["forward"])
T("one_hot", "labels of truth values", b(4), 2, ref=False, checks=["forward"])
T("one_hot", "labels of uint8", i(4, high=4, dtype="uint8"), 4, checks=["forward"])

T(
    "multi_hot",
    "matrix",
    i(3, 2, high=4),
    4,
    refuses={
        "an axis counted from the end": bad(i(2, 3, high=4), 4, axis=-2),
        "no number of classes": bad(i(3, 2)),
    },
)
T("multi_hot", "vector", i(3, high=4), 4, checks=_FEW)
T("multi_hot", "cube", i(2, 3, 2, high=4), 4, checks=_FEW)
T("multi_hot", "scalar", v(2, "int32"), 4, ref=False, checks=["forward"])
T(
    "multi_hot",
    "no labels",
    i(3, 0),
    4,
    ref=lambda x, num_classes: np.zeros((len(x), num_classes)),
    checks=["forward"],
)
for _axis in (0, 1, 2):
    T(
        "multi_hot",
        f"axis {_axis}",
        i(2, 3, high=4),
        4,
        axis=_axis,
        ref=False,
        checks=_FEW,
    )
for _dtype in ("int32", "bool", "float16"):
    T("multi_hot", _dtype, i(3, 2, high=4), 4, dtype=_dtype, checks=_FEW)
T(
    "multi_hot",
    "negative labels",
    v([[-1, 2], [-1, -1]], "int32"),
    4,
    checks=["forward"],
)
T("multi_hot", "labels too large", v([[4, 2], [9, 0]], "int32"), 4, checks=["forward"])
T(
    "multi_hot",
    "the old name",
    i(3, 2, high=4),
    num_tokens=4,
    ref=lambda x, num_tokens: _multi_hot(x, num_classes=num_tokens),
    checks=["forward"],
)

for _name, _hot in {"one_hot": _one_hot, "multi_hot": _multi_hot}.items():
    for _label, _labels in {
        "plain": [[0, 2], [3, 1]],
        "negative": [[-1, 2], [0, -1]],
        "too large": [[4, 2], [0, 1]],
        "repeated": [[2, 2], [1, 1]],
    }.items():
        T(
            _name,
            f"sparse, {_label}",
            v(_labels, "int32"),
            ref=lambda x, hot=_hot: hot(x, 4),
            run=lambda keras, x, name=_name: keras.ops.convert_to_tensor(
                getattr(keras.ops, name)(x, 4, sparse=True), sparse=False
            ),
            checks=["forward"],
        )
