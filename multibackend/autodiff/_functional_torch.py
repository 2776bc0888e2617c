"""PyTorch: derivatives by `torch.func`, inside of `torch.vmap` and its like."""
# pyright: reportMissingImports=false

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras
import torch

__all__ = ["active", "basis", "jvp", "listed", "rows", "vjp"]

Pure = Callable[[list[Any]], tuple[Any, Any]]
Pullback = Callable[[list[Any]], list[Any]]


def active() -> bool:
    """Whether a transform of `torch.func`, such as `torch.vmap`, is at work."""
    try:
        _ = torch.empty(0).requires_grad_()
    except RuntimeError:  # so they answer; no public function says it
        return True
    return False


def vjp(pure: Pure, tensors: list[Any]) -> tuple[list[Any], Any, Pullback]:
    """Returns the outputs, what else `pure` returned, and the pullback."""
    apart = _Apart(pure)
    done: Any = torch.func.vjp(apart, *tensors, has_aux=True)
    outputs, pull, kept = done

    def pullback(cotangents: list[Any]) -> list[Any]:
        return list(pull(list(cotangents)))

    return list(outputs), apart.together(kept), pullback


def jvp(
    pure: Pure, tensors: list[Any], tangents: list[Any]
) -> tuple[list[Any], Any, list[Any]]:
    """Returns the outputs, what else `pure` returned, and their tangents."""
    apart = _Apart(pure)
    with warnings.catch_warnings():
        # PyTorch's forward mode loads, when it is first used, what PyTorch deprecates.
        warnings.filterwarnings("ignore", ".*torch.jit", DeprecationWarning)
        done: Any = torch.func.jvp(apart, tuple(tensors), tuple(tangents), has_aux=True)
    outputs, pushed, kept = done
    return list(outputs), apart.together(kept), list(pushed)


def rows(outputs: list[Any], tensors: list[Any], pullback: Pullback) -> list[list[Any]]:
    """The blocks of each output and tensor, of shape `output.shape + tensor.shape`."""
    found: list[list[Any]] = []
    for place, output in enumerate(outputs):
        zeros = [torch.zeros_like(other) for other in outputs]

        def pulled(row: Any, place: int = place, zeros: list[Any] = zeros) -> list[Any]:
            return pullback([*zeros[:place], row, *zeros[place + 1 :]])

        blocks = torch.func.vmap(pulled)(basis(output))
        found.append(
            [
                block.reshape(*output.shape, *tensor.shape)
                for block, tensor in zip(blocks, tensors, strict=True)
            ]
        )
    return found


def basis(output: Any) -> Any:
    """A cotangent for each element of the output: `(size, *output.shape)`."""
    size = output.numel()
    ones = torch.eye(size, dtype=output.dtype, device=output.device)
    return ones.reshape(size, *output.shape)


def listed(pure: Pure) -> Pure:
    """`pure`, whose value stands in a list."""

    def several(flat: list[Any]) -> tuple[list[Any], Any]:
        value, rest = pure(flat)
        return [value], rest

    return several


class _Apart:
    """`pure` for `torch.func`, which lets nothing but tensors pass beside."""

    def __init__(self, pure: Pure) -> None:
        self.pure = pure
        self.rest: Any = None
        self.leaves: list[Any] = []

    def __call__(self, *flat: Any) -> tuple[list[Any], list[Any]]:
        outputs, self.rest = self.pure(list(flat))
        self.leaves = keras.tree.flatten(self.rest)
        return outputs, [leaf for leaf in self.leaves if torch.is_tensor(leaf)]

    def together(self, kept: list[Any]) -> Any:
        """What `pure` returned beside, with the tensors that the transform gave."""
        tensors = iter(kept)
        return keras.tree.pack_sequence_as(
            self.rest,
            [next(tensors) if torch.is_tensor(leaf) else leaf for leaf in self.leaves],
        )
