"""TensorFlow: a tape that watches fresh copies of the tensors, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def value_and_grad(
    pure: Callable[[list[Any]], tuple[Any, Any]], tensors: list[Any]
) -> tuple[Any, Any, list[Any]]:
    """Returns the value, what else `pure` returned, and a gradient a tensor."""
    # Copies: an outer tape sees through them, and the same tensor given twice, or
    # also read from a closure, is told apart.
    copies = [tf.identity(tensor) for tensor in tensors]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(copies)
        value, rest = pure(copies)
    grads = tape.gradient(
        value, copies, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    # The gradient of a gather comes as IndexedSlices: make it dense.
    return value, rest, [tf.convert_to_tensor(g) for g in grads]
