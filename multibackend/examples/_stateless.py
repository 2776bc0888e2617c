"""A network as a function of its weights, which may be variables or plain tensors."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import keras
import numpy as np

from multibackend.inputs import array

__all__ = ["network", "predict"]


def network(width: int = 40, seed: int = 1) -> list[Any]:
    """Returns variables: a kernel and a bias for each of three layers."""
    rng = np.random.default_rng(seed)
    sizes = [1, width, width, 1]
    variables: list[Any] = []
    for inputs, outputs in pairwise(sizes):
        kernel = rng.normal(size=(inputs, outputs)) * np.sqrt(2 / (inputs + outputs))
        bias = rng.normal(size=(1, outputs)) * 0.1
        variables += [keras.Variable(array(kernel)), keras.Variable(array(bias))]
    return variables


def predict(weights: list[Any], x: Any) -> Any:
    """The network as a function of its weights: `(tasks, points, 1)` to the same.

    Args:
        weights: Kernels and biases in turn, each with or without an axis of tasks
            before its own two.
        x: Where to predict, `(tasks, points, 1)`.
    """
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = keras.ops.tanh(keras.ops.matmul(x, kernel) + bias)
    return keras.ops.matmul(x, weights[-2]) + weights[-1]
