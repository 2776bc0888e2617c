"""`keras.activations`: as their operations, with their own arguments and defaults."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.samples.ops_activation import NUMPY
from multibackend.conformance.samples.ops_softmax import NUMPY as SOFTMAX
from multibackend.conformance.table import Table, bad


def _relu(
    x: Any,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Any:
    top = np.inf if max_value is None else max_value
    low = negative_slope * (x - threshold)
    return np.where(x >= top, top, np.where(x >= threshold, x, low))


_OWN = {
    "exponential": np.exp,
    "gelu": lambda x, approximate=False: NUMPY["gelu"](x, approximate=approximate),
    "linear": lambda x: x,
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0.0)),
    "relu": _relu,
    "tanh": np.tanh,
}
_EACH: dict[str, Any] = NUMPY | SOFTMAX | _OWN

T = Table("activations", "keras.activations", reference=_EACH)

# The compiler of PyTorch refuses it.
T.alone("serialize")

_INF, _NAN = float("inf"), float("nan")
_FAR = v([-1e4, -200.0, -90.0, 20.0, 80.0])
_MORE: dict[str, dict[str, Any]] = {
    "threshold": {"threshold": 0.5, "default_value": -2.0}
}

for _name in _EACH:
    _std = 1.0 if _name == "gelu" else 2.0
    T(_name, "matrix", n(3, 4, std=_std), **_MORE.get(_name, {}))
for _name in ("exponential", "linear", "mish", "tanh"):
    T(_name, "far", _FAR, checks=["forward", "grad_inputs"])
    T(_name, "special", v([_INF, -_INF, _NAN, -0.0]), checks=["forward"])
    T(_name, "int32", i(3, 4, low=-3, high=4), checks=["forward"])

_RELUS: dict[str, dict[str, Any]] = {
    "slope": {"negative_slope": 0.3},
    "slope of an integer": {"negative_slope": 2},
    "top": {"max_value": 1.0},
    "top of six": {"max_value": 6},
    "top of zero": {"max_value": 0.0},
    "threshold": {"threshold": 0.5},
    "threshold below zero": {"threshold": -0.5},
    "slope and top": {"negative_slope": 0.3, "max_value": 1.0},
    "slope, top and threshold": {
        "negative_slope": 0.3,
        "max_value": 1.0,
        "threshold": 0.5,
    },
}
for _label, _more in _RELUS.items():
    T("relu", _label, n(4, 5, std=3.0), checks=["forward", "grad_inputs"], **_more)
T(
    "relu",
    "at its bounds",
    v([0.5, 1.0, 0.0, -0.0]),
    negative_slope=0.3,
    max_value=1.0,
    threshold=0.5,
    checks=["forward", "grad_inputs"],
)
T("relu", "special and a slope", v([_INF, -_INF, _NAN]), negative_slope=0.3)
T("gelu", "approximate", n(3, 4), approximate=True, checks=["forward"])
T("softmax", "axis 0", n(3, 4), axis=0, checks=["forward", "grad_inputs"])
T("softmax", "several axes", n(2, 3, 4), axis=(1, 2), checks=["forward", "spec"])
T("softmax", "vector", n(4), checks=["forward"])
T("glu", "axis 0", n(4, 3), axis=0, checks=["forward"])

_NAMES = sorted(set(_EACH) - {"threshold"})


# What they compute is asked above, so that only what is found is asked here.
def _found(find: Any) -> Any:
    def run(keras: Any, x: Any) -> Any:
        own = keras.activations
        return {n: find(own, n)(x) - getattr(own, n)(x) for n in _NAMES}

    return run


def _nothing(x: Any) -> Any:
    return {name: np.zeros_like(_EACH[name](x)) for name in _NAMES}


T(
    "get",
    "by name",
    n(3, 4),
    ref=_nothing,
    run=_found(lambda own, name: own.get(name)),
    checks=["forward"],
    refuses={"an unknown name": bad("no such function"), "a number": bad(3)},
)
T(
    "get",
    "none",
    n(3, 4),
    ref=lambda x: x,
    run=lambda keras, x: keras.activations.get(None)(x),
    checks=["forward"],
)
T(
    "serialize",
    "and back",
    n(3, 4),
    ref=_nothing,
    run=_found(lambda own, name: own.deserialize(own.serialize(getattr(own, name)))),
    checks=["forward"],
)
T(
    "deserialize",
    "by name",
    n(3, 4),
    ref=_nothing,
    run=_found(lambda own, name: own.deserialize(name)),
    checks=["forward"],
    refuses={"an unknown name": bad("no such function")},
)
