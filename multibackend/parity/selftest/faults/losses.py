"""Faults: a reduction that counts wrongly, and labels that are smoothed otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import array, integers, normal, uniform
from multibackend.parity.cases.case import arguments
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

REDUCTION = "loss reduction"
SMOOTHING = "label smoothing"
CHECKS = ("forward", "grad_inputs")
FORWARD = ("forward",)


@planted(REDUCTION, checks=CHECKS)
def one_less(plant: Plant) -> Any:
    import keras

    def call(self: Any, y_true: Any, y_pred: Any) -> Any:
        del self
        squares = (y_true - y_pred) ** 2
        return keras.ops.sum(squares, axis=-1) / (squares.shape[-1] - 1)

    loss = altered(keras.losses.MeanSquaredError, plant, call=call)
    return loss(), (normal(4, 8), normal(4, 8))


@planted(REDUCTION, checks=FORWARD)
def sum_for_mean(plant: Plant) -> Any:
    import keras

    reduction = plant.pick("sum", "sum_over_batch_size")
    loss = keras.losses.MeanSquaredError(reduction=reduction)
    return loss, (normal(4, 8), normal(4, 8))


@planted(REDUCTION, checks=FORWARD)
def divided_by_the_weights(plant: Plant) -> Any:
    import keras

    reduction = plant.pick("mean_with_sample_weight", "sum_over_batch_size")
    loss = keras.losses.MeanAbsoluteError(reduction=reduction)
    return loss, arguments(normal(4, 8), normal(4, 8), sample_weight=uniform(4))


@planted(REDUCTION, checks=FORWARD)
def last_element_left_out(plant: Plant) -> Any:
    import keras

    base = keras.losses.MeanAbsoluteError

    def call(self: Any, y_true: Any, y_pred: Any) -> Any:
        return base.call(self, y_true[..., :-1], y_pred[..., :-1])

    return altered(base, plant, call=call)(), (normal(4, 8), normal(4, 8))


@planted(REDUCTION, checks=FORWARD)
def weights_ignored(plant: Plant) -> Any:
    import keras

    base = keras.losses.MeanSquaredError

    def __call__(self: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # noqa: N807 - a method
        del sample_weight
        return base.__call__(self, y_true, y_pred)

    loss = altered(base, plant, __call__=__call__)
    return loss(), arguments(normal(4, 8), normal(4, 8), sample_weight=uniform(4))


def _classes() -> Any:
    """Four rows of one-hot labels among eight classes."""
    return array(np.eye(8)[np.asarray(integers(4, high=8))])


@planted(SMOOTHING, checks=CHECKS)
def not_smoothed(plant: Plant) -> Any:
    import keras

    smoothing = plant.pick(0.0, 0.1)
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing
    )
    return loss, (_classes(), normal(4, 8))


@planted(SMOOTHING, checks=CHECKS, sizes=("gross", "1e-3", "1e-11"))
def smoothed_by_another_amount(plant: Plant) -> Any:
    import keras

    smoothing = 0.1 * plant.factor
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing
    )
    return loss, (_classes(), normal(4, 8))


@planted(SMOOTHING, checks=FORWARD)
def spread_over_the_others(plant: Plant) -> Any:
    import keras

    base = keras.losses.CategoricalCrossentropy

    def call(self: Any, y_true: Any, y_pred: Any) -> Any:
        del self
        rest = 0.1 / (y_true.shape[-1] - 1)
        smooth = y_true * 0.9 + (1 - y_true) * rest
        return keras.losses.categorical_crossentropy(smooth, y_pred, from_logits=True)

    loss = altered(base, plant, call=call)
    return loss(from_logits=True, label_smoothing=0.1), (_classes(), normal(4, 8))


@planted(SMOOTHING, checks=FORWARD)
def binary_smoothing(plant: Plant) -> Any:
    import keras

    smoothing = plant.pick(0.2, 0.1)
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    labels = array(np.asarray(integers(4, 8, high=2), np.float64))
    return loss, (labels, normal(4, 8))


@planted(SMOOTHING, checks=FORWARD)
def logits_taken_for_probabilities(plant: Plant) -> Any:
    import keras

    loss = keras.losses.BinaryCrossentropy(
        from_logits=plant.pick(faulty=False, clean=True)
    )
    labels = array(np.asarray(integers(4, 8, high=2), np.float64))
    return loss, (labels, uniform(4, 8, low=0.1, high=0.9))
