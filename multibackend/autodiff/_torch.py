"""PyTorch: autograd over fresh leaves, connected to the outside only where needed.

Inside of `torch.vmap` and the other transforms of `torch.func`, which refuse leaves,
`torch.func` differentiates instead. Only there: it refuses every
`torch.autograd.Function` of the old kind, such as that of `keras.ops.custom_gradient`.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable
from contextvars import ContextVar
from typing import Any

import keras
import torch

from multibackend.autodiff import _functional_torch as functional

Pure = Callable[[list[Any]], tuple[Any, Any]]
Pullback = Callable[[list[Any]], list[Any]]

_INSIDE = ContextVar("inside of a derivative", default=False)


def value_and_grad(pure: Pure, tensors: list[Any]) -> tuple[Any, Any, list[Any]]:
    """Returns the value, what else `pure` returned, and a gradient a tensor."""
    if functional.active():
        (value,), rest, pullback = functional.vjp(functional.listed(pure), tensors)
        return value, rest, pullback([torch.ones_like(value)])
    recording = torch.is_grad_enabled()
    with _differentiating():
        leaves = [_leaf(tensor) for tensor in tensors]
        value, rest = pure(leaves)
        connected = recording and _reaches_outside([value, rest], leaves)
        grads = _pulled([value], leaves, None, create_graph=connected)
    if not connected:
        value, rest = _detached([value, rest])
    return value, rest, grads


def vjp(
    pure: Pure, tensors: list[Any], *, twice: bool = False
) -> tuple[list[Any], Any, Pullback]:
    """Returns the outputs, what else `pure` returned, and the pullback.

    Args:
        pure: Returns a list of tensors and anything else.
        tensors: What to differentiate over.
        twice: Whether the pullback will be differentiated for sure.
    """
    if functional.active():
        return functional.vjp(pure, tensors)
    outputs, rest, leaves, connected = _recorded(pure, tensors, twice=twice)

    def pullback(cotangents: list[Any]) -> list[Any]:
        again = torch.is_grad_enabled() and (
            connected or any(c.requires_grad for c in cotangents)
        )
        return _pulled(outputs, leaves, cotangents, create_graph=again, keep=True)

    results = [outputs, rest] if connected else _detached([outputs, rest])
    return results[0], results[1], pullback


def jvp(
    pure: Pure, tensors: list[Any], tangents: list[Any]
) -> tuple[list[Any], Any, list[Any]]:
    """Returns the outputs, what else `pure` returned, and their tangents.

    The pullback is linear in its cotangents, so its own pullback is the jvp. The
    forward mode of PyTorch knows no `custom_gradient`, but a few operations that have
    no second derivative, such as `hard_sigmoid`.
    """
    if not functional.active():
        try:
            return _twice_reversed(pure, tensors, tangents)
        except RuntimeError as error:
            if "is not implemented" not in str(error):
                raise
    return functional.jvp(pure, tensors, tangents)


def _twice_reversed(
    pure: Pure, tensors: list[Any], tangents: list[Any]
) -> tuple[list[Any], Any, list[Any]]:
    recording = torch.is_grad_enabled()
    outputs, rest, pullback = vjp(pure, tensors, twice=True)
    outside = [*outputs, *tangents]
    connected = recording and any(t.requires_grad for t in outside)
    with _differentiating(twice=True):
        places = [torch.zeros_like(output, requires_grad=True) for output in outputs]
        slopes = pullback(places)
        pushed = _pulled(slopes, places, tangents, create_graph=connected)
    return outputs, rest, pushed


def jacobian(pure: Pure, tensors: list[Any]) -> tuple[list[Any], Any, list[list[Any]]]:
    """Returns the outputs, what else `pure` returned, and a row of blocks an output."""
    if functional.active():
        outputs, rest, pullback = functional.vjp(pure, tensors)
        return outputs, rest, functional.rows(outputs, tensors, pullback)
    outputs, rest, leaves, connected = _recorded(pure, tensors)
    rows = [_rows(output, leaves, create_graph=connected) for output in outputs]
    results = [outputs, rest] if connected else _detached([outputs, rest])
    return results[0], results[1], rows


@contextlib.contextmanager
def _differentiating(*, twice: bool = False) -> Generator[None]:
    """Records, and where a second derivative will follow, with a kernel that has one.

    The fused kernels of attention have none.
    """
    nested = twice or _INSIDE.get()
    token = _INSIDE.set(True)
    plain = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
    try:
        with torch.enable_grad(), plain if nested else contextlib.nullcontext():
            yield
    finally:
        _INSIDE.reset(token)


def _recorded(
    pure: Pure, tensors: list[Any], *, twice: bool = False
) -> tuple[list[Any], Any, list[Any], bool]:
    recording = torch.is_grad_enabled()
    with _differentiating(twice=twice):
        leaves = [_leaf(tensor) for tensor in tensors]
        outputs, rest = pure(leaves)
    # Somebody outside (an outer `grad`, or `loss.backward()` with the weights of a
    # model) may differentiate the results again: only then keep the graph.
    connected = recording and _reaches_outside([outputs, rest], leaves)
    return outputs, rest, leaves, connected


def _leaf(tensor: Any) -> Any:
    """A tensor of its own to differentiate over, so that a closure's copy is not."""
    if tensor.requires_grad and not isinstance(tensor, torch.nn.Parameter):
        return tensor.view_as(tensor)  # an outer `grad` sees through it
    return tensor.detach().requires_grad_()


def _pulled(
    outputs: list[Any],
    leaves: list[Any],
    cotangents: list[Any] | None,
    *,
    create_graph: bool,
    keep: bool = False,
) -> list[Any]:
    """The gradients of `outputs`, weighted with `cotangents`, over `leaves`."""
    chosen = [i for i, output in enumerate(outputs) if output.requires_grad]
    if not chosen:
        return [torch.zeros_like(leaf) for leaf in leaves]
    return list(
        torch.autograd.grad(
            [outputs[i] for i in chosen],
            leaves,
            None if cotangents is None else [cotangents[i] for i in chosen],
            retain_graph=keep or create_graph,
            create_graph=create_graph,
            allow_unused=True,
            materialize_grads=True,
        )
    )


def _rows(output: Any, leaves: list[Any], *, create_graph: bool) -> list[Any]:
    """The blocks of one output, each of shape `output.shape + leaf.shape`."""
    size = output.numel()
    blocks: Any = [None for _ in leaves]
    if output.requires_grad and size:
        basis = functional.basis(output)
        blocks = torch.autograd.grad(
            output,
            leaves,
            basis,
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
            is_grads_batched=True,
        )
    shapes = [(*output.shape, *leaf.shape) for leaf in leaves]
    return [
        leaf.new_zeros(shape) if block is None else block.reshape(shape)
        for block, leaf, shape in zip(blocks, leaves, shapes, strict=True)
    ]


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


def _detached(results: Any) -> Any:
    return keras.tree.map_structure(
        lambda leaf: leaf.detach() if torch.is_tensor(leaf) else leaf, results
    )
