"""Mathematics on tensors: square, square root, matrix product.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.mathematics`
"""

from __future__ import annotations

from typing import Any

import keras

from multibackend.inputs import normal, uniform

__all__ = ["length_of_rows", "main"]


def length_of_rows(matrix: Any) -> Any:
    """The Euclidean length of each row: square, sum, square root.

    Args:
        matrix: A tensor of shape `(rows, columns)`.

    Returns:
        A tensor of shape `(rows,)`.
    """
    return keras.ops.sqrt(keras.ops.sum(keras.ops.square(matrix), axis=-1))


def main() -> dict[str, Any]:
    """Computes with two small matrices.

    Returns:
        The results as NumPy arrays.
    """
    left = normal(3, 4, seed=6)
    right = uniform(4, 2, seed=7)
    results = {
        "square": keras.ops.square(left),  # (3, 4)
        "sqrt": keras.ops.sqrt(right),  # (4, 2)
        "matmul": keras.ops.matmul(left, right),  # (3, 2)
        "length_of_rows": length_of_rows(left),  # (3,)
    }
    return {name: keras.ops.convert_to_numpy(value) for name, value in results.items()}


if __name__ == "__main__":
    for name, value in main().items():
        print(f"{name}:\n{value}")
