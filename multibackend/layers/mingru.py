"""`MinGRU`: a gated recurrent unit whose gate does not look at the state."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag
from multibackend.layers._gated import GatedRecurrence

__all__ = ["MinGRU"]


@keras.saving.register_keras_serializable(package="multibackend")
class MinGRU(GatedRecurrence):
    """Runs a minimal gated recurrent unit over the steps, all of them at once.

    With the sigmoid `s`:

    - `k_t, v_t = x_t @ kernel + bias`, each of size `units`;
    - `z_t = s(k_t)` is the gate;
    - the candidate is `c_t = g(v_t)`, with `g(v) = v + 0.5` for `v >= 0` and `s(v)`
      else, or `c_t = v_t` where `positive` is off;
    - `h_t = (1 - z_t) * h_{t-1} + z_t * c_t`.

    The paper computes the positive form with logarithms, since it sums what was divided
    by products of `1 - z`, and these vanish. The associative scan here divides by
    nothing: all factors are between 0 and 1, and all terms of the positive form are
    positive, so that no digits are lost without logarithms either.

    A masked step leaves the state as it is.

    Args:
        units: The size of the state and the outputs, a positive integer.
        positive: Whether candidates are made positive, as in the paper's training.
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
        Feng, Tung, Ahmed, Bengio, Hajimirsadeghi (2024), "Were RNNs all we needed?",
        sections 3.1 and B.2, https://arxiv.org/abs/2410.01201.

    Example:
    >>> import keras
    >>> layer = MinGRU(3)
    >>> keras.ops.shape(layer(keras.ops.ones((2, 7, 5))))
    (2, 3)
    """

    def __init__(
        self,
        units: int,
        *,
        positive: bool = True,
        method: str = "associative",
        return_sequences: bool = False,
        return_state: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            method=method,
            return_sequences=return_sequences,
            return_state=return_state,
            **kwargs,
        )
        self.positive = flag(
            "positive", positive, "It says whether candidates are made positive."
        )

    def add_gates(self, input_dim: int) -> None:
        """Creates the kernel and bias of the gate and the candidate."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, 2 * self.units),
            initializer="glorot_uniform",
        )
        self.bias = self.add_weight(
            name="bias", shape=(2 * self.units,), initializer="zeros"
        )

    def gates(self, rows: Any) -> tuple[Any, Any]:
        """What each step keeps of the state, and the part of the candidate."""
        gate, candidate = self.parts(rows, 2)
        if self.positive:
            candidate = keras.ops.where(
                candidate >= 0, candidate + 0.5, keras.ops.sigmoid(candidate)
            )
        # 1 - s(k) is s(-k), with all digits where s(k) is close to 1.
        return keras.ops.sigmoid(-gate), keras.ops.sigmoid(gate) * candidate

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {**super().get_config(), "positive": self.positive}
