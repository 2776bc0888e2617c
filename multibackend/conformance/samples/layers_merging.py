"""Layers that merge several tensors, and their functions."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.references.plain import plain
from multibackend.conformance.table import Table, bad

T = Table("layers.merging", "keras.layers", objects=True)

_FEW = ("forward", "grad_inputs", "spec")
_NAN = float("nan")
_SKIP = {"jit": "it makes a layer, which is asked by itself"}
_ONE, _TWO = n(2, 3, 4), n(2, 3, 4)
_FORMULAS = {
    "Add": sum,
    "Average": lambda xs: sum(xs) / len(xs),
    "Maximum": lambda xs: np.max(np.broadcast_arrays(*xs), axis=0),
    "Minimum": lambda xs: np.min(np.broadcast_arrays(*xs), axis=0),
    "Multiply": lambda xs: np.prod(np.broadcast_arrays(*xs), axis=0),
    "Subtract": lambda xs: xs[0] - xs[1],
}


for _name, _formula in _FORMULAS.items():
    T.make(
        _name,
        "alike",
        {},
        [_ONE, _TWO],
        ref=plain(_formula),
        refuses={
            "one tensor": bad(_ONE),
            "shapes apart": bad([n(2, 3), n(2, 4)]),
            "batches apart": bad([n(2, 3), n(3, 3)]),
        },
    )
    T.make(
        _name,
        "broadcast",
        {},
        [n(2, 3, 4), n(2, 1, 4)],
        ref=plain(_formula),
        checks=_FEW,
    )
    if _name in ("Add", "Subtract"):
        T.make(_name, "ranks apart", {}, [n(2, 3, 4), n(2, 4)], checks=_FEW)
    if _name in ("Add", "Average", "Maximum"):
        T.make(
            _name,
            "three",
            {},
            [n(2, 4), n(2, 4), n(2, 4)],
            ref=plain(_formula),
            checks=_FEW,
        )
    if _name in ("Add", "Average"):
        T.make(
            _name,
            "whole numbers",
            {"dtype": "int32"},
            [i(2, 3), i(2, 3)],
            checks=["forward", "spec"],
        )
    T(
        _name.lower(),
        "alike",
        [_ONE, _TWO],
        ref=_formula,
        checks=["forward", "spec"],
        skip=_SKIP,
    )
for _name in ("Maximum", "Minimum"):
    T.make(
        _name,
        "ties",
        {},
        [v([[1.0, 2.0, 0.0]] * 2), v([[1.0, 2.0, 0.0]] * 2)],
        checks=["forward", "grad_inputs"],
    )
    T.make(
        _name,
        "NaN",
        {},
        [v([[1.0, _NAN, 0.0, 2.0]] * 2), v([[1.0, 1.0, -0.0, _NAN]] * 2)],
        checks=["forward"],
    )


def _concatenated(axis: Any) -> Any:
    return plain(lambda xs: np.concatenate(xs, axis=axis))


T.make(
    "Concatenate",
    "last axis",
    {},
    [_ONE, _TWO],
    ref=_concatenated(-1),
    refuses={
        "shapes apart": bad([n(2, 3, 4), n(2, 2, 4)]),
    },
)
T.make(
    "Concatenate",
    "axis 1, three",
    {"axis": 1},
    [n(2, 3, 4), n(2, 1, 4), n(2, 2, 4)],
    ref=_concatenated(1),
    checks=_FEW,
)
T.make(
    "Concatenate",
    "empty beside full",
    {"axis": 1},
    [n(2, 0, 4), n(2, 3, 4)],
    ref=_concatenated(1),
    checks=["forward", "spec"],
)
T(
    "concatenate",
    "axis 1",
    [n(2, 3, 4), n(2, 1, 4)],
    axis=1,
    ref=lambda xs, axis: np.concatenate(xs, axis=axis),
    checks=["forward", "spec"],
    skip=_SKIP,
)


def _dot(xs: Any, axes: Any, *, normalize: bool = False) -> Any:
    first, second = xs
    if normalize:
        first = first / np.linalg.norm(first, axis=axes[0], keepdims=True)
        second = second / np.linalg.norm(second, axis=axes[1], keepdims=True)
    found = [
        np.tensordot(a, b, (axes[0] - 1, axes[1] - 1))
        for a, b in zip(*(first, second), strict=True)
    ]
    found = np.stack(found)
    return found[:, None] if found.ndim == 1 else found


T.make(
    "Dot",
    "axis 2",
    {"axes": 2},
    [n(2, 3, 4), n(2, 5, 4)],
    ref=plain(lambda xs: _dot(xs, (2, 2))),
    refuses={
        "lengths apart": bad([n(2, 3, 4), n(2, 5, 3)]),
        "three tensors": bad([n(2, 3, 4), n(2, 5, 4), n(2, 5, 4)]),
        "axes of no kind": bad(axes="a"),
    },
)
T.make(
    "Dot",
    "axes apart",
    {"axes": (1, 2)},
    [n(2, 4, 3), n(2, 5, 4)],
    ref=plain(lambda xs: _dot(xs, (1, 2))),
    checks=_FEW,
)
T.make(
    "Dot",
    "rows, normalized",
    {"axes": 1, "normalize": True},
    [n(3, 4), n(3, 4)],
    ref=plain(lambda xs: _dot(xs, (1, 1), normalize=True)),
    checks=_FEW,
)
T.make(
    "Dot",
    "zeros, normalized",
    {"axes": -1, "normalize": True},
    [v([[0.0, 0.0], [1.0, 2.0]]), n(2, 2)],
    checks=["forward"],
)
T(
    "dot",
    "axes apart",
    [n(2, 4, 3), n(2, 5, 4)],
    axes=(1, 2),
    ref=_dot,
    checks=["forward", "spec"],
    skip=_SKIP,
)
