"""`keras.metrics`: the functions that are no losses."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, u, v
from multibackend.conformance.table import Table, bad

_NAN, _INF = float("nan"), float("inf")


def _top(classes: Any, scores: Any, k: int = 5) -> Any:
    own = np.take_along_axis(scores, classes[..., None].astype(int), axis=-1)
    return (np.sum(scores > own, axis=-1) < k).astype(np.float64)


def _pearson(t: Any, p: Any, axis: int = -1) -> Any:
    t, p = (x - np.mean(x, axis=axis, keepdims=True) for x in (t, p))
    both = np.sqrt(np.sum(t * t, axis=axis) * np.sum(p * p, axis=axis))
    return np.sum(t * p, axis=axis) / both


def _concordance(t: Any, p: Any, axis: int = -1) -> Any:
    apart = (np.mean(t, axis=axis) - np.mean(p, axis=axis)) ** 2
    from_mean = [x - np.mean(x, axis=axis, keepdims=True) for x in (t, p)]
    shared = np.mean(from_mean[0] * from_mean[1], axis=axis)
    spread = np.var(t, axis=axis) + np.var(p, axis=axis)
    return 2.0 * shared / (spread + apart + 1e-7)


T = Table(
    "metrics.functions",
    "keras.metrics",
    reference={
        "binary_accuracy": lambda t, p, threshold=0.5: (t == (p > threshold)).astype(
            np.float64
        ),
        "categorical_accuracy": lambda t, p: (
            np.argmax(t, axis=-1) == np.argmax(p, axis=-1)
        ).astype(np.float64),
        "sparse_categorical_accuracy": lambda t, p: (t == np.argmax(p, axis=-1)).astype(
            np.float64
        ),
        "top_k_categorical_accuracy": lambda t, p, k=5: _top(np.argmax(t, -1), p, k),
        "sparse_top_k_categorical_accuracy": _top,
        "pearson_correlation": _pearson,
        "concordance_correlation": _concordance,
    },
)

_VALUE = ["forward"]
_BOTH = ["forward", "grad_inputs"]
_HOT = v([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]], "int32")
_CLASSES = v([1, 3, 0], "int32")
_TIED = v([[0.5, 0.5, 0.1, 0.5], [0.2, 0.2, 0.2, 0.2], [0.0, 1.0, 1.0, 0.0]])

T("binary_accuracy", "chances", i(3, 4, high=2), u(3, 4))
T(
    "binary_accuracy",
    "threshold",
    i(3, 4, high=2),
    u(3, 4),
    threshold=0.2,
    checks=_VALUE,
)
T(
    "binary_accuracy",
    "at the threshold",
    v([[1, 0]], "int32"),
    v([[0.5, 0.5]]),
    checks=_VALUE,
)
T(
    "binary_accuracy",
    "special",
    v([[1, 0, 0]], "int32"),
    v([[_NAN, _NAN, _INF]]),
    checks=_VALUE,
)
T(
    "binary_accuracy",
    "column",
    i(3, high=2),
    u(3, 1),
    checks=["forward", "spec"],
    ref=False,
)
T("binary_accuracy", "empty", i(0, 4, high=2), u(0, 4), checks=["forward", "spec"])

T("categorical_accuracy", "chances", _HOT, u(3, 4))
T("categorical_accuracy", "steps", i(2, 3, 4), u(2, 3, 4), checks=_VALUE)
T("categorical_accuracy", "ties", _HOT, _TIED, checks=_VALUE)
T(
    "categorical_accuracy",
    "special",
    v([[0, 1]], "int32"),
    v([[1.0, _NAN]]),
    checks=_VALUE,
)
T("categorical_accuracy", "empty", i(0, 4), u(0, 4), checks=["forward", "spec"])

T("sparse_categorical_accuracy", "chances", _CLASSES, u(3, 4))
T("sparse_categorical_accuracy", "steps", i(2, 3, high=4), u(2, 3, 4), checks=_VALUE)
T(
    "sparse_categorical_accuracy",
    "column",
    i(3, 1, high=4),
    u(3, 4),
    checks=["forward", "spec"],
    ref=False,
)
T("sparse_categorical_accuracy", "ties", _CLASSES, _TIED, checks=_VALUE)
T(
    "sparse_categorical_accuracy",
    "empty",
    i(0, high=4),
    u(0, 4),
    checks=["forward", "spec"],
)

T("top_k_categorical_accuracy", "chances", _HOT, u(3, 4), k=2)
T("sparse_top_k_categorical_accuracy", "chances", _CLASSES, u(3, 4), k=2)
for _k in (1, 2, 3, 4):
    T(
        "top_k_categorical_accuracy",
        f"k {_k}",
        _HOT,
        u(3, 4),
        k=_k,
        checks=["forward", "spec"],
    )
    T(
        "top_k_categorical_accuracy",
        f"ties {_k}",
        _HOT,
        _TIED,
        k=_k,
        checks=_VALUE,
        ref=False,
    )
    T(
        "sparse_top_k_categorical_accuracy",
        f"k {_k}",
        _CLASSES,
        u(3, 4),
        k=_k,
        checks=["forward", "spec"],
    )
    T(
        "sparse_top_k_categorical_accuracy",
        f"ties {_k}",
        _CLASSES,
        _TIED,
        k=_k,
        checks=_VALUE,
        ref=False,
    )
for _name, _true in {
    "top_k_categorical_accuracy": _HOT,
    "sparse_top_k_categorical_accuracy": _CLASSES,
}.items():
    T(_name, "more than there are", _true, u(3, 4), k=9, checks=_VALUE)
    T(
        _name,
        "special",
        _true,
        v([[_NAN, 1.0, 2.0, 3.0], [_INF, 1.0, 2.0, 3.0], [-_INF, 1.0, 2.0, 3.0]]),
        k=2,
        checks=_VALUE,
        ref=False,
    )
_sparse_top = "sparse_top_k_categorical_accuracy"
T(_sparse_top, "steps", i(2, 3, high=4), u(2, 3, 4), k=2, checks=["forward", "spec"])
T(
    _sparse_top,
    "class below zero",
    v([-1, 1, 0], "int32"),
    u(3, 4),
    k=2,
    checks=_VALUE,
    ref=False,
)
T(
    _sparse_top,
    "sorted ids",
    v([3, 1], "int32"),
    v([[3.0, 1.0, 0.0], [2.0, 0.0, 1.0]]),
    k=2,
    from_sorted_ids=True,
    checks=_VALUE,
    ref=False,
)

for _name in ("pearson_correlation", "concordance_correlation"):
    T(_name, "rows", n(3, 5), n(3, 5))
    T(_name, "columns", n(3, 5), n(3, 5), axis=0, checks=_BOTH)
    T(_name, "cube", n(2, 3, 4), n(2, 3, 4), checks=_VALUE)
    T(_name, "equal", v([[1.0, 2.0, 4.0]]), v([[1.0, 2.0, 4.0]]), checks=_VALUE)
    T(_name, "opposite", v([[1.0, 2.0, 4.0]]), v([[-1.0, -2.0, -4.0]]), checks=_VALUE)
    T(
        _name,
        "constant",
        v([[1.0, 1.0, 1.0]]),
        v([[1.0, 2.0, 3.0]]),
        checks=_VALUE,
        ref=False,
    )
    T(
        _name,
        "bad",
        n(3, 5),
        n(3, 5),
        checks=["errors"],
        refuses={
            "axis": bad(n(3, 5), n(3, 5), axis=2),
            "lengths": bad(n(3, 5), n(3, 4)),
        },
    )
