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


def _moved(
    x: Array, kernel: Array, x_step: Array, kernel_step: Array, pull: Array
) -> tuple[Array, Array, tuple[Array, Array]]:
    """The value of `tanh(x @ kernel)`, its jvp, and its vjp."""
    outputs = np.tanh(x @ kernel)  # (batch, units)
    slope = 1 - outputs**2
    pushed = slope * (x_step @ kernel + x @ kernel_step)
    return outputs, pushed, ((slope * pull) @ kernel.T, x.T @ (slope * pull))


def _softmax_slopes(x: Array) -> Array:
    powers = np.exp(x - x.max())
    p = powers / powers.sum()
    return np.diag(p) - np.outer(p, p)


def _sines(x: Array, y: Array) -> dict[str, dict[str, Array]]:
    """All second derivatives of the sum of `sin(x) y^2`."""
    mixed = np.diag(2 * np.cos(x) * y)
    return {
        "x": {"x": np.diag(-np.sin(x) * y**2), "y": mixed},
        "y": {"x": mixed, "y": np.diag(2 * np.sin(x))},
    }


def _sines_along(
    x: Array, y: Array, x_step: Array, y_step: Array
) -> tuple[Array, Array]:
    rows = _sines(x, y)
    return (
        rows["x"]["x"] @ x_step + rows["x"]["y"] @ y_step,
        rows["y"]["x"] @ x_step + rows["y"]["y"] @ y_step,
    )


def _penalty(x: Array, weight: Array) -> tuple[Array, Array]:
    """The mean of `|w (1 - tanh(x @ w)^2)|^2`, and its gradient over `w`."""
    outputs = np.tanh(x @ weight)  # (batch,)
    slope = 1 - outputs**2
    square = weight @ weight
    of_slope = -4 * slope**2 * outputs * square  # d/d(x @ w)
    return (slope**2).mean() * square, (
        2 * weight * (slope**2).mean() + of_slope @ x / len(x)
    )


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


@case(reference=_moved)
def products() -> Any:
    import keras

    from multibackend.autodiff import jvp, vjp

    def layer(x: Any, kernel: Any) -> Any:
        return keras.ops.tanh(keras.ops.matmul(x, kernel))

    def both(x: Any, kernel: Any, x_step: Any, kernel_step: Any, pull: Any) -> Any:
        outputs, pullback = vjp(layer, x, kernel)
        _, pushed = jvp(layer, (x, kernel), (x_step, kernel_step))
        return outputs, pushed, pullback(pull)

    return (
        both,
        normal(4, 3),
        normal(3, 2),
        normal(4, 3, seed=1),
        normal(3, 2, seed=1),
        normal(4, 2, seed=2),
    )


@case(reference=_softmax_slopes)
def jacobian_of_softmax() -> Any:
    import keras

    from multibackend.autodiff import jacobian

    return jacobian(keras.ops.softmax), normal(5)


@case(reference=_sines)
def hessian_of_sines() -> Any:
    from multibackend.autodiff import hessian

    def matrix(x: Any, y: Any) -> Any:
        return hessian(_summed_sines)({"x": x, "y": y})

    return matrix, normal(3), normal(3, seed=1)


@case(reference=_sines_along)
def hessian_along_a_direction() -> Any:
    from multibackend.autodiff import hvp

    def product(x: Any, y: Any, x_step: Any, y_step: Any) -> Any:
        along = {"x": x_step, "y": y_step}
        (product,) = hvp(_summed_sines, ({"x": x, "y": y},), (along,))
        return product["x"], product["y"]

    return product, *(normal(3, seed=seed) for seed in range(4))


@case(reference=_penalty)
def gradient_penalty() -> Any:
    import keras

    from multibackend.autodiff import grad, value_and_grad

    ops = keras.ops

    def penalty(weight: Any, x: Any) -> Any:
        slopes = grad(lambda x: ops.sum(ops.tanh(ops.matmul(x, weight))))(x)
        return ops.mean(ops.sum(slopes**2, axis=-1))

    return lambda x, weight: value_and_grad(penalty)(weight, x), normal(4, 3), normal(3)


@case
def gradients() -> Any:
    from multibackend.examples import gradients as example

    return example.main()


def _summed_sines(at: dict[str, Any]) -> Any:
    import keras

    return keras.ops.sum(keras.ops.sin(at["x"]) * at["y"] ** 2)
