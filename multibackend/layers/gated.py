"""`GatedLinearUnit`: one half of a linear map opens and closes the other half."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras

from multibackend._arguments import flag, known_size, one_of, positive_integer

__all__ = ["GatedLinearUnit"]


def _gelu(gate: Any) -> Any:
    """`gate * (1 + erf(gate / sqrt(2))) / 2`.

    TensorFlow's own, by way of `keras.ops.gelu`, rounds the root to float32.
    """
    root = keras.ops.convert_to_tensor(math.sqrt(0.5), gate.dtype)
    chance = keras.ops.erf(keras.ops.multiply(gate, root)) * 0.5 + 0.5
    return keras.ops.multiply(gate, chance)


#: By the name of the activation, how its unit is called: GLU, GEGLU, SwiGLU, ReGLU.
_GATES: Mapping[str, Callable[[Any], Any]] = {
    "sigmoid": keras.ops.sigmoid,
    "gelu": _gelu,
    "silu": keras.ops.silu,
    "relu": keras.ops.relu,
}


@keras.saving.register_keras_serializable(package="multibackend")
class GatedLinearUnit(keras.layers.Layer):
    """Multiplies a linear map of the inputs by an activated second one.

    `value, gate = split(x @ kernel + bias)` and `y = value * activation(gate)`. Both maps
    stand in one kernel `(input_dim, 2 * units)`, the gate's behind the value's. With
    the sigmoid this is GLU, with GELU it is GEGLU, with SiLU SwiGLU, with ReLU ReGLU. A
    mask passes through unchanged: it marks steps, and no step is mixed with another.

    Args:
        units: The size of the output's last axis, a positive integer.
        activation: `"sigmoid"`, `"gelu"` (by the error function), `"silu"` or `"relu"`.
        use_bias: Whether a bias is added to value and gate.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: `units` is no positive integer, the activation is another, or the
            inputs do not fit.

    Input shape:
        `(batch_size, ..., input_dim)`, with at least two axes.

    Output shape:
        `(batch_size, ..., units)`.

    Reference:
        Noam Shazeer, 2020. GLU Variants Improve Transformer.
        https://arxiv.org/abs/2002.05202

    Example:
    >>> import keras
    >>> layer = GatedLinearUnit(3, activation="silu")
    >>> keras.ops.shape(layer(keras.ops.ones((2, 5))))
    (2, 3)
    >>> [tuple(w.shape) for w in layer.weights]
    [(5, 6), (6,)]
    """

    def __init__(
        self,
        units: int,
        activation: str = "sigmoid",
        *,
        use_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer(
            "units", units, "It is the size of the output's last axis."
        )
        self.activation = one_of(
            "activation", activation, tuple(_GATES), "It is applied to the gate."
        )
        self.use_bias = flag("use_bias", use_bias, "It says whether a bias is added.")
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        input_dim = known_size(
            input_shape, -1, "The kernel's size depends on it: name it."
        )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, 2 * self.units),
            initializer="glorot_uniform",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(2 * self.units,), initializer="zeros"
            )
        self.input_spec = keras.InputSpec(min_ndim=2, axes={-1: input_dim})

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        both = keras.ops.matmul(inputs, self.kernel)  # (batch_size, ..., 2 * units)
        if self.bias is not None:
            both = keras.ops.add(both, self.bias)
        value, gate = keras.ops.split(both, 2, axis=-1)
        return keras.ops.multiply(value, _GATES[self.activation](gate))

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
            "activation": self.activation,
            "use_bias": self.use_bias,
        }
