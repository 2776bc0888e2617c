"""Gradients: of a square, over a constant, and twice for the falling body.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.gradients`

TensorFlow's tape records variables by itself and watches a constant on demand. Here a
gradient is taken over an argument, or over the variables that one names, and so both
are asked for in the same way on every backend.
"""

from __future__ import annotations

from typing import Any

import keras

from multibackend.autodiff import grad
from multibackend.inputs import array

__all__ = ["acceleration", "main", "position", "speed"]


def position(time: Any) -> Any:
    """How far a body has fallen after `time` seconds: `4.9 t^2` metres."""
    return 4.9 * time**2


def speed(time: Any) -> Any:
    """The first derivative of the position: `9.8 t` metres a second."""
    return grad(position)(time)


def acceleration(time: Any) -> Any:
    """The second derivative of the position: 9.8 metres a second, each second."""
    return grad(speed)(time)


def main() -> dict[str, Any]:
    """Computes the gradients of the notes.

    Returns:
        The gradient of the square of a variable and of a constant, both 6 at 3, and
        position, speed and acceleration after two seconds.
    """
    variable = keras.Variable(array(3.0))

    def square_of_variable() -> Any:
        return keras.ops.square(variable)

    (of_variable,) = grad(square_of_variable, variables=[variable])()
    of_constant = grad(keras.ops.square)(array(3.0))

    time = array(2.0)
    return {
        "gradient_of_variable": float(of_variable),
        "gradient_of_constant": float(of_constant),
        "position": float(position(time)),
        "speed": float(speed(time)),
        "acceleration": float(acceleration(time)),
    }


if __name__ == "__main__":
    for name, number in main().items():
        print(f"{name}: {number:.4f}")
