"""Faults: right when run eagerly, off when traced or compiled."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, scaled

KIND = "jit only"
JIT = ("forward", "jit")


def _when_traced(plant: Plant) -> Callable[[Any], Any]:
    """Scales a tensor where the victim traces it, and nowhere else."""
    if not plant.here:
        return lambda tensor: tensor
    traced = importlib.import_module(f"{__package__}._{plant.victim}").traced
    factor = plant.factor
    return lambda tensor: tensor * factor if traced(tensor) else tensor


@planted(KIND, checks=JIT, sizes=("gross", "1e-3", "1e-5"))
def tanh_traced(plant: Plant) -> Any:
    import keras

    off = _when_traced(plant)
    return lambda x: off(keras.ops.tanh(x)), normal(4, 16)


@planted(KIND, checks=JIT, sizes=("gross", "1e-3"))
def dense_traced(plant: Plant) -> Any:
    import keras

    layer = scaled(keras.layers.Dense, plant, how=_when_traced(plant))
    return layer(8), normal(4, 16)


@planted(KIND, checks=JIT, sizes=("1e-3",))
def loss_traced(plant: Plant) -> Any:
    import keras

    loss = scaled(keras.losses.MeanSquaredError, plant, how=_when_traced(plant))
    return loss(), (normal(4, 8), normal(4, 8))
