"""Tensors where PyTorch takes a Python number: the number stays a tensor in a graph.

Keras' SGD and Adadelta hand the learning rate to `torch._foreach_add_` as `alpha`
(`keras/src/backend/torch/optimizers`, 3.15), which would read its value and bake it in.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

__all__ = ["Scalars"]

_SUMS = (torch._foreach_add, torch._foreach_add_)


class Scalars(TorchFunctionMode):
    """While it is on, `alpha` of a sum of lists may be a tensor."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Sees every function of PyTorch that is called from Python."""
        kwargs = kwargs or {}
        if func in _SUMS and torch.is_tensor(kwargs.get("alpha")):
            first, second = args
            return func(first, torch._foreach_mul(second, kwargs["alpha"]))
        return func(*args, **kwargs)
