"""Cases: `GatedLinearUnit`, `LoRADense` and `LayerScale`, as formulas in NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import mask, normal
from multibackend.parity.cases.case import case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]

_CURVES: Mapping[str, Callable[[float], float]] = {
    "sigmoid": lambda g: 1 / (1 + math.exp(-g)),
    "gelu": lambda g: g * (1 + math.erf(g / math.sqrt(2))) / 2,
    "silu": lambda g: g / (1 + math.exp(-g)),
    "relu": lambda g: max(g, 0.0),
}


def _gated(activation: str) -> Callable[..., Array]:
    """Value and gate by two kernels, unit by unit."""

    def reference(x: Array, *, weights: Weights) -> Array:
        kernel = weights["kernel"]
        bias = weights.get("bias", np.zeros(kernel.shape[1]))
        units = kernel.shape[1] // 2
        outputs = np.zeros((*x.shape[:-1], units))
        for place in np.ndindex(*x.shape[:-1]):
            for unit in range(units):
                value = x[place] @ kernel[:, unit] + bias[unit]
                gate = x[place] @ kernel[:, units + unit] + bias[units + unit]
                outputs[(*place, unit)] = value * _CURVES[activation](float(gate))
        return outputs

    return reference


def _no_gate() -> Mapping[str, Any]:
    """What a unit over 16 inputs refuses, and what cannot be made at all."""
    from multibackend.layers import GatedLinearUnit

    return {
        "other width": normal(4, 5),
        "one axis": normal(16),
        "no units": lambda: GatedLinearUnit(0),
        "another activation": lambda: GatedLinearUnit(4, "tanh"),
        "a bias that is no flag": lambda: GatedLinearUnit(4, use_bias=1),  # pyright: ignore[reportArgumentType]
        "unknown width": lambda: GatedLinearUnit(8).build((None, None)),
    }


@case(reference=_gated("sigmoid"), bad=_no_gate)
def gated_linear_unit() -> Any:
    from multibackend.layers import GatedLinearUnit

    return GatedLinearUnit(4), normal(4, 16)


@variant(reference=_gated("gelu"))
def gated_linear_unit_gelu() -> Any:
    from multibackend.layers import GatedLinearUnit

    return GatedLinearUnit(4, "gelu"), normal(4, 16)


@variant(reference=_gated("silu"))
def gated_linear_unit_silu_steps() -> Any:
    from multibackend.layers import GatedLinearUnit

    return GatedLinearUnit(4, "silu", use_bias=False), normal(2, 5, 16)


@variant(reference=_gated("relu"))
def gated_linear_unit_relu_single() -> Any:
    from multibackend.layers import GatedLinearUnit

    return GatedLinearUnit(3, "relu"), normal(1, 1)


def _adapted(
    alpha_over_rank: float, curve: Callable[[Array], Array] = lambda y: y
) -> Callable[..., Array]:
    """One dense layer, whose kernel holds the update already, entry by entry."""

    def reference(x: Array, *, weights: Weights) -> Array:
        kernel = weights["kernel"].copy()
        a, b = weights["lora_a"], weights["lora_b"]
        for row, column in np.ndindex(*kernel.shape):
            kernel[row, column] += alpha_over_rank * np.sum(a[row] * b[:, column])
        return curve(x @ kernel + weights.get("bias", 0.0))

    return reference


def _no_adapter() -> Mapping[str, Any]:
    """What a layer over 16 inputs refuses, and what cannot be made at all."""
    from multibackend.layers import LoRADense

    return {
        "other width": normal(4, 5),
        "one axis": normal(16),
        "no units": lambda: LoRADense(0, 2),
        "no rank": lambda: LoRADense(8, 0),
        "an alpha of zero": lambda: LoRADense(8, 2, alpha=0.0),
        "unknown width": lambda: LoRADense(8, 2).build((None, None)),
        "nothing to merge": lambda: LoRADense(8, 2).merge(),
    }


@case(reference=_adapted(1.0), bad=_no_adapter)
def lora_dense() -> Any:
    from multibackend.layers import LoRADense

    return LoRADense(8, 2), normal(4, 16)


@variant(reference=_adapted(8 / 3, np.tanh))
def lora_dense_trained_base() -> Any:
    from multibackend.layers import LoRADense

    layer = LoRADense(8, 3, alpha=8.0, activation="tanh", train_base=True)
    return layer, normal(4, 16)


@variant(reference=_adapted(0.5))
def lora_dense_steps_no_bias() -> Any:
    from multibackend.layers import LoRADense

    return LoRADense(8, 1, alpha=0.5, use_bias=False), normal(2, 5, 16)


def _mean_of_adapted(x: Array, *, weights: Weights) -> Array:
    """The outputs of the steps that are not all zero, averaged: `(batch, units)`."""
    kept = np.any(x != 0, axis=-1, keepdims=True)
    inner = {name.rpartition("/")[2]: weight for name, weight in weights.items()}
    outputs = _adapted(2.0)(x, weights=inner)
    return np.sum(outputs * kept, axis=1) / np.sum(kept, axis=1)


@variant(reference=_mean_of_adapted)
def lora_dense_masked() -> Any:
    import keras

    from multibackend.layers import LoRADense

    steps = normal(3, 5, 16) * mask(3, 5)[..., None]
    # The average sees the mask only if the layer hands it on.
    layers = [
        keras.layers.Masking(),
        LoRADense(8, 2, alpha=4.0),
        keras.layers.GlobalAveragePooling1D(),
    ]
    return keras.Sequential(layers), steps


def _scaled(axis: int) -> Callable[..., Array]:
    """Channel by channel."""

    def reference(x: Array, *, weights: Weights) -> Array:
        channels = np.moveaxis(x.astype("float64"), axis, 0)
        scaled = [g * one for g, one in zip(weights["gamma"], channels, strict=True)]
        return np.moveaxis(np.stack(scaled), 0, axis)

    return reference


def _no_scale() -> Mapping[str, Any]:
    """What a scale of 16 channels refuses, and what cannot be made at all."""
    from multibackend.layers import LayerScale

    return {
        "other width": normal(4, 5),
        "one axis": normal(16),
        "an infinite value": lambda: LayerScale(float("inf")),
        "the axis of the batch": lambda: LayerScale(axis=0),
        "too few axes": lambda: LayerScale(axis=-3)(normal(2, 3)),
        "unknown width": lambda: LayerScale().build((None, None)),
    }


@case(reference=_scaled(-1), bad=_no_scale)
def layer_scale() -> Any:
    from multibackend.layers import LayerScale

    return LayerScale(), normal(4, 16)


@variant(reference=_scaled(-1))
def layer_scale_steps() -> Any:
    from multibackend.layers import LayerScale

    return LayerScale(0.1), normal(2, 5, 16)


@variant(reference=_scaled(1))
def layer_scale_channels_first() -> Any:
    from multibackend.layers import LayerScale

    return LayerScale(0.5, axis=1), normal(2, 3, 4, 5)


@variant(reference=_scaled(-3))
def layer_scale_axis_from_the_end() -> Any:
    from multibackend.layers import LayerScale

    return LayerScale(0.0, axis=-3), normal(1, 3, 4, 5)
