"""`LinearRecurrence`: a gated linear recurrence, computed in parallel."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._precision import at_least_float32
from multibackend.layers._gated import GatedRecurrence

__all__ = ["LinearRecurrence"]

# The power of the decay where the recurrence gate is open, as in the paper.
_POWER = 8.0
# How much of the state a new layer keeps at most from step to step, lowest and highest.
_SLOWEST, _FASTEST = 0.999, 0.9
# Where all of the state is kept nothing is added, and the slope of the root is infinite.
_LEAST = 1e-12


@keras.saving.register_keras_serializable(package="multibackend")
class LinearRecurrence(GatedRecurrence):
    """Runs `h_t = a_t * h_{t-1} + b_t` over the steps, with gates from the inputs.

    This is the real-gated linear recurrent unit (RG-LRU). With the sigmoid `s`:

    - `v_t, r_t, i_t = x_t @ kernel + bias`, each of size `units`;
    - `a_t = s(decay) ** (8 * s(r_t))`: how much of the state is kept;
    - `b_t = sqrt(1 - a_t ** 2) * s(i_t) * v_t`: what is added to it.

    No gate depends on the state, so that all steps are computed at once by an
    associative scan. In the paper `v_t` is `x_t` itself; here it is a projection, so
    that `units` may be any size. A new layer has `s(decay) ** 8` from 0.9 to 0.999.

    A masked step leaves the state as it is.

    Args:
        units: The size of the state and the outputs, a positive integer.
        method: `"associative"` computes all steps in parallel, `"scan"` one after the
            other; the results are equal up to rounding. Where the length is unknown
            in a compiled graph, the former goes by chunks of 32 steps.
        return_sequences: Whether the output at every step is returned, or the last.
        return_state: Whether the state after the last step is returned as well.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: The sequences.
        initial_state: The state before the first step, `(batch_size, units)`; zeros
            by default.
        mask: `(batch_size, steps)`, `True` where a step counts.

    Returns:
        The outputs in the compute dtype, or a tuple of them and the last state.

    Raises:
        ValueError: An argument is out of range, or the inputs, the state or the mask
            have another shape.

    Input shape:
        `(batch_size, steps, input_dim)`, with at least one step.

    Output shape:
        `(batch_size, steps, units)`, or `(batch_size, units)` without
        `return_sequences`.

    Reference:
        De, Smith, Fernando et al. (2024), "Griffin: Mixing gated linear recurrences
        with local attention for efficient language models", section 2.4,
        https://arxiv.org/abs/2402.19427.

    Example:
    >>> import keras
    >>> layer = LinearRecurrence(3, return_sequences=True)
    >>> keras.ops.shape(layer(keras.ops.ones((2, 7, 5))))
    (2, 7, 3)
    """

    def add_gates(self, input_dim: int) -> None:
        """Creates the kernel and bias of all three gates, and the decay."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, 3 * self.units),
            initializer="glorot_uniform",
        )
        self.bias = self.add_weight(
            name="bias", shape=(3 * self.units,), initializer="zeros"
        )
        self.decay = self.add_weight(
            name="decay",
            shape=(self.units,),
            initializer=_slow,
            autocast=False,  # a factor near 1 needs all its digits
        )

    def gates(self, rows: Any) -> tuple[Any, Any]:
        """How much of the state each step keeps, and what it adds."""
        value, recurrence, entrance = self.parts(rows, 3)
        # The logarithm of sigmoid(decay) is -softplus(-decay), exact near 0.
        rate = _POWER * keras.ops.softplus(-at_least_float32(self.decay))  # (units,)
        exponent = -rate * keras.ops.sigmoid(recurrence)
        left = keras.ops.maximum(-keras.ops.expm1(2.0 * exponent), _LEAST)
        terms = keras.ops.sqrt(left) * keras.ops.sigmoid(entrance) * value
        return keras.ops.exp(exponent), terms


def _slow(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Draws a decay for which `sigmoid(decay) ** 8` is even between its bounds."""
    kept = keras.random.uniform(shape, _FASTEST, _SLOWEST, dtype=dtype)
    root = kept ** (1.0 / _POWER)
    return keras.ops.log(root) - keras.ops.log(1.0 - root)
