"""Faults: a bad input that is refused with another class of error, or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import normal, uniform
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

KIND = "error class"
ERRORS = ("forward", "errors")

_NARROW = {"wrong width": np.ones((4, 5), np.float32)}
_PAIR = {"other shape": (np.ones((4, 8), np.float32), np.ones((4, 5), np.float32))}


def _refuse(error: type[Exception], wanted: int, received: int) -> None:
    """Refuses another width than the wanted one."""
    if received != wanted:
        message = f"Expected {wanted} features, received {received}."
        raise error(message)


@planted(KIND, checks=ERRORS, bad=_NARROW)
def another_class(plant: Plant) -> Any:
    error = plant.pick(TypeError, ValueError)

    def doubled(x: Any) -> Any:
        _refuse(error, 16, x.shape[-1])
        return 2 * x

    return doubled, normal(4, 16)


@planted(KIND, checks=ERRORS, bad=_NARROW)
def not_refused(plant: Plant) -> Any:
    def doubled(x: Any) -> Any:
        if not plant.here:
            _refuse(ValueError, 16, x.shape[-1])
        return 2 * x

    return doubled, normal(4, 16)


@planted(KIND, checks=ERRORS, bad=_NARROW)
def the_framework_refuses(plant: Plant) -> Any:
    import keras

    base = keras.layers.Dense

    def build(self: Any, input_shape: Any) -> None:
        base.build(self, input_shape)
        self.input_spec = None

    return altered(base, plant, build=build)(8), normal(4, 16)


@planted(KIND, checks=ERRORS, bad=_PAIR)
def loss_refuses_otherwise(plant: Plant) -> Any:
    import keras

    base = keras.losses.MeanSquaredError
    error = plant.pick(KeyError, ValueError)

    class Strict(base):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            _refuse(error, y_true.shape[-1], y_pred.shape[-1])
            return super().call(y_true, y_pred)

    return Strict(), (normal(4, 8), normal(4, 8))


@planted(KIND, checks=ERRORS, bad=_PAIR)
def metric_takes_anything(plant: Plant) -> Any:
    import keras

    base = keras.metrics.Mean

    class Strict(base):
        def update_state(self, values: Any, sample_weight: Any = None) -> None:
            width = (
                values.shape[-1] if sample_weight is None else sample_weight.shape[-1]
            )
            if not plant.here:
                _refuse(ValueError, values.shape[-1], width)
            super().update_state(keras.ops.mean(values))

    return Strict(), [(uniform(4, 8),), (uniform(4, 8),)]
