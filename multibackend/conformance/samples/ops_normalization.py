"""`keras.ops` that normalize: by axes of all kinds, of rows of zeros, of few digits."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, u, v
from multibackend.conformance.table import Table, bad

_EPSILON = 1e-7


def _shaped(one: Any, x: Any, axis: Any) -> Any:
    """A vector, or a block, along the axes of an array."""
    axes = [axis] if isinstance(axis, int) else sorted(a % x.ndim for a in axis)
    shape = [1] * x.ndim
    for a in axes:
        shape[a] = x.shape[a]
    return np.reshape(one, shape)


def _batch(
    x: Any,
    mean: Any,
    variance: Any,
    axis: Any,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Any:
    mean, variance = _shaped(mean, x, axis), _shaped(variance, x, axis)
    scale = 1.0 if scale is None else _shaped(scale, x, axis)
    offset = 0.0 if offset is None else _shaped(offset, x, axis)
    return (x - mean) / np.sqrt(variance + epsilon) * scale + offset


def _axes(axis: Any) -> Any:
    return axis if isinstance(axis, int) else tuple(axis)


def _layer(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: Any = None
) -> Any:
    epsilon = _EPSILON if epsilon is None else epsilon
    mean = x.mean(_axes(axis), keepdims=True)
    variance = x.var(_axes(axis), keepdims=True)
    gamma = 1.0 if gamma is None else _shaped(gamma, x, axis)
    beta = 0.0 if beta is None else _shaped(beta, x, axis)
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def _rms(x: Any, scale: Any = None, axis: Any = -1, epsilon: Any = None) -> Any:
    epsilon = _EPSILON if epsilon is None else epsilon
    square = np.square(x).mean(_axes(axis), keepdims=True)
    scale = 1.0 if scale is None else _shaped(scale, x, axis)
    return x / np.sqrt(square + epsilon) * scale


def _normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: Any = None) -> Any:
    x = np.atleast_1d(x)
    epsilon = _EPSILON if epsilon is None else epsilon
    powers = np.abs(x) ** order
    norm = powers.sum(_axes(axis), keepdims=True) ** (1 / order)
    return x / np.maximum(norm, epsilon)


T = Table(
    "ops.normalization",
    "keras.ops",
    reference={
        "batch_normalization": _batch,
        "layer_normalization": _layer,
        "rms_normalization": _rms,
        "normalize": _normalize,
    },
)

_FEW = ["forward", "grad_inputs"]

T(
    "batch_normalization",
    "matrix",
    n(4, 3),
    n(3),
    u(3, low=0.5, high=2.0),
    -1,
    n(3),
    n(3),
    refuses={
        "a mean of another length": bad(n(4, 3), n(2), u(2), -1),
        "an axis out of range": bad(n(4, 3), n(3), u(3), 2),
    },
)
T("batch_normalization", "bare", n(4, 3), n(3), u(3), axis=-1, checks=_FEW)
T(
    "batch_normalization",
    "default epsilon",
    n(4, 3),
    n(3),
    u(3),
    axis=-1,
    offset=None,
    scale=None,
    epsilon=1e-3,
    checks=["forward"],
)
T(
    "batch_normalization",
    "axis 1 of an image",
    n(2, 3, 4, 5),
    n(3),
    u(3, low=0.5),
    axis=1,
    offset=n(3),
    epsilon=1e-5,
    checks=["forward", "spec", "grad_inputs"],
)
T(
    "batch_normalization",
    "axis -2",
    n(2, 3, 4),
    n(3),
    u(3, low=0.5),
    axis=-2,
    scale=n(3),
    checks=["forward"],
)
T(
    "batch_normalization",
    "a variance of zero",
    n(4, 3),
    n(3),
    v([0.0, 0.0, 0.0]),
    axis=-1,
    checks=_FEW,
)
T(
    "batch_normalization",
    "no epsilon, a variance of zero",
    v([[1.0, 2.0]]),
    v([1.0, 1.0]),
    v([0.0, 0.0]),
    axis=-1,
    epsilon=0.0,
    checks=["forward"],
)
T(
    "batch_normalization",
    "far from zero",
    n(4, 3, mean=1000.0),
    v([1000.0, 1000.0, 1000.0]),
    u(3, low=0.5),
    axis=-1,
    checks=["forward"],
)
T(
    "batch_normalization",
    "int32",
    i(4, 3),
    n(3),
    u(3, low=0.5),
    axis=-1,
    ref=False,
    checks=["forward", "spec"],
)
T(
    "batch_normalization",
    "the input is kept",
    n(4, 3),
    v([0.0, 0.0, 0.0]),
    u(3, low=0.5),
    ref=False,
    run=lambda keras, x, mean, variance: (
        keras.ops.batch_normalization(x, mean, variance, -1, epsilon=0.0),
        x,
        mean,
        variance,
    ),
    checks=["forward"],
)

for _name in ("layer_normalization", "rms_normalization", "normalize"):
    T(
        _name,
        "matrix",
        n(4, 5),
        refuses={
            "an axis out of range": bad(n(3, 4), axis=2),
            "an axis given twice": bad(n(3, 4), axis=(1, 1)),
            **({"a scalar": bad(n())} if _name == "layer_normalization" else {}),
        },
    )
    for _axis in (0, 1, -2, (1, 2), (-2, -1), (-1, -2), (0, 2), (0, 1), (0, 1, 2)):
        T(_name, f"axis {_axis}", n(2, 3, 4), axis=_axis, checks=["forward", "spec"])
    T(_name, "default arguments", n(3, 4), axis=-1, epsilon=None, checks=["forward"])
    T(_name, "a large epsilon", n(3, 4), epsilon=0.5, checks=_FEW)
    T(_name, "a row of zeros", v([[0.0, 0.0], [1.0, 2.0]]), checks=_FEW)
    T(_name, "vector", n(5), checks=["forward", "spec"])
    if _name != "layer_normalization":
        T(_name, "scalar", n(), ref=False, checks=["forward", "spec"])
    T(_name, "one column", n(3, 1), checks=_FEW)
    T(_name, "int32", i(3, 4), ref=False, checks=["forward", "spec"])
    T(_name, "no rows", n(0, 3), checks=["forward", "spec"])
    T(_name, "huge", v([[1e19, 1e20], [1e30, -1e30]]), ref=False, checks=["forward"])
    T(_name, "tiny", v([[1e-20, 1e-21], [1e-30, 1e-30]]), checks=["forward"])
    T(_name, "infinity", v([[float("inf"), 1.0]]), ref=False, checks=["forward"])

T(
    "layer_normalization",
    "gamma and beta",
    n(4, 5),
    n(5),
    n(5),
    checks=["forward", "spec", "grad_inputs", "dtype"],
)
T("layer_normalization", "gamma", n(4, 5), gamma=n(5), checks=["forward"])
T("layer_normalization", "beta", n(4, 5), beta=n(5), checks=["forward"])
T("layer_normalization", "far", n(4, 64, mean=1000.0), checks=["forward"])
for _axis in (1, (1, 2), (-2, -1), (0, 2)):
    _places = [_axis] if isinstance(_axis, int) else _axis
    _shape = tuple((2, 3, 4)[a] for a in _places)
    T(
        "layer_normalization",
        f"gamma and beta of axis {_axis}",
        n(2, 3, 4),
        n(*_shape),
        n(*_shape),
        axis=_axis,
        checks=["forward"],
    )
    if _axis in ((1, 2), (-2, -1)):  # it shapes no scale along its axes
        T(
            "rms_normalization",
            f"scale of axis {_axis}",
            n(2, 3, 4),
            n(*_shape),
            axis=_axis,
            ref=False,
            checks=["forward"],
        )
T(
    "rms_normalization",
    "scale",
    n(4, 5),
    n(5),
    checks=["forward", "spec", "grad_inputs"],
)
for _order in (1, 3, 4):
    T("normalize", f"order {_order}", n(3, 4), order=_order, checks=_FEW)
    T(
        "normalize",
        f"order {_order}, a row of zeros",
        v([[0.0, 0.0], [1.0, 0.0]]),
        order=_order,
        checks=_FEW,
    )
T(
    "normalize",
    "order 1 of two axes",
    n(2, 3, 4),
    axis=(0, 2),
    order=1,
    checks=["forward"],
)
T(
    "normalize",
    "order 3 of two axes",
    n(2, 3, 4),
    axis=(0, 2),
    order=3,
    checks=["forward"],
)
T(
    "normalize",
    "orders",
    n(3, 4),
    checks=["errors"],
    refuses={
        "zero": bad(n(3, 4), order=0),
        "a fraction": bad(n(3, 4), order=1.5),
        "infinity": bad(n(3, 4), order=float("inf")),
    },
)
