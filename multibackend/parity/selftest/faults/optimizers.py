"""Faults: slots of an optimizer that start, move or are kept wrongly."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

KIND = "optimizer slot"
FIT = ("fit",)

# Rate and betas are sums of powers of two, see `training`.
_ADAM = (0.125, 0.875, 0.96875)


def _emptying(base: Any, plant: Plant, slot: str) -> Any:
    """An optimizer that forgets one kind of slot after each step."""
    import keras

    def apply(self: Any, gradients: Any, variables: Any = None) -> Any:
        outcome = base.apply(self, gradients, variables)
        for variable in self.variables:
            if slot in variable.path:
                variable.assign(keras.ops.zeros_like(variable))
        return outcome

    return altered(base, plant, apply=apply)


@planted(KIND, checks=FIT)
def momentum_forgotten(plant: Plant) -> Any:
    import keras

    return _emptying(keras.optimizers.SGD, plant, "momentum")(0.125, momentum=0.75)


@planted(KIND, checks=FIT)
def velocity_forgotten(plant: Plant) -> Any:
    import keras

    return _emptying(keras.optimizers.Adam, plant, "velocity")(*_ADAM)


@planted(KIND, checks=FIT)
def accumulator_starts_at_zero(plant: Plant) -> Any:
    import keras

    start = plant.pick(0.0, 0.125)
    return keras.optimizers.Adagrad(0.125, initial_accumulator_value=start)


@planted(KIND, checks=FIT, sizes=("gross", "1e-3", "1e-11"))
def slower_average(plant: Plant) -> Any:
    import keras

    return keras.optimizers.RMSprop(0.125, rho=0.75 * (1 - plant.excess))


@planted(KIND, checks=FIT)
def steps_counted_twice(plant: Plant) -> Any:
    import keras

    base = keras.optimizers.Adam

    def apply(self: Any, gradients: Any, variables: Any = None) -> Any:
        outcome = base.apply(self, gradients, variables)
        self.iterations.assign(self.iterations + 1)
        return outcome

    return altered(base, plant, apply=apply)(*_ADAM)


@planted(KIND, checks=FIT)
def decay_forgotten(plant: Plant) -> Any:
    import keras

    decay = plant.pick(0.0, 0.125)
    return keras.optimizers.AdamW(0.125, decay, *_ADAM[1:])


@planted(KIND, checks=("fit", "save"))
def slots_not_saved(plant: Plant) -> Any:
    import keras

    base = keras.optimizers.Adam

    def save_own_variables(self: Any, store: Any) -> None:
        for place, variable in enumerate(self.variables):
            value = variable.numpy()
            store[str(place)] = value * 0 if "velocity" in variable.path else value

    optimizer = altered(base, plant, save_own_variables=save_own_variables)
    model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(8)])
    model.compile(optimizer=optimizer(*_ADAM), loss="mean_squared_error")
    return model, (normal(8, 16), normal(8, 8))


@planted(KIND, checks=FIT, sizes=("gross", "1e-3"), site="step 3, variable 1")
def third_step_of_one_variable(plant: Plant) -> Any:
    import keras

    base = keras.optimizers.SGD

    def update_step(self: Any, gradient: Any, variable: Any, rate: Any) -> None:
        if tuple(variable.shape) == (4,):
            third = keras.ops.cast(keras.ops.equal(self.iterations, 2), variable.dtype)
            rate = keras.ops.cast(rate, variable.dtype) * (1 + third * plant.excess)
        base.update_step(self, gradient, variable, rate)

    return altered(base, plant, update_step=update_step)(0.125)
