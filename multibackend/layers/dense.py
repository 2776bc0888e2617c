"""`SimpleDense`: the smallest complete Keras layer with weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from multibackend._arguments import known_size, positive_integer

__all__ = ["SimpleDense"]


@keras.saving.register_keras_serializable(package="multibackend")
class SimpleDense(keras.layers.Layer):
    """Multiplies the last axis by a kernel, adds a bias, applies an activation.

    `y = activation(x @ kernel + bias)`. The kernel `(input_dim, units)` starts normal
    with standard deviation 0.05, the bias `(units,)` starts at zero. A mask passes
    through unchanged: it marks steps, and no step is mixed with another.

    Args:
        units: The size of the output's last axis, a positive integer.
        activation: What is applied to each output: a name such as `"relu"`, a
            function, or `None` for no activation.
        use_bias: Whether a bias is added.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: `units` is no positive integer, the activation is unknown, or
            the inputs do not fit.

    Input shape:
        `(batch_size, ..., input_dim)`, with at least two axes.

    Output shape:
        `(batch_size, ..., units)`.

    Example:
    >>> import keras
    >>> layer = SimpleDense(3, activation="relu")
    >>> y = layer(keras.ops.ones((2, 5)))
    >>> keras.ops.shape(y)
    (2, 3)
    >>> [tuple(w.shape) for w in layer.weights]
    [(5, 3), (3,)]
    """

    def __init__(
        self,
        units: int,
        activation: str | Callable[..., Any] | None = None,
        *,
        use_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer(
            "units", units, "It is the size of the output's last axis."
        )
        self.activation: Callable[..., Any] = keras.activations.get(activation)
        self.use_bias = use_bias
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        input_dim = known_size(
            input_shape, -1, "The kernel's size depends on it: name it."
        )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, self.units),
            initializer="random_normal",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer="zeros"
            )
        # From now on another input_dim is refused, with the sizes in the message.
        self.input_spec = keras.InputSpec(min_ndim=2, axes={-1: input_dim})

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        outputs = keras.ops.matmul(inputs, self.kernel)  # (batch_size, ..., units)
        if self.bias is not None:
            outputs = keras.ops.add(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `(*input_shape[:-1], units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
        }
