"""JAX: its own transforms of the pure function."""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.core
import jax.numpy as jnp

Pure = Callable[[list[Any]], tuple[Any, Any]]
Pullback = Callable[[list[Any]], list[Any]]


def value_and_grad(pure: Pure, tensors: list[Any]) -> tuple[Any, Any, list[Any]]:
    """Returns the value, what else `pure` returned, and a gradient a tensor."""
    (value, rest), grads = jax.value_and_grad(pure, has_aux=True)(tensors)
    return value, rest, grads


def vjp(pure: Pure, tensors: list[Any]) -> tuple[list[Any], Any, Pullback]:
    """Returns the outputs, what else `pure` returned, and the pullback."""
    outputs, pull, rest = jax.vjp(pure, tensors, has_aux=True)
    return outputs, rest, lambda cotangents: pull(cotangents)[0]


def jvp(
    pure: Pure, tensors: list[Any], tangents: list[Any]
) -> tuple[list[Any], Any, list[Any]]:
    """Returns the outputs, what else `pure` returned, and their tangents."""
    if not (_staged() and _has_custom_rule(pure, tensors)):
        try:
            outputs, pushed, rest = jax.jvp(pure, (tensors,), (tangents,), has_aux=True)
        except (TypeError, NotImplementedError) as error:
            if not _blames_custom_rule(error):
                raise
        else:
            return outputs, rest, pushed
    return _twice_reversed(pure, tensors, tangents)


def jacobian(pure: Pure, tensors: list[Any]) -> tuple[list[Any], Any, list[list[Any]]]:
    """Returns the outputs, what else `pure` returned, and a row of blocks an output."""

    def kept(flat: list[Any]) -> tuple[Any, Any]:
        outputs, rest = pure(flat)
        return outputs, (outputs, rest)

    rows, (outputs, rest) = jax.jacrev(kept, has_aux=True)(tensors)
    return outputs, rest, rows


def _twice_reversed(
    pure: Pure, tensors: list[Any], tangents: list[Any]
) -> tuple[list[Any], Any, list[Any]]:
    """The same by reverse mode: a `custom_gradient` has no other.

    The pullback is linear in its cotangents, so its own pullback is the jvp.
    """
    outputs, rest, pullback = vjp(pure, tensors)
    places = [jnp.zeros_like(output) for output in outputs]
    return outputs, rest, jax.vjp(pullback, places)[1](tangents)[0]


def _staged() -> bool:
    """Whether somebody traces for a compiler, so that refusals come too late."""
    return isinstance(jnp.zeros(()), jax.core.Tracer)


def _has_custom_rule(pure: Pure, tensors: list[Any]) -> bool:
    """Whether `pure` calls something that has a rule for reverse mode only."""
    return "custom_vjp_call" in str(jax.make_jaxpr(lambda flat: pure(flat)[0])(tensors))


def _blames_custom_rule(error: Exception) -> bool:
    return "custom_vjp" in str(error) or "custom_lin" in str(error)
