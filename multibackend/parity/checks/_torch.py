"""Derivatives by torch.autograd; torch.compile."""
# pyright: reportMissingImports=false

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from multibackend.parity.checks.gradient import Scalar
    from multibackend.parity.checks.pure import Pure


def gradients(scalar: Scalar) -> tuple[list[Any], list[Any]]:
    """Gradients with respect to the variables, and to the tensors at `places`."""
    total, wanted = _recorded(scalar)
    return _split(scalar, _derived(total, wanted))


def hessian_product(
    scalar: Scalar, along_variables: list[Any], along_floats: list[Any]
) -> tuple[list[Any], list[Any]]:
    """How the gradients change along a direction: the graph of the gradient, again."""
    total, wanted = _recorded(scalar)
    first = _derived(total, wanted, create_graph=True)
    parts = zip(first, [*along_variables, *along_floats], strict=True)
    along = torch.stack([(one * other).sum() for one, other in parts]).sum()
    return _split(scalar, _derived(along, wanted))


def _recorded(scalar: Scalar) -> tuple[Any, list[Any]]:
    """The scalar with its graph, and the tensors to derive it by."""
    tensors = list(scalar.tensors)
    for place in scalar.places:
        tensors[place] = tensors[place].detach().clone().requires_grad_()
    values = [variable.value for variable in scalar.variables]
    wanted = [*values, *(tensors[place] for place in scalar.places)]
    return scalar.function(tensors), wanted


def _derived(total: Any, wanted: list[Any], *, create_graph: bool = False) -> list[Any]:
    """Gradients, zeros where unused."""
    if not total.requires_grad:
        return [torch.zeros_like(value) for value in wanted]
    found = torch.autograd.grad(
        total,
        wanted,
        create_graph=create_graph,
        allow_unused=True,
        materialize_grads=True,
    )
    # What is known to be zero is a ZeroTensor, of which NumPy takes no copy.
    return [
        one + torch.zeros_like(value) for one, value in zip(found, wanted, strict=True)
    ]


def _split(scalar: Scalar, found: list[Any]) -> tuple[list[Any], list[Any]]:
    count = len(scalar.variables)
    return found[:count], found[count:]


def compiled(pure: Pure) -> Any:
    """The outputs by `torch.compile`, whole.

    `fullgraph=True` refuses where the default would go on in plain Python: at a graph
    break and where a function was compiled too often. Each run starts afresh, as all
    subjects share the code of one function and count towards that limit together.
    """
    torch.compiler.reset()
    whole = torch.compile(pure.function, fullgraph=True, dynamic=False)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return whole(pure.tensors)


def at_once(pure: Pure) -> Any:
    """The outputs; operations cost nothing to be called one by one here."""
    return pure.function(pure.tensors)


#: What users compile with, by the name of its output: its title, and how.
COMPILERS = {"compiled": ("torch.compile", compiled)}


def wide() -> Any:
    """PyTorch needs no switch for float64."""
    return nullcontext()
