"""`PeepholeLSTMCell`: an LSTM whose gates look at the cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from multibackend._arguments import flag, known_size, positive_integer

__all__ = ["PeepholeLSTMCell"]


@keras.saving.register_keras_serializable(package="multibackend")
class PeepholeLSTMCell(keras.layers.Layer):
    """One step of an LSTM whose gates also depend on the cell, for `keras.layers.RNN`.

    With the sigmoid `s` and the elementwise product `*`:

    - `i_t = s(x_t @ W_i + h_{t-1} @ U_i + p_i * c_{t-1} + b_i)`
    - `f_t = s(x_t @ W_f + h_{t-1} @ U_f + p_f * c_{t-1} + b_f)`
    - `c_t = f_t * c_{t-1} + i_t * tanh(x_t @ W_c + h_{t-1} @ U_c + b_c)`
    - `o_t = s(x_t @ W_o + h_{t-1} @ U_o + p_o * c_t + b_o)`
    - `h_t = o_t * tanh(c_t)`

    The peepholes `p` start at zero, where the cell is `keras.layers.LSTMCell`; kernel,
    recurrent kernel and bias are laid out as there. `keras.layers.RNN` does what
    concerns the steps: masks, states, both directions by `keras.layers.Bidirectional`.

    Args:
        units: The size of the output and of the cell, a positive integer.
        activation: What is applied to the candidate and to the cell.
        recurrent_activation: What is applied to the gates.
        use_bias: Whether a bias is added.
        unit_forget_bias: Whether the bias of the forget gate starts at one.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: One step.
        states: The output and the cell of the step before, each `(batch_size, units)`.

    Returns:
        The output, and a list of the output and the cell.

    Raises:
        ValueError: `units` is no positive integer, an activation is unknown, or the
            inputs do not fit.

    Input shape:
        `(batch_size, input_dim)`.

    Output shape:
        `(batch_size, units)`, three times.

    Reference:
        Gers, Schmidhuber (2000), "Recurrent nets that time and count",
        https://doi.org/10.1109/IJCNN.2000.861302; Sak, Senior, Beaufays (2014), "Long
        short-term memory based recurrent neural network architectures for large
        vocabulary speech recognition", https://arxiv.org/abs/1402.1128.

    Example:
    >>> import keras
    >>> layer = keras.layers.RNN(PeepholeLSTMCell(3), return_sequences=True)
    >>> keras.ops.shape(layer(keras.ops.ones((2, 7, 5))))
    (2, 7, 3)
    """

    def __init__(
        self,
        units: int,
        activation: str | Callable[..., Any] | None = "tanh",
        recurrent_activation: str | Callable[..., Any] | None = "sigmoid",
        *,
        use_bias: bool = True,
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer("units", units, "It is the size of the cell.")
        self.activation: Callable[..., Any] = keras.activations.get(activation)
        self.recurrent_activation: Callable[..., Any] = keras.activations.get(
            recurrent_activation
        )
        self.use_bias = flag("use_bias", use_bias, "It says whether a bias is added.")
        self.unit_forget_bias = flag(
            "unit_forget_bias",
            unit_forget_bias,
            "It says whether the bias of the forget gate starts at one.",
        )
        # `keras.layers.RNN` reads both.
        self.state_size = [self.units, self.units]
        self.output_size = self.units
        self.input_spec = keras.InputSpec(ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        input_dim = known_size(
            input_shape, -1, "The kernel's size depends on it: name it."
        )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, 4 * self.units),
            initializer="glorot_uniform",
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, 4 * self.units),
            initializer="orthogonal",
        )
        self.peephole = self.add_weight(
            name="peephole", shape=(3, self.units), initializer="zeros"
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(4 * self.units,), initializer=self._first_bias
            )
        self.input_spec = keras.InputSpec(ndim=2, axes={-1: input_dim})

    def _first_bias(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Zeros, with ones for the forget gate, the second of four parts."""
        if not self.unit_forget_bias:
            return keras.ops.zeros(shape, dtype=dtype)
        parts = keras.ops.arange(shape[0]) // self.units
        return keras.ops.cast(parts == 1, dtype or self.variable_dtype)

    def call(self, inputs: Any, states: Any) -> Any:
        """Computes one step; `keras.layers.RNN` calls it."""
        output, cell = states
        parts = keras.ops.matmul(inputs, self.kernel) + keras.ops.matmul(
            output, self.recurrent_kernel
        )
        if self.bias is not None:
            parts = parts + self.bias
        entrance, forget, candidate, exit_ = keras.ops.split(parts, 4, axis=-1)
        # All at once: one slice each is three of everything in the gradient. As a
        # tensor, since PyTorch takes no variable here in Keras 3.15.
        enters, forgets, exits = keras.ops.unstack(
            keras.ops.convert_to_tensor(self.peephole), 3
        )  # (units,)
        entrance = self.recurrent_activation(entrance + enters * cell)
        forget = self.recurrent_activation(forget + forgets * cell)
        cell = forget * cell + entrance * self.activation(candidate)
        exit_ = self.recurrent_activation(exit_ + exits * cell)
        output = exit_ * self.activation(cell)  # (batch_size, units)
        return output, [output, cell]

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros for the output and the cell; `keras.layers.RNN` calls it."""
        shape = (batch_size, self.units)
        return [keras.ops.zeros(shape, dtype=self.compute_dtype) for _ in range(2)]

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...], states_shape: Any = None
    ) -> Any:
        """Returns the shapes of the output and of both states."""
        del states_shape
        shape = (input_shape[0], self.units)
        return shape, [shape, shape]

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_activation": keras.activations.serialize(
                self.recurrent_activation
            ),
            "use_bias": self.use_bias,
            "unit_forget_bias": self.unit_forget_bias,
        }
