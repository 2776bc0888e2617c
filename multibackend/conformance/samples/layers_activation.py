"""Activations as layers: their bounds, kinks and special numbers."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, n, v
from multibackend.conformance.references.attention import softmax
from multibackend.conformance.references.plain import plain
from multibackend.conformance.table import Table, bad

T = Table("layers.activation", "keras.layers", objects=True)

_INF, _NAN = float("inf"), float("nan")
_SPECIAL = v([[0.0, -0.0, _INF, -_INF, _NAN]] * 2)
_KINKS = v([[0.0, -1.0, 1.0, 0.5, 2.0, 0.25]] * 2)
_FEW = ("forward", "grad_inputs")
_X = n(3, 4, std=2.0)


def _relu(x: Any) -> Any:
    return np.where(x >= 0.25, np.minimum(x, 1.0), 0.125 * (x - 0.25))


T.make(
    "Activation",
    "by name",
    {"activation": "tanh"},
    _X,
    ref=plain(np.tanh),
    refuses={"unknown": bad(activation="none such")},
)
T.make(
    "Activation",
    "none",
    {"activation": None},
    _X,
    ref=plain(lambda x: x),
    checks=["forward", "spec"],
)
T.make(
    "ELU",
    "alpha",
    {"alpha": 0.75},
    _X,
    ref=plain(lambda x: np.where(x > 0, x, 0.75 * np.expm1(x))),
)
T.make(
    "LeakyReLU",
    "default",
    {},
    _X,
    ref=plain(lambda x: np.where(x > 0, x, 0.3 * x)),
    refuses={"no slope": bad(negative_slope=None)},
)
T.make(
    "LeakyReLU",
    "slope of 0.125",
    {"negative_slope": 0.125},
    _X,
    ref=plain(lambda x: np.where(x > 0, x, 0.125 * x)),
    checks=_FEW,
)
T.make(
    "ReLU",
    "default",
    {},
    _X,
    ref=plain(lambda x: np.maximum(x, 0)),
    refuses={
        "negative bound": bad(max_value=-1.0),
        "negative slope": bad(negative_slope=-1.0),
        "negative threshold": bad(threshold=-1.0),
    },
)
_ALL = {"max_value": 1.0, "negative_slope": 0.125, "threshold": 0.25}
T.make(
    "ReLU", "bounded, sloped, from a threshold", _ALL, _X, ref=plain(_relu), checks=_FEW
)
T.make(
    "ReLU",
    "bounded",
    {"max_value": 6.0},
    n(3, 4, std=6.0),
    ref=plain(lambda x: np.clip(x, 0, 6)),
    checks=_FEW,
)
T.make(
    "ReLU",
    "bound of 0.5",
    {"max_value": 0.5},
    _X,
    ref=plain(lambda x: np.clip(x, 0, 0.5)),
    checks=_FEW,
)
T.make(
    "ReLU",
    "threshold",
    {"threshold": 0.5},
    _X,
    ref=plain(lambda x: np.where(x > 0.5, x, 0)),
    checks=_FEW,
)
T.make(
    "Softmax",
    "last axis",
    {},
    _X,
    ref=plain(softmax),
)
T.make(
    "Softmax",
    "two axes",
    {"axis": (1, 2)},
    n(2, 3, 4),
    ref=plain(lambda x: softmax(x.reshape(2, -1)).reshape(x.shape)),
    checks=[*_FEW, "spec"],
)
T.make(
    "Softmax",
    "axis 1",
    {"axis": 1},
    n(2, 3, 4),
    ref=plain(lambda x: softmax(x, axis=1)),
    checks=_FEW,
)
T.make(
    "Softmax",
    "mask",
    {},
    n(3, 4),
    mask=v([[True, False, True, True]] * 3, "bool"),
    checks=[*_FEW, "spec"],
)
T.make(
    "Softmax",
    "mask over two axes",
    {"axis": (1, 2)},
    n(2, 3, 4),
    mask=b(2, 3, 4),
    checks=_FEW,
)
T.make(
    "Softmax", "all masked", {}, n(2, 3), mask=v([[False] * 3] * 2, "bool"), checks=_FEW
)
T.make(
    "Softmax",
    "large",
    {},
    v([[1000.0, 999.0], [-1000.0, -1000.0]]),
    ref=plain(softmax),
    checks=_FEW,
)
T.make(
    "PReLU",
    "an alpha each",
    {},
    n(2, 3, 4),
    elsewhere=["jit"],
    ref=lambda x, weights: np.where(x > 0, x, weights["alpha"] * x),
)
T.make(
    "PReLU",
    "shared",
    {"shared_axes": [1]},
    n(2, 3, 4),
    ref=lambda x, weights: np.where(x > 0, x, weights["alpha"] * x),
    checks=["forward", "grad_inputs", "grad_weights", "jit"],
)
for _name, _settings in (
    ("Activation", {"activation": "relu"}),
    ("ELU", {}),
    ("LeakyReLU", {}),
    ("ReLU", {}),
    ("ReLU", _ALL),
    ("PReLU", {}),
    ("Softmax", {}),
):
    _more = ", all set" if _settings is _ALL else ""
    T.make(_name, f"kinks{_more}", _settings, _KINKS, checks=_FEW)
    T.make(_name, f"special numbers{_more}", _settings, _SPECIAL, checks=["forward"])
