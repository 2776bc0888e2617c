"""A backend without a file of its own: it computes, and that is all that is known of it."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from multibackend.parity.checks.pure import Pure

__all__ = ["at_once", "wide"]


def at_once(pure: Pure) -> Any:
    """The outputs, its operations called one by one."""
    return pure.function(pure.tensors)


def wide() -> AbstractContextManager[Any]:
    """Opens float64 where that takes a switch; the referee's proof tells if it does.

    Keras' NumPy backend computes convolutions and poolings with JAX, which narrows
    float64 without its own switch (3.15.1).
    """
    if keras.config.backend() == "numpy":
        return importlib.import_module("multibackend.parity.checks._jax").wide()
    return nullcontext()
