"""Normalizations: axes, training and inference, masks, numbers that do not vary."""

from functools import partial
from typing import Any

import numpy as np

from multibackend.conformance.draws import n, v
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("layers.normalization", "keras.layers")

_FEW = ("forward", "training", "grad_inputs")
_X, _IMAGES = n(3, 4, 6), n(2, 4, 4, 6)
_MASK = v(
    [[True, True, False, True], [False, True, True, True], [False] * 4],
    "bool",
)


def _wide(weight: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """A weight of some axes, as broad as the input."""
    kept = {axis % x.ndim for axis in axes}
    shape = [length if axis in kept else 1 for axis, length in enumerate(x.shape)]
    return np.reshape(weight, shape)


def _scaled(y: Any, x: Any, weights: Any, axes: tuple[int, ...]) -> Any:
    y = y * _wide(weights["gamma"], x, axes) if "gamma" in weights else y
    return y + _wide(weights["beta"], x, axes) if "beta" in weights else y


def _layer(x: Any, *, weights: Any, axes: Any = (-1,), epsilon: float = 1e-3) -> Any:
    centered = x - x.mean(axis=axes, keepdims=True)
    variance = np.mean(centered**2, axis=axes, keepdims=True)
    return _scaled(centered / np.sqrt(variance + epsilon), x, weights, axes)


def _batch(x: Any, *, weights: Any, axis: int = -1, mask: Any = None) -> Any:
    """Inference: the moving statistics, whatever the mask is."""
    del mask
    centered = x - _wide(weights["moving_mean"], x, (axis,))
    variance = _wide(weights["moving_variance"], x, (axis,))
    return _scaled(centered / np.sqrt(variance + 1e-3), x, weights, (axis,))


def _group(x: Any, *, weights: Any, groups: int, axis: int = -1) -> Any:
    moved = np.moveaxis(x, axis, -1)
    parts = moved.reshape(*moved.shape[:-1], groups, -1)
    axes = (*range(1, x.ndim - 1), x.ndim)
    centered = parts - parts.mean(axis=axes, keepdims=True)
    variance = np.mean(centered**2, axis=axes, keepdims=True)
    y = (centered / np.sqrt(variance + 1e-3)).reshape(moved.shape)
    return _scaled(np.moveaxis(y, -1, axis), x, weights, (axis,))


def _root_mean_square(x: Any, *, weights: Any, axes: Any = (-1,)) -> Any:
    square = np.mean(x**2, axis=axes, keepdims=True)
    return x / np.sqrt(square + 1e-6) * _wide(weights["scale"], x, axes)


def _unit(x: Any, *, axes: Any = (-1,), weights: Any) -> Any:
    del weights
    return x / np.sqrt(np.sum(x**2, axis=axes, keepdims=True))


T.make(
    "BatchNormalization",
    "rows",
    {},
    n(5, 6),
    ref=_batch,
)
T.make(
    "BatchNormalization",
    "images",
    {"momentum": 0.5, "epsilon": 1e-3},
    _IMAGES,
    ref=_batch,
    checks=[*_FEW, "state"],
)
T.make(
    "BatchNormalization",
    "axis 1",
    {"axis": 1},
    _IMAGES,
    ref=partial(_batch, axis=1),
    checks=[*_FEW, "spec"],
)
T.make(
    "BatchNormalization",
    "neither center nor scale",
    {"center": False, "scale": False},
    _X,
    ref=_batch,
    checks=_FEW,
)
T.make(
    "BatchNormalization",
    "mask",
    {},
    _X,
    mask=_MASK,
    ref=_batch,
    checks=[*_FEW, "mask", "state"],
)
T.make(
    "BatchNormalization",
    "renormalized",
    {"renorm": True, "renorm_clipping": {"rmax": 2.0, "rmin": 0.5, "dmax": 1.0}},
    n(5, 6),
    checks=[*_FEW, "state"],
)
T.make(
    "BatchNormalization",
    "one row",
    {},
    n(1, 6),
    checks=["training", "state"],
)
T.make(
    "BatchNormalization",
    "large mean",
    {},
    n(8, 3, mean=1000.0),
    checks=["training", "state"],
)
T.make("BatchNormalization", "no rows", {}, n(0, 6), checks=["forward", "training"])
T.make(
    "BatchNormalization",
    "frozen",
    {"trainable": False},
    n(5, 6),
    checks=["training", "state"],
)

T.make(
    "LayerNormalization",
    "last axis",
    {},
    _X,
    ref=_layer,
    refuses={"axis beyond the rank": bad(axis="a")},
)
for _label, _axes in (("two axes", (1, 2)), ("axis 1", (1,)), ("axes apart", (1, 3))):
    T.make(
        "LayerNormalization",
        _label,
        {"axis": list(_axes)},
        _IMAGES,
        ref=partial(_layer, axes=_axes),
        checks=["forward", "grad_inputs", "grad_weights", "spec"],
    )
T.make(
    "LayerNormalization",
    "neither center nor scale",
    {"center": False, "scale": False, "epsilon": 1e-6},
    _X,
    ref=partial(_layer, epsilon=1e-6),
    checks=["forward", "grad_inputs"],
)
_EVEN = v([[3.0, 3.0, 3.0], [1000.0, 1000.0, 1000.25]])
T.make(
    "LayerNormalization",
    "no variance",
    {},
    _EVEN,
    ref=_layer,
    checks=["forward", "grad_inputs"],
)
T.make("LayerNormalization", "no rows", {}, n(0, 6), checks=["forward", "spec"])

T.make(
    "GroupNormalization",
    "two groups",
    {"groups": 2},
    _IMAGES,
    ref=partial(_group, groups=2),
)
for _label, _settings, _groups in (
    ("by channel", {"groups": -1}, 6),
    ("all as one", {"groups": 1}, 1),
    ("neither center nor scale", {"groups": 3, "center": False, "scale": False}, 3),
):
    T.make(
        "GroupNormalization",
        _label,
        _settings,
        _IMAGES,
        ref=partial(_group, groups=_groups),
        checks=["forward", "grad_inputs"],
    )
T.make(
    "GroupNormalization",
    "axis 1",
    {"groups": 2, "axis": 1},
    n(2, 6, 4, 4),
    ref=partial(_group, groups=2, axis=1),
    checks=["forward", "grad_inputs", "grad_weights", "spec"],
)
T.make("GroupNormalization", "rows", {"groups": 3}, n(3, 6), checks=["forward"])
T.make(
    "GroupNormalization",
    "groups that divide nothing",
    {"groups": 2},
    n(2, 4),
    checks=["errors"],
    refuses={"five channels": bad(n(2, 5)), "many groups": bad(n(2, 1))},
)

T.make("RMSNormalization", "last axis", {}, _X, ref=_root_mean_square)
T.make(
    "RMSNormalization",
    "two axes",
    {"axis": (1, 2)},
    _X,
    ref=partial(_root_mean_square, axes=(1, 2)),
    checks=["forward", "grad_inputs", "grad_weights"],
)
T.make(
    "RMSNormalization",
    "zeros",
    {},
    v([[0.0, 0.0], [1.0, 0.0]]),
    ref=_root_mean_square,
    checks=["forward", "grad_inputs"],
)
T.make("UnitNormalization", "last axis", {}, _X, ref=_unit)
T.make(
    "UnitNormalization",
    "two axes",
    {"axis": (1, 2)},
    _X,
    ref=partial(_unit, axes=(1, 2)),
    checks=["forward", "grad_inputs", "spec"],
)
T.make(
    "UnitNormalization",
    "zeros",
    {},
    v([[0.0, 0.0], [1e-8, 0.0], [1.0, 0.0]]),
    checks=["forward", "grad_inputs"],
)
_DENSE = Make("keras.layers.Dense", {"units": 4})
T.make(
    "SpectralNormalization",
    "dense",
    {"layer": _DENSE},
    n(3, 6),
    refuses={"no iterations": bad(layer=_DENSE, power_iterations=0)},
)
T.make(
    "SpectralNormalization",
    "convolution, three iterations",
    {
        "layer": Make("keras.layers.Conv2D", {"filters": 3, "kernel_size": 2}),
        "power_iterations": 3,
    },
    _IMAGES,
    checks=[*_FEW, "state"],
)
