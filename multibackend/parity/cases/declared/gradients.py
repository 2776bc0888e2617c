"""Cases: `multibackend.autodiff`, by functions whose derivative is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal, uniform
from multibackend.parity.cases.case import case

Array = npt.NDArray[Any]


def _speed(time: Array) -> Array:
    return 9.8 * time


def _acceleration(time: Array) -> Array:
    return np.full_like(time, 9.8)


def _softened(x: Array, kernel: Array) -> tuple[Array, tuple[Array, Array]]:
    """The value and both gradients of the sum of `tanh(x @ kernel)`."""
    outputs = np.tanh(x @ kernel)  # (batch, units)
    slope = 1 - outputs**2
    return outputs.sum(), (slope @ kernel.T, x.T @ slope)


def _cubic_curvature(x: Array) -> Array:
    return 6 * x


@case(reference=_speed)
def falling_speed() -> Any:
    from multibackend.examples.gradients import speed

    return speed, uniform(low=0.5, high=3.0)


@case(reference=_acceleration)
def falling_acceleration() -> Any:
    from multibackend.examples.gradients import acceleration

    return acceleration, uniform(low=0.5, high=3.0)


@case(reference=_softened)
def value_and_gradients() -> Any:
    import keras

    from multibackend.autodiff import value_and_grad

    def summed(x: Any, kernel: Any) -> Any:
        return keras.ops.sum(keras.ops.tanh(keras.ops.matmul(x, kernel)))

    return value_and_grad(summed, (0, 1)), normal(4, 3), normal(3, 2)


@case(reference=_cubic_curvature)
def curvature() -> Any:
    import keras

    from multibackend.autodiff import grad

    def summed(of: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: keras.ops.sum(of(x))

    return grad(summed(grad(summed(lambda x: x**3)))), normal(5)


@case
def gradients() -> Any:
    from multibackend.examples import gradients as example

    return example.main()
