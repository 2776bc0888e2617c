"""Gradients by torch.autograd."""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from multibackend.parity.checks.gradient import Scalar


def gradients(scalar: Scalar) -> tuple[list[Any], list[Any]]:
    """Gradients with respect to the variables, and to the tensors at `places`."""
    tensors = list(scalar.tensors)
    for place in scalar.places:
        tensors[place] = tensors[place].detach().clone().requires_grad_()
    values = [variable.value for variable in scalar.variables]
    wanted = [*values, *(tensors[place] for place in scalar.places)]
    if not wanted:
        return [], []
    found = torch.autograd.grad(scalar.function(tensors), wanted, allow_unused=True)
    full = [
        torch.zeros_like(value) if gradient is None else gradient
        for value, gradient in zip(wanted, found, strict=True)
    ]
    return full[: len(values)], full[len(values) :]
