"""Variables: the tensors whose value can change, as weights do in training.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.variables`
"""

from __future__ import annotations

from typing import Any

import keras

from multibackend.inputs import normal

__all__ = ["main"]


def main() -> dict[str, Any]:
    """Creates a variable and changes it in four ways.

    Returns:
        The value of the variable after each step, shape `(3, 1)` each.
    """
    variable = keras.Variable(normal(3, 1, seed=5))
    steps = {"created": variable.numpy()}

    variable.assign(keras.ops.ones((3, 1)))
    steps["assign"] = variable.numpy()

    # One element: no backend-neutral `variable[0, 0].assign(3.0)` exists, so a new
    # tensor with that element replaces the whole value.
    three = keras.ops.full((1, 1), 3.0, dtype=variable.dtype)
    variable.assign(keras.ops.slice_update(variable.value, (0, 0), three))
    steps["assign_element"] = variable.numpy()

    variable.assign_add(keras.ops.ones((3, 1)))  # +=
    steps["assign_add"] = variable.numpy()

    variable.assign_sub(keras.ops.ones((3, 1)))  # -=
    steps["assign_sub"] = variable.numpy()
    return steps


if __name__ == "__main__":
    for name, value in main().items():
        print(f"{name}: {value.ravel().tolist()}")
