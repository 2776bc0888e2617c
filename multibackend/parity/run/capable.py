"""What a backend can do that nobody wrote into the table: found out by trying."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from multibackend.backends import Backend

__all__ = ["found_out"]


def found_out(backend: Backend) -> Backend:
    """The row of a plugin with what it turned out to be able to do.

    Derivatives and compilers are called by the framework's own names, which only a file
    of the suite knows; a training step has the same name everywhere and is tried.

    Args:
        backend: The row of a backend outside of the table.
    """
    return replace(backend, trains=_trains())


def _trains() -> bool:
    """Whether one step of gradient descent moves a weight as it must."""
    model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
    try:
        model.compile(keras.optimizers.SGD(0.5), "mse")
        _ = model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
        kernel = keras.ops.convert_to_numpy(model.layers[0].kernel)
    except Exception:  # noqa: BLE001 - how it refuses is its own affair
        return False
    # The loss is (kernel + bias)**2 = 1, its gradient 2, half of which is taken: these
    # numbers no float rounds.
    return float(kernel.item()) == 0.0
