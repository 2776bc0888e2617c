"""The optimizer of the examples that train by steps of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

__all__ = ["adam"]


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
