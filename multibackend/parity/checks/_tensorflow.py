"""Gradients by tf.GradientTape."""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from multibackend.parity.checks.gradient import Scalar


def gradients(scalar: Scalar) -> tuple[list[Any], list[Any]]:
    """Gradients with respect to the variables, and to the tensors at `places`."""
    values = [variable.value for variable in scalar.variables]
    floats = [scalar.tensors[place] for place in scalar.places]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        tape.watch(floats)
        total = scalar.function(scalar.tensors)
    full = tape.gradient(
        total, [*values, *floats], unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    dense = [tf.convert_to_tensor(gradient) for gradient in full]
    return dense[: len(values)], dense[len(values) :]
