"""Recurrent layers on JAX: an eager call traces and compiles its scan anew each time.

Keras hands `jax.lax.scan` a new function at every call, so JAX finds nothing that it
compiled before: half a second a call. Here the scan is compiled once a layer, with its
variables as arguments.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import keras

from multibackend.parity.checks.recurrent import recurrent_states

__all__ = ["compile_once"]


def compile_once(layer: Any) -> None:
    """Lets a built recurrent layer run a compiled `call`; a traced one is as it was."""
    plain = layer.call
    compiled: dict[Any, Callable[..., Any]] = {}

    @functools.wraps(plain)  # its signature tells Keras and us of `training` and `mask`
    def call(*args: Any, **kwargs: Any) -> Any:
        nested = [list(args), kwargs]
        flat = keras.tree.flatten(nested)
        held = [place for place, leaf in enumerate(flat) if keras.ops.is_tensor(leaf)]
        if any(isinstance(flat[place], jax.core.Tracer) for place in held):
            return plain(*args, **kwargs)
        fixed = [None if place in held else leaf for place, leaf in enumerate(flat)]
        variables = [*layer.variables, *recurrent_states(layer)]
        # Shapes and dtypes are jit's own business; what is no tensor is ours.
        key = repr((held, fixed, jax.config.jax_enable_x64, keras.config.floatx()))

        def run(values: list[Any], tensors: list[Any]) -> Any:
            full = list(fixed)
            for place, value in zip(held, tensors, strict=True):
                full[place] = value
            again, named = keras.tree.pack_sequence_as(nested, full)
            state = list(zip(variables, values, strict=True))
            with keras.StatelessScope(state_mapping=state) as scope:
                outputs = plain(*again, **named)
            return outputs, [scope.get_current_value(v) for v in variables]

        quick = compiled.setdefault(key, jax.jit(run))
        outputs, after = quick(
            [variable.value for variable in variables], [flat[place] for place in held]
        )
        for variable, value in zip(variables, after, strict=True):
            if not variable.trainable:
                variable.assign(value)
        return outputs

    layer.call = call
