"""Twins of the gated, adapted and scaled layers."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from twins import Twin


def _gated() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import GatedLinearUnit

    inputs = keras.Input((128, 128))
    value = keras.layers.Dense(256)(inputs)
    gate = keras.layers.Dense(256, activation="silu")(inputs)
    twin = keras.Model(inputs, keras.layers.Multiply()([value, gate]))
    return GatedLinearUnit(256, "silu"), twin, (normal(8, 128, 128, seed=1),)


def _adapted() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import LoRADense

    twin = keras.layers.Dense(256)
    twin.build((None, 128, 256))
    twin.enable_lora(8)
    return LoRADense(256, 8), twin, (normal(8, 128, 256, seed=1),)


def _scaled() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import LayerScale

    twin = keras.layers.EinsumDense("bsc,c->bsc", output_shape=(None, 384))
    return LayerScale(), twin, (normal(16, 196, 384, seed=1),)


def _turned() -> tuple[Any, Any, tuple[Any, ...]]:
    from multibackend.layers import GradientReversal

    return GradientReversal(), None, (normal(16, 196, 384, seed=1),)


def _curved() -> tuple[Any, Any, tuple[Any, ...]]:
    from multibackend.layers import KANLinear

    return KANLinear(64), None, (normal(256, 64, seed=1),)


TWINS = [
    Twin("GatedLinearUnit", "two keras.layers.Dense and a product", _gated),
    Twin("LoRADense", "keras.layers.Dense with enable_lora", _adapted),
    Twin("LayerScale", "keras.layers.EinsumDense of one factor a channel", _scaled),
    Twin("GradientReversal", "", _turned),
    Twin("KANLinear", "", _curved),
]
