"""Who computes: what the variable `KERAS_BACKEND` does.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.who_computes`

Keras began in 2015 on Theano, ran on several frameworks, was TensorFlow's own for some
years, and since Keras 3 (2023) leaves the choice to one environment variable again.
It is read once, when Keras is imported; the same lines then compute elsewhere.
"""

from __future__ import annotations

import os
from typing import Any

import keras

from multibackend import backends
from multibackend.inputs import array

__all__ = ["main", "witness"]


def product() -> Any:
    """A small matrix product, whoever computes it: shape `(2, 2)`."""
    left = keras.ops.convert_to_tensor(array([[1.0, 2.0], [3.0, 4.0]]))
    return keras.ops.matmul(left, left)


def witness() -> dict[str, str]:
    """Says who computes here, in words that differ from one backend to another."""
    name = keras.config.backend()
    row = backends.BACKENDS.get(name)
    result = product()
    return {
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "not set"),
        "backend": name,
        "framework": f"{row.framework} {row.version()}" if row else "from a plugin",
        "keras": keras.__version__,
        "tensor": f"{type(result).__module__}.{type(result).__qualname__}",
    }


def main() -> dict[str, Any]:
    """Computes what is the same everywhere.

    Returns:
        The product of a small matrix with itself.
    """
    return {"product": keras.ops.convert_to_numpy(product())}


if __name__ == "__main__":
    for question, answer in witness().items():
        print(f"{question}: {answer}")
    print(f"product: {main()['product'].tolist()}")
