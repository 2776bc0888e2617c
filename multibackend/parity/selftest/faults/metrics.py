"""Faults: what a metric keeps from batch to batch."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import integers, uniform
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

KIND = "metric state"
STATE = ("forward", "state")


def _batches() -> list[tuple[Any, Any]]:
    return [(uniform(8), uniform(8)) for _ in range(3)]


@planted(KIND, checks=STATE)
def only_the_last_batch(plant: Plant) -> Any:
    import keras

    base = keras.metrics.Mean

    def update_state(self: Any, values: Any, sample_weight: Any = None) -> None:
        self.reset_state()
        base.update_state(self, values, sample_weight)

    return altered(base, plant, update_state=update_state)(), _batches()


@planted(KIND, checks=STATE)
def weights_not_counted(plant: Plant) -> Any:
    import keras

    base = keras.metrics.Mean

    def update_state(self: Any, values: Any, sample_weight: Any = None) -> None:
        del sample_weight
        base.update_state(self, values)

    return altered(base, plant, update_state=update_state)(), _batches()


@planted(KIND, checks=STATE, sizes=("gross", "1e-3", "1e-11"))
def total_leaks(plant: Plant) -> Any:
    import keras

    base = keras.metrics.MeanSquaredError

    def update_state(
        self: Any, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        self.total.assign(self.total * (1 - plant.excess))
        base.update_state(self, y_true, y_pred, sample_weight)

    return altered(base, plant, update_state=update_state)(), _batches()


@planted(KIND, checks=STATE)
def reset_does_nothing(plant: Plant) -> Any:
    import keras

    def reset_state(self: Any) -> None:
        del self

    base = keras.metrics.MeanAbsoluteError
    return altered(base, plant, reset_state=reset_state)(), _batches()


@planted(KIND, checks=STATE)
def mean_of_means(plant: Plant) -> Any:
    import keras

    base = keras.metrics.Mean

    def update_state(self: Any, values: Any, sample_weight: Any = None) -> None:
        base.update_state(self, keras.ops.mean(values), sample_weight)

    made = altered(base, plant, update_state=update_state)
    return made(), [(uniform(8),), (uniform(2),)]


@planted(KIND, checks=STATE)
def another_threshold(plant: Plant) -> Any:
    import keras

    batches = [(integers(16, 1, high=2), uniform(16, 1)) for _ in range(3)]
    return keras.metrics.BinaryAccuracy(threshold=plant.pick(0.25, 0.5)), batches
