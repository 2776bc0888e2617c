"""Derivatives by tf.GradientTape; tf.function, with and without XLA."""
# pyright: reportMissingImports=false

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from multibackend.parity.checks.gradient import Scalar
    from multibackend.parity.checks.pure import Pure


def gradients(scalar: Scalar) -> tuple[list[Any], list[Any]]:
    """Gradients with respect to the variables, and to the tensors at `places`."""
    values = [variable.value for variable in scalar.variables]
    wanted = [*values, *scalar.floats]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(wanted)
        total = scalar.function(scalar.tensors)
    found = _derived(tape, total, wanted)
    return found[: len(values)], found[len(values) :]


def hessian_product(
    scalar: Scalar, along_variables: list[Any], along_floats: list[Any]
) -> tuple[list[Any], list[Any]]:
    """How the gradients change along a direction: a tape around a tape."""
    values = [variable.value for variable in scalar.variables]
    wanted = [*values, *scalar.floats]
    directions = [*along_variables, *along_floats]
    with tf.GradientTape(watch_accessed_variables=False) as outer:
        outer.watch(wanted)
        with tf.GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(wanted)
            total = scalar.function(scalar.tensors)
        first = _derived(inner, total, wanted)
        parts = zip(first, directions, strict=True)
        along = tf.add_n([tf.reduce_sum(one * other) for one, other in parts])
    found = _derived(outer, along, wanted)
    return found[: len(values)], found[len(values) :]


def _derived(tape: Any, total: Any, wanted: list[Any]) -> list[Any]:
    """Dense gradients, zeros where unused."""
    found = tape.gradient(
        total, wanted, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return [tf.convert_to_tensor(gradient) for gradient in found]


def graph(pure: Pure) -> Any:
    """The outputs by `tf.function`, as Keras' own `fit` compiles on a CPU."""
    return tf.function(pure.function)(pure.tensors)


def xla(pure: Pure) -> Any:
    """The outputs by `tf.function(jit_compile=True)`."""
    return tf.function(pure.function, jit_compile=True)(pure.tensors)


def at_once(pure: Pure) -> Any:
    """The outputs; operations cost nothing to be called one by one here."""
    return pure.function(pure.tensors)


#: What users compile with, by the name of its output: its title, and how.
COMPILERS = {
    "compiled": ("tf.function", graph),
    "fused": ("tf.function(jit_compile=True)", xla),
}


def wide() -> Any:
    """TensorFlow needs no switch for float64."""
    return nullcontext()
