"""Adam, and the plain step with it, of examples that train by steps of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from multibackend import jit
from multibackend.autodiff import value_and_grad

__all__ = ["adam", "adam_step"]


def adam(learning_rate: float, weights: Sequence[Any], *, beta_1: float = 7 / 8) -> Any:
    """Returns Adam, built for `weights`: a compiled step cannot make variables.

    Its decay rates are fractions of powers of two, which every dtype holds exactly.
    Keras on TensorFlow rounds 0.9 to float32 in float64 too, which the parity suite's
    referee would tell from the others; see `tensorflow-narrows-python-floats` in the
    catalogue.

    Args:
        learning_rate: The step size.
        weights: The Keras variables it will update.
        beta_1: The decay rate of the mean gradient.
    """
    optimizer = keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=1 - 2**-10)
    optimizer.build(list(weights))
    return optimizer


def adam_step(
    loss_of: Callable[..., Any],
    model: Any,
    learning_rate: float,
    *,
    beta_1: float = 7 / 8,
    has_aux: bool = False,
) -> Any:
    """Makes a compiled step: the gradient of a loss, which Adam applies.

    Args:
        loss_of: What is lowered, a scalar of the step's arguments.
        model: Whose weights are trained.
        learning_rate: The step size.
        beta_1: The decay rate of the mean gradient.
        has_aux: Whether `loss_of` returns a pair, the loss and what goes with it.

    Returns:
        The step; it returns what `loss_of` does, before the weights change.
    """
    weights = model.trainable_variables
    optimizer = adam(learning_rate, weights, beta_1=beta_1)
    slopes_of = value_and_grad(loss_of, has_aux=has_aux, variables=weights)

    @jit
    def step(*batch: Any) -> Any:
        found, slopes = slopes_of(*batch)
        optimizer.apply(slopes, weights)
        return found

    return step
