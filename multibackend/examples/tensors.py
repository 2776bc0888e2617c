"""Tensors: ones, zeros, random draws, and why a tensor takes no assignment.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.tensors`

A framework's generators draw other numbers on each backend, from one seed too. What
must agree is the distribution: mean and deviation within five standard errors.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from multibackend.inputs import array

__all__ = ["fits", "item_assignment_works", "main", "with_first_zero"]

DRAWS = (10_000, 1)


def fits(sample: Any, *, mean: float, deviation: float, kurtosis: float) -> bool:
    """Whether mean and deviation of a sample lie within five standard errors.

    Args:
        sample: Independent draws, any shape.
        mean: The mean of the distribution.
        deviation: Its standard deviation.
        kurtosis: Its fourth standardized moment: 3 for normal, 1.8 for uniform.
    """
    draws = np.asarray(keras.ops.convert_to_numpy(sample), "float64")
    error_of_mean = deviation / math.sqrt(draws.size)
    error_of_deviation = deviation * math.sqrt((kurtosis - 1) / (4 * draws.size))
    return bool(
        abs(draws.mean() - mean) < 5 * error_of_mean
        and abs(draws.std() - deviation) < 5 * error_of_deviation
    )


def item_assignment_works() -> bool:
    """Tries `tensor[0, 0] = 0.0`, which NumPy allows.

    JAX and TensorFlow refuse it: their tensors are constants. PyTorch allows it, so
    code that relies on it runs there only.
    """
    tensor: Any = keras.ops.ones((2, 2))
    try:
        tensor[0, 0] = 0.0
    except TypeError:
        return False
    return True


def with_first_zero(tensor: Any) -> Any:
    """The neutral way to change an element of a matrix: a new tensor with it.

    `slice_update` has no gradient on TensorFlow (Keras 3.15.1): use it on data, and
    `keras.ops.where` with a mask inside of what is differentiated.
    """
    zero = keras.ops.zeros((1, 1), dtype=tensor.dtype)
    return keras.ops.slice_update(tensor, (0, 0), zero)


def main() -> dict[str, Any]:
    """Makes the tensors of the notes.

    Returns:
        The constants, the shapes of the random tensors, whether larger draws fit
        their distribution, and both ways to change one element.
    """
    normal: Any = keras.random.normal((3, 1), mean=0.0, stddev=1.0, seed=1)
    uniform: Any = keras.random.uniform((3, 1), minval=0.0, maxval=1.0, seed=2)
    many_normal = keras.random.normal(DRAWS, seed=3)
    many_uniform = keras.random.uniform(DRAWS, seed=4)

    in_place = array([[1.0, 1.0], [1.0, 1.0]])
    changed = with_first_zero(keras.ops.convert_to_tensor(in_place))
    in_place[0, 0] = 0.0  # a NumPy array allows it

    return {
        "ones": keras.ops.convert_to_numpy(keras.ops.ones((2, 1))),
        "zeros": keras.ops.convert_to_numpy(keras.ops.zeros((2, 1))),
        "normal_shape": list(normal.shape),
        "uniform_shape": list(uniform.shape),
        "normal_fits": fits(many_normal, mean=0, deviation=1, kurtosis=3),
        "uniform_fits": fits(
            many_uniform, mean=0.5, deviation=math.sqrt(1 / 12), kurtosis=1.8
        ),
        "changed_array": in_place,
        "changed_tensor": keras.ops.convert_to_numpy(changed),
    }


if __name__ == "__main__":
    for name, number in main().items():
        print(f"{name}: {number}")
    answer = "allows" if item_assignment_works() else "refuses"
    print(f"{keras.config.backend()} {answer} tensor[0, 0] = 0.0")
