"""`apply`: an optimizer's update, with the one branch on the backend that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

__all__ = ["apply"]


def apply(optimizer: Any, grads: Sequence[Any], variables: Sequence[Any]) -> None:
    """Updates variables by their gradients, as `optimizer.apply` means it.

    On JAX `keras.optimizers.LossScaleOptimizer.apply` assigns inside of both branches of
    a condition, whose values cannot leave it; its `stateless_apply` returns them. On
    PyTorch `stateless_apply` writes into what it is given, and `apply` is right
    (`keras/src/optimizers/loss_scale_optimizer.py`, Keras 3.15).

    Args:
        optimizer: A Keras optimizer, built for exactly these variables.
        grads: A gradient for each variable; of a scaled loss where the optimizer scales.
        variables: Keras variables.
    """
    if keras.config.backend() != "jax":
        optimizer.apply(grads, variables)
        return
    slots = list(optimizer.variables)
    trained, kept = optimizer.stateless_apply(
        [slot.value for slot in slots], list(grads), [v.value for v in variables]
    )
    for variable, value in zip([*variables, *slots], [*trained, *kept], strict=True):
        variable.assign(value)
