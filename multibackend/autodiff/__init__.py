"""Gradients with JAX's names, over tensors and Keras variables, on every backend."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default
from multibackend.autodiff.gradients import grad, value_and_grad

__all__ = ["grad", "value_and_grad"]
