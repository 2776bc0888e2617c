"""Gradients by jax.grad, compiled as JAX users do.

One by one, its operations would take seconds to compile.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import keras

if TYPE_CHECKING:
    from multibackend.parity.checks.gradient import Scalar


def gradients(scalar: Scalar) -> tuple[list[Any], list[Any]]:
    """Gradients with respect to the variables, and to the tensors at `places`."""
    kept = {id(variable) for variable in scalar.variables}
    others = [v for v in scalar.state if id(v) not in kept]

    def pure(values: Any, floats: Any, rest: Any, tensors: Any) -> Any:
        state = [*zip(scalar.variables, values, strict=True)]
        state += zip(others, rest, strict=True)
        full = list(tensors)
        for place, value in zip(scalar.places, floats, strict=True):
            full[place] = value
        with keras.StatelessScope(state_mapping=state):
            return scalar.function(full)

    # Traced once a subject: its twins differ in numbers only, and those are arguments.
    compiled = scalar.memory.setdefault("grad", jax.jit(jax.grad(pure, argnums=(0, 1))))
    of_values, of_floats = compiled(
        [variable.value for variable in scalar.variables],
        [scalar.tensors[place] for place in scalar.places],
        [variable.value for variable in others],
        scalar.tensors,
    )
    return list(of_values), list(of_floats)
