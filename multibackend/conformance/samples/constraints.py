"""`keras.constraints`: what a weight becomes, along which axis, and the gradient."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import n, v
from multibackend.conformance.table import Table, bad

T = Table("constraints", "keras.constraints", objects=True)

_EPSILON = 1e-7
_BOTH = ["forward", "grad_inputs"]


def _norms(w: Any, axis: Any) -> Any:
    return np.sqrt(np.sum(w * w, axis=axis, keepdims=True))


def _max(w: Any, max_value: float = 2, axis: Any = 0) -> Any:
    norms = _norms(w, axis)
    return w * np.clip(norms, 0, max_value) / (norms + _EPSILON)


def _unit(w: Any, axis: Any = 0) -> Any:
    return w / (_norms(w, axis) + _EPSILON)


def _between(
    w: Any,
    min_value: float = 0.0,
    max_value: float = 1.0,
    rate: float = 1.0,
    axis: Any = 0,
) -> Any:
    norms = _norms(w, axis)
    wanted = rate * np.clip(norms, min_value, max_value) + (1.0 - rate) * norms
    return w * wanted / (norms + _EPSILON)


_Of = Callable[..., Any]
_SAMPLES: dict[str, tuple[_Of, list[dict[str, Any]]]] = {
    "MaxNorm": (_max, [{}, {"max_value": 0.5}]),
    "UnitNorm": (_unit, [{}]),
    "MinMaxNorm": (_between, [{}, {"min_value": 2.0, "max_value": 3.0, "rate": 0.7}]),
}


def _reference(of: _Of, settings: dict[str, Any]) -> _Of:
    return lambda w: of(w, **settings)


for _name, (_of, _sets) in _SAMPLES.items():
    _set = _sets[-1]
    for _each in _sets:
        T.make(
            _name,
            " ".join(f"{key} {value}" for key, value in _each.items()) or "default",
            _each,
            n(3, 4),
            ref=_reference(_of, _each),
        )
    for _axis, _shape in (
        (1, (3, 4)),
        (-1, (3, 4)),
        ((0, 1, 2), (2, 2, 3, 4)),
        ((0, 1), (3, 4)),
    ):
        _along = _set | {"axis": _axis}
        _ref = _reference(_of, _along)
        T.make(_name, f"axis {_axis}", _along, n(*_shape), ref=_ref, checks=_BOTH)
    _ref = _reference(_of, _set)
    T.make(
        _name, "null column", _set, v([[0.0, 1.0], [0.0, 2.0]]), ref=_ref, checks=_BOTH
    )
    T.make(_name, "empty", _set, n(0, 3), checks=["forward"])
    T.make(
        _name,
        "special",
        _set,
        v([[float("inf"), 1.0], [1.0, float("nan")]]),
        checks=["forward"],
    )
    T.make(
        _name,
        "large and small",
        _set,
        v([[1e20, 1e-20], [1.0, 1e-20]]),
        checks=["forward"],
    )
    T.make(
        _name,
        "refused",
        _set,
        n(2, 3),
        checks=["errors"],
        refuses={"argument": bad(speed=1)},
    )
    T.make(
        _name,
        "axis too large",
        _set | {"axis": 2},
        n(3, 4, 2),
        checks=["errors"],
        refuses={"text axis": bad(limit=2)},
    )
T.make("NonNeg", "matrix", {}, n(3, 4), ref=lambda w: np.maximum(w, 0.0))
T.make("NonNeg", "at 0", {}, v([0.0, -0.0, 1.0, -1.0]), checks=_BOTH)
T.make(
    "NonNeg",
    "special",
    {},
    v([float("inf"), float("-inf"), float("nan")]),
    checks=["forward"],
)
T.make("NonNeg", "scalar", {}, n(), checks=_BOTH)
T.make("MaxNorm", "at the norm", {"max_value": 5.0}, v([[3.0], [4.0]]), checks=_BOTH)


def _own(keras: Any, w: Any) -> Any:
    class Centred(keras.constraints.Constraint):
        def __call__(self, w: Any) -> Any:
            return w - keras.ops.mean(w)

    layer = keras.layers.Dense(
        2, kernel_constraint=Centred(), bias_constraint="non_neg"
    )
    layer.build((None, 3))
    layer.kernel.assign(w)
    model = keras.Sequential([keras.layers.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    model.train_on_batch(np.ones((2, 3)), np.zeros((2, 2)))
    return [weight.value for weight in layer.weights]


T(
    "Constraint",
    "own",
    n(3, 2),
    run=_own,
    checks=["forward"],
    skip={"jit": "it trains"},
)
