"""`keras.ops` that activate neurons: at their kinks, far out, and of whole numbers."""

from typing import Any

import numpy as np
from scipy import special

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import Table, bad

_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805


def _elu(x: Any, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(x))


def _gelu(x: Any, *, approximate: bool = True) -> Any:
    if approximate:
        return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * special.ndtr(x)


def _glu(x: Any, axis: int = -1) -> Any:
    value, gate = np.split(x, 2, axis)
    return value * special.expit(gate)


def _hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    return np.where(np.abs(x) > threshold, x, 0.0)


def _soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    low = np.where(x < -threshold, x + threshold, 0.0)
    return np.where(x > threshold, x - threshold, low)


def _sparse_plus(x: Any) -> Any:
    return np.where(x <= -1, 0.0, np.where(x < 1, (x + 1) ** 2 / 4, x))


#: Each in NumPy.
NUMPY: dict[str, Any] = {
    "celu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
    "elu": _elu,
    "gelu": _gelu,
    "glu": _glu,
    "hard_shrink": _hard_shrink,
    "hard_sigmoid": lambda x: np.clip((x + 3) / 6, 0, 1),
    "hard_silu": lambda x: x * np.clip((x + 3) / 6, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x, negative_slope=0.2: np.where(x > 0, x, negative_slope * x),
    "log_sigmoid": lambda x: -np.logaddexp(-x, 0.0),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: _SCALE * _elu(x, _ALPHA),
    "sigmoid": special.expit,
    "silu": lambda x: x * special.expit(x),
    "soft_shrink": _soft_shrink,
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "squareplus": lambda x, b=4: (x + np.sqrt(x**2 + b)) / 2,
    "tanh_shrink": lambda x: x - np.tanh(x),
    "threshold": lambda x, threshold, default_value: np.where(
        x > threshold, x, default_value
    ),
}

T = Table("ops.activation", "keras.ops", reference=NUMPY)

_INF, _NAN = float("inf"), float("nan")

# Where the slope jumps, or one formula takes over from another.
_KINKS = {
    "celu": [0.0, -0.0],
    "elu": [0.0, -0.0],
    "hard_shrink": [0.0, 0.5, -0.5],
    "hard_sigmoid": [3.0, -3.0],
    "hard_silu": [3.0, -3.0, 0.0],
    "hard_tanh": [1.0, -1.0],
    "leaky_relu": [0.0, -0.0],
    "relu": [0.0, -0.0],
    "relu6": [0.0, -0.0, 6.0],
    "selu": [0.0, -0.0],
    "soft_shrink": [0.0, 0.5, -0.5],
    "softsign": [0.0, -0.0],
    "sparse_plus": [1.0, -1.0],
    "sparse_sigmoid": [1.0, -1.0],
}
_MORE: dict[str, dict[str, Any]] = {
    "threshold": {"threshold": 0.5, "default_value": -2.0}
}

for _name in NUMPY:
    _more = _MORE.get(_name, {})
    if _name == "glu":
        continue
    # Further out, the slope of gelu is a difference of equal numbers.
    _std = 1.0 if _name == "gelu" else 2.0
    T(_name, "matrix", n(3, 4, std=_std), **_more)
    T(_name, "special", v([_INF, -_INF, _NAN, -0.0]), checks=["forward"], **_more)
    T(
        _name,
        "far",
        v([-1e4, -200.0, -90.0, 90.0, 200.0, 1e4]),
        checks=["forward", "grad_inputs"],
        **_more,
    )
    if _name != "silu":  # no backend takes whole numbers
        T(_name, "int32", i(3, 4, low=-3, high=4), checks=["forward"], **_more)
    if _name in _KINKS:
        T(_name, "kinks", v(_KINKS[_name]), checks=["forward", "grad_inputs"])

for _name in ("relu", "sigmoid", "gelu"):
    T(_name, "scalar", n(std=2.0), checks=["forward", "spec"])
    T(_name, "empty", n(0, 3), checks=["forward", "spec"])
    T(_name, "bool", b(3, 4), checks=["forward"])
    T(_name, "uint8", i(3, 4, high=255, dtype="uint8"), checks=["forward"])
T("relu6", "int32, its dtype", i(3, 4, low=-9, high=9), checks=["spec"])

for _alpha in (0.3, -0.5, 0.0):
    T("elu", f"alpha {_alpha}", n(3, 4), alpha=_alpha, checks=["forward"])
T("elu", "alpha of an integer", n(3, 4), alpha=2, checks=["forward", "grad_inputs"])
for _alpha in (0.3, -0.5):
    T(
        "celu",
        f"alpha {_alpha}",
        n(3, 4),
        alpha=_alpha,
        checks=["forward", "grad_inputs"],
    )
T("softplus", "above twenty", v([20.5, 22.0]), checks=["forward", "grad_inputs"])
T("gelu", "exact", n(3, 4), approximate=False)
T(
    "gelu",
    "exact and far",
    v([-90.0, 90.0]),
    approximate=False,
    checks=["forward", "grad_inputs"],
)
T(
    "gelu",
    "exact, special",
    v([_INF, -_INF, _NAN]),
    approximate=False,
    checks=["forward"],
)
T("leaky_relu", "slope of an integer", n(3, 4), negative_slope=2, checks=["forward"])
T("leaky_relu", "slope above one", n(3, 4), negative_slope=1.5, checks=["forward"])
T("leaky_relu", "slope below zero", n(3, 4), negative_slope=-0.5, checks=["forward"])
for _name in ("hard_shrink", "soft_shrink"):
    T(_name, "threshold zero", n(3, 4), threshold=0.0, checks=["forward"])
    T(_name, "threshold two", n(3, 4, std=3.0), threshold=2, checks=["forward"])
    T(
        _name,
        "threshold below zero",
        v([-2.0, -0.2, 0.0, 0.2, 2.0]),
        threshold=-0.5,
        checks=["forward"],
    )
T("squareplus", "b of zero", v([-2.0, 0.5, 3.0]), b=0, checks=["forward"])
T("squareplus", "b of a fraction", n(3, 4), b=0.25)
T(
    "threshold",
    "at the threshold",
    v([0.5, 0.49999997, 0.50000006]),
    threshold=0.5,
    default_value=9.0,
    checks=["forward", "grad_inputs"],
)
T(
    "threshold",
    "int32 and fractions",
    v([0, 1, 2], "int32"),
    threshold=0.5,
    default_value=0.25,
    checks=["forward"],
)

T(
    "glu",
    "matrix",
    n(3, 4),
    refuses={
        "an odd axis": bad(n(3, 5)),
        "an axis out of range": bad(n(3, 4), axis=2),
        "a scalar": bad(n()),
    },
)
T("glu", "axis 0", n(4, 3), axis=0, checks=["forward", "spec", "grad_inputs"])
T("glu", "axis -2", n(2, 4, 3), axis=-2, checks=["forward", "spec"])
T("glu", "default axis", n(3, 4), axis=-1, checks=["forward"])
T("glu", "far", v([[1.0, 2.0, 200.0, -200.0]]), checks=["forward", "grad_inputs"])
T("glu", "special", v([[_INF, 1.0, _NAN, -_INF]]), checks=["forward"])
