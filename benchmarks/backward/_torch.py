"""PyTorch: eager, as Keras runs it there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import torch

from backward.calls import called, floats

__all__ = ["step_of"]


def step_of(layer: Any, given: tuple[Any, ...]) -> Callable[[], Any]:
    """Returns a function that computes the gradients of the mean square once.

    Args:
        layer: A Keras layer or a `torch.nn.Module`.
        given: NumPy inputs.
    """
    # Keras' tensors may live on another device than torch's own default.
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, given)
    for leaf in floats(tensors):
        leaf.requires_grad_()
    if isinstance(layer, keras.layers.Layer):
        call = called(layer)
        call(*tensors)
        weights = [w.value for w in layer.trainable_weights]
    else:
        layer.to(floats(tensors)[0].device)
        call, weights = layer, list(layer.parameters())
    over = [*weights, *floats(tensors)]

    def step() -> Any:
        outputs = floats(call(*tensors))
        loss = sum(torch.mean(torch.square(leaf)) for leaf in outputs)
        found = torch.autograd.grad(loss, over, allow_unused=True)
        if floats(tensors)[0].is_cuda:
            torch.cuda.synchronize()
        return found

    return step
