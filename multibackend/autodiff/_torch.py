"""PyTorch: autograd over fresh leaves, connected to the outside only where needed."""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import keras
import torch


def value_and_grad(
    pure: Callable[[list[Any]], tuple[Any, Any]], tensors: list[Any]
) -> tuple[Any, Any, list[Any]]:
    """Returns the value, what else `pure` returned, and a gradient a tensor."""
    recording = torch.is_grad_enabled()
    with torch.enable_grad():
        leaves = [_leaf(tensor) for tensor in tensors]
        value, rest = pure(leaves)
        # Somebody outside (an outer `grad`, or `loss.backward()` with the weights of
        # a model) may differentiate the results again: only then keep the graph.
        connected = recording and _reaches_outside([value, rest], leaves)
        grads = _gradients(value, leaves, create_graph=connected)
    if not connected:
        value = value.detach()
        rest = keras.tree.map_structure(_detach, rest)
    return value, rest, grads


def _leaf(tensor: Any) -> Any:
    """A tensor of its own to differentiate over, so that a closure's copy is not."""
    if tensor.requires_grad and not isinstance(tensor, torch.nn.Parameter):
        return tensor.view_as(tensor)  # an outer `grad` sees through it
    return tensor.detach().requires_grad_()


def _gradients(value: Any, leaves: list[Any], *, create_graph: bool) -> list[Any]:
    if not value.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    return list(
        torch.autograd.grad(
            value,
            leaves,
            create_graph=create_graph,
            allow_unused=True,
            materialize_grads=True,
        )
    )


def _reaches_outside(results: Any, leaves: Iterable[Any]) -> bool:
    """Whether a result depends on a tensor with gradient other than `leaves`."""
    own = {id(leaf) for leaf in leaves}
    tensors = [t for t in keras.tree.flatten(results) if torch.is_tensor(t)]
    if any(t.requires_grad and t.is_leaf and id(t) not in own for t in tensors):
        return True
    nodes = [t.grad_fn for t in tensors if t.grad_fn is not None]
    seen = set(nodes)
    while nodes:
        node = nodes.pop()
        variable = getattr(node, "variable", None)  # of a node that ends the graph
        if variable is not None and id(variable) not in own:
            return True
        fresh = {n for n, _ in node.next_functions if n is not None} - seen
        seen |= fresh
        nodes.extend(fresh)
    return False


def _detach(leaf: Any) -> Any:
    return leaf.detach() if torch.is_tensor(leaf) else leaf
