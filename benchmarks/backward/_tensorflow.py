"""TensorFlow: in one `tf.function`, as `fit` does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from backward.calls import called, floats

__all__ = ["step_of"]


def step_of(layer: Any, given: tuple[Any, ...]) -> Callable[[], Any]:
    """Returns a function that computes the gradients of the mean square once.

    Args:
        layer: A Keras layer.
        given: NumPy inputs.
    """
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, given)
    call = called(layer)
    call(*tensors)
    weights = [v.value for v in layer.trainable_variables]

    @tf.function
    def compiled(tensors: Any) -> Any:
        leaves = floats(tensors)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            tape.watch(leaves)
            outputs = floats(call(*tensors))
            loss = sum(keras.ops.mean(keras.ops.square(leaf)) for leaf in outputs)
        return tape.gradient(loss, [*weights, *leaves])

    def step() -> Any:
        found = compiled(tensors)
        # The last gradient is there when all are.
        return [leaf.numpy() for leaf in found[-1:] if leaf is not None]

    return step
