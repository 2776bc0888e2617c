"""JAX: `jax.value_and_grad` of the pure function."""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax


def value_and_grad(
    pure: Callable[[list[Any]], tuple[Any, Any]], tensors: list[Any]
) -> tuple[Any, Any, list[Any]]:
    """Returns the value, what else `pure` returned, and a gradient a tensor."""
    (value, rest), grads = jax.value_and_grad(pure, has_aux=True)(tensors)
    return value, rest, grads
