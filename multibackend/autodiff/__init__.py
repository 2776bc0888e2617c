"""Gradients with JAX's names, over tensors and Keras variables, on every backend."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default
from multibackend.autodiff.gradients import grad, value_and_grad
from multibackend.autodiff.matrices import hessian, jacobian
from multibackend.autodiff.products import hvp, jvp, vjp

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
