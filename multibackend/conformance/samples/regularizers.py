"""`keras.regularizers`: penalties and their gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.table import Table, bad

T = Table("regularizers", "keras.regularizers", objects=True)

_BOTH = ["forward", "grad_inputs"]
# The check `spec` asks nothing of what takes no symbolic tensor at all: as JAX alone
# refuses here, samples of their own ask it.
_SYMBOLS = {"spec": "JAX refuses symbolic tensors; see the samples `symbolic`"}


def _symbolic(keras: Any, name: str) -> Any:
    penalty = getattr(keras.regularizers, name)(0.1)
    return {"rank": len(penalty(keras.KerasTensor((3, 4))).shape)}


for _name in ("L1", "L2", "L1L2", "OrthogonalRegularizer"):
    T(
        _name,
        "symbolic",
        _name,
        run=_symbolic,
        checks=["forward"],
        skip={"jit": "nothing is computed"},
    )


def _l1l2(x: Any, l1: float = 0.0, l2: float = 0.0) -> Any:
    return l1 * np.sum(np.abs(x)) + l2 * np.sum(x * x)


def _orthogonal(x: Any, factor: float = 0.01, mode: str = "rows") -> Any:
    rows = x if mode == "rows" else x.T
    unit = rows / np.sqrt(np.maximum(np.sum(rows * rows, axis=1, keepdims=True), 1e-12))
    product = unit @ unit.T
    pairs = len(rows) * (len(rows) - 1) / 2
    return factor * 0.5 * np.sum(np.abs(product - np.diag(np.diag(product)))) / pairs


_SAMPLES: dict[str, list[dict[str, Any]]] = {
    "L1": [{}, {"l1": 0.5}],
    "L2": [{}, {"l2": 0.5}],
    "L1L2": [{}, {"l1": 0.3, "l2": 0.2}, {"l1": 0.3}],
}
_DEFAULTS = {"L1": {"l1": 0.01}, "L2": {"l2": 0.01}, "L1L2": {}}


def _reference(settings: dict[str, Any]) -> Callable[..., Any]:
    return lambda x: _l1l2(x, **settings)


for _name, _sets in _SAMPLES.items():
    _set = _sets[-1]
    for _each in _sets:
        T.make(
            _name,
            " ".join(f"{key} {value}" for key, value in _each.items()) or "default",
            _each,
            n(3, 4),
            ref=_reference(_DEFAULTS[_name] | _each),
            skip=_SYMBOLS,
        )
    _ref = _reference(_DEFAULTS[_name] | _set)
    T.make(_name, "at 0", _set, v([0.0, -0.0, 1.0, -1.0]), ref=_ref, checks=_BOTH)
    T.make(_name, "scalar", _set, n(), ref=_ref, checks=_BOTH)
    T.make(_name, "empty", _set, n(0, 3), ref=_ref, checks=_BOTH)
    T.make(_name, "cube", _set, n(2, 3, 4), ref=_ref, checks=_BOTH)
    T.make(_name, "special", _set, v([float("inf"), float("nan")]), checks=["forward"])
    T.make(_name, "large", _set, v([1e20, 1.0]), checks=["forward"])
    T.make(_name, "whole numbers", _set, i(3, 4), checks=["forward"])
    T.make(
        _name,
        "refused",
        _set,
        n(2),
        checks=["errors"],
        refuses={
            "text": bad(**{next(iter(_set)): "much"}),
            "infinite": bad(**{next(iter(_set)): float("inf")}),
            "negative": bad(**{next(iter(_set)): -0.5}),
            "argument": bad(l3=0.5),
        },
    )

for _mode in ("rows", "columns"):
    _set = {"factor": 0.5, "mode": _mode}
    T.make(
        "OrthogonalRegularizer",
        _mode,
        _set,
        n(3, 4),
        ref=lambda x, m=_mode: _orthogonal(x, 0.5, m),
        skip=_SYMBOLS,
    )
    T.make(
        "OrthogonalRegularizer",
        f"{_mode} null row",
        _set,
        v([[0.0, 0.0], [1.0, 0.0]]),
        checks=_BOTH,
    )
    T.make(
        "OrthogonalRegularizer",
        f"{_mode} orthogonal",
        _set,
        v([[2.0, 0.0], [0.0, 3.0]]),
        checks=_BOTH,
    )
T.make("OrthogonalRegularizer", "one row", {}, n(1, 4), checks=["forward"])
T.make(
    "OrthogonalRegularizer",
    "refused",
    {},
    n(2, 3),
    checks=["errors"],
    refuses={
        "mode": bad(mode="diagonals"),
        "factor": bad(factor="much"),
        "vector": bad(n(3)),
        "cube": bad(n(2, 2, 2)),
    },
)


def _own(keras: Any, x: Any) -> Any:
    class Cubes(keras.regularizers.Regularizer):
        def __call__(self, x: Any) -> Any:
            return 0.1 * keras.ops.sum(keras.ops.abs(x) ** 3)

    layer = keras.layers.Dense(2, kernel_regularizer=Cubes(), activity_regularizer="l2")
    out = layer(x)
    layer.kernel.assign(keras.ops.ones_like(layer.kernel) * 2.0)
    out = layer(x)
    return out, list(layer.losses)


T(
    "Regularizer",
    "own",
    n(3, 4),
    run=_own,
    checks=["forward"],
    skip={"jit": "it makes a layer"},
)


def _in_layer(keras: Any, x: Any) -> Any:
    layer = keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2))
    layer.build((None, 3))
    layer.kernel.assign(x)
    return list(layer.losses)


T("L1L2", "in a layer", n(3, 2), run=_in_layer, checks=["forward"])
