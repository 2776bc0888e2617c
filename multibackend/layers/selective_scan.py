"""`SelectiveScan`: a state space whose step, input and output depend on the inputs."""

from __future__ import annotations

import math
from typing import Any

import keras

from multibackend._arguments import flag, known_size, one_of, positive_integer
from multibackend._precision import at_least_float32
from multibackend.layers._gated import checked_state
from multibackend.layers._masks import checked
from multibackend.layers._masks import wide as broad
from multibackend.layers._scan import METHODS, linear_scan

__all__ = ["SelectiveScan"]

# The step sizes of a new layer, drawn evenly by their logarithm.
_SHORTEST, _LONGEST = 1e-3, 1e-1


@keras.saving.register_keras_serializable(package="multibackend")
class SelectiveScan(keras.layers.Layer):
    """Runs the selective state space of Mamba (S6) over the steps.

    Each channel `d` of the inputs has a state `h` of `state_size` numbers `n`:

    - `r_t, B_t, C_t = x_t @ projection`;
    - `delta_t = softplus(r_t @ delta_kernel + delta_bias)`, one for each channel;
    - `h_t[d, n] = exp(-delta_t[d] * exp(decay[d, n])) * h_{t-1}[d, n]
      + delta_t[d] * B_t[n] * x_t[d]`;
    - `y_t[d] = sum_n C_t[n] * h_t[d, n] + skip[d] * x_t[d]`.

    The projections are part of the layer; the convolution and the gate that stand
    around them in a block of Mamba are not. Either method keeps the states of all
    steps, `batch_size * steps * input_dim * state_size` numbers: the memory grows
    linearly with the length.

    A masked step leaves the state as it is (its `delta` is 0).

    Args:
        state_size: How many numbers each channel remembers, a positive integer.
        delta_rank: The size of `r_t`; one sixteenth of `input_dim`, rounded up, by
            default.
        method: `"associative"` computes all steps in parallel, `"scan"` one after the
            other; the results are equal up to rounding. Where the length is unknown
            in a compiled graph, the former goes by chunks of 32 steps.
        return_state: Whether the state after the last step is returned as well.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: The sequences.
        initial_state: The state before the first step,
            `(batch_size, input_dim, state_size)`; zeros by default.
        mask: `(batch_size, steps)`, `True` where a step counts.

    Returns:
        The outputs in the compute dtype, or a tuple of them and the last state.

    Raises:
        ValueError: An argument is out of range, or the inputs, the state or the mask
            have another shape.

    Input shape:
        `(batch_size, steps, input_dim)`, with at least one step.

    Output shape:
        `(batch_size, steps, input_dim)`; of the state
        `(batch_size, input_dim, state_size)`.

    Reference:
        Gu, Dao (2023), "Mamba: Linear-time sequence modeling with selective state
        spaces", algorithm 2, https://arxiv.org/abs/2312.00752.

    Example:
    >>> import keras
    >>> layer = SelectiveScan(4)
    >>> keras.ops.shape(layer(keras.ops.ones((2, 7, 5))))
    (2, 7, 5)
    """

    def __init__(
        self,
        state_size: int = 16,
        delta_rank: int | None = None,
        *,
        method: str = "associative",
        return_state: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.state_size = positive_integer(
            "state_size", state_size, "It is how many numbers each channel remembers."
        )
        if delta_rank is not None:
            delta_rank = positive_integer(
                "delta_rank", delta_rank, "It is the size behind the step sizes."
            )
        self.delta_rank = delta_rank
        self.method = one_of(
            "method", method, METHODS, "It says how the steps are computed."
        )
        self.return_state = flag(
            "return_state",
            return_state,
            "It says whether the state after the last step is returned as well.",
        )
        self.supports_masking = True
        self.input_spec = keras.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        dim = known_size(input_shape, -1, "The kernel's size depends on it: name it.")
        self._rank = self.delta_rank or -(-dim // 16)
        self.projection = self.add_weight(
            name="projection",
            shape=(dim, self._rank + 2 * self.state_size),
            initializer="glorot_uniform",
        )
        bound = self._rank**-0.5
        self.delta_kernel = self.add_weight(
            name="delta_kernel",
            shape=(self._rank, dim),
            initializer=keras.initializers.RandomUniform(-bound, bound),
        )
        self.delta_bias = self.add_weight(
            name="delta_bias", shape=(dim,), initializer=_short
        )
        self.decay = self.add_weight(
            name="decay",
            shape=(dim, self.state_size),
            initializer=_rising,
            autocast=False,  # a factor near 1 needs all its digits
        )
        self.skip = self.add_weight(name="skip", shape=(dim,), initializer="ones")
        self.input_spec = keras.InputSpec(ndim=3, axes={-1: dim})

    def call(self, inputs: Any, initial_state: Any = None, mask: Any = None) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        rank, size = self._rank, self.state_size
        parts = keras.ops.matmul(inputs, self.projection)
        step = keras.ops.matmul(parts[..., :rank], self.delta_kernel) + self.delta_bias
        delta = keras.ops.softplus(
            at_least_float32(step)
        )  # (batch_size, steps, input_dim)
        entrance = at_least_float32(
            parts[..., rank : rank + size]
        )  # (batch_size, steps, size)
        exit_ = at_least_float32(parts[..., rank + size :])
        x = at_least_float32(inputs)
        if mask is not None:
            kept = broad(checked(mask, tuple(inputs.shape)[:2]), 3)
            delta = keras.ops.where(kept, delta, keras.ops.zeros_like(delta))
        rates = -keras.ops.exp(at_least_float32(self.decay))  # (input_dim, size)
        # Outer products (batch_size, steps, input_dim, size), not broadcast ones: the
        # gradient of those is a sum, which XLA computes one element after the other.
        factors = keras.ops.exp(keras.ops.einsum("bsd,dn->bsdn", delta, rates))
        terms = keras.ops.matmul(
            keras.ops.expand_dims(delta * x, -1), keras.ops.expand_dims(entrance, -2)
        )
        if initial_state is not None:
            shape = (inputs.shape[0], inputs.shape[-1], size)
            initial_state = at_least_float32(checked_state(initial_state, shape))
        states = linear_scan(factors, terms, initial_state, method=self.method)
        read = keras.ops.matmul(states, keras.ops.expand_dims(exit_, -1))
        outputs = keras.ops.squeeze(read, -1) + x * at_least_float32(self.skip)
        outputs = keras.ops.cast(outputs, self.compute_dtype)
        if not self.return_state:
            return outputs
        return outputs, keras.ops.cast(states[:, -1], self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ARG002 - as Keras calls it
        """Hands the mask on: there is an output for every step."""
        return (mask, None) if self.return_state else mask

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """Returns the shape of the inputs, and of the state where it is returned."""
        shape = tuple(input_shape)
        state = (shape[0], shape[-1], self.state_size)
        return (shape, state) if self.return_state else shape

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "state_size": self.state_size,
            "delta_rank": self.delta_rank,
            "method": self.method,
            "return_state": self.return_state,
        }


def _short(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Draws what softplus makes short steps of."""
    low, high = math.log(_SHORTEST), math.log(_LONGEST)
    evenly = keras.random.uniform(shape, dtype=dtype)
    step = keras.ops.exp(low + evenly * (high - low))
    return step + keras.ops.log(-keras.ops.expm1(-step))


def _rising(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """The logarithms of 1, 2, ... for each channel: the slower, the longer ago."""
    rates = keras.ops.arange(1, shape[-1] + 1, dtype=dtype)
    return keras.ops.ones(shape, dtype=dtype) * keras.ops.log(rates)
