"""JAX: under one `jax.jit`, as `fit` does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import keras

from backward.calls import called, floats, replaced, training

__all__ = ["step_of"]


def step_of(layer: Any, given: tuple[Any, ...]) -> Callable[[], Any]:
    """Returns a function that computes the gradients of the mean square once.

    Args:
        layer: A Keras layer.
        given: NumPy inputs.
    """
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, given)
    called(layer)(*tensors)
    still = [v.value for v in layer.non_trainable_variables]

    def loss(weights: Any, leaves: Any) -> Any:
        outputs, _ = layer.stateless_call(
            weights, still, *replaced(tensors, leaves), **training(layer)
        )
        return sum(keras.ops.mean(keras.ops.square(leaf)) for leaf in floats(outputs))

    compiled = jax.jit(jax.grad(loss, argnums=(0, 1)))
    weights = [v.value for v in layer.trainable_variables]
    return lambda: jax.block_until_ready(compiled(weights, floats(tensors)))
