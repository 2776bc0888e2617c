"""`SqueezeExcitation`: channels weighed by what all places say together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from multibackend._arguments import flag, known_size, positive_integer
from multibackend._precision import at_least_float32
from multibackend.layers._images import channel_axis, data_format_of, space_axes

__all__ = ["SqueezeExcitation"]


@keras.saving.register_keras_serializable(package="multibackend")
class SqueezeExcitation(keras.layers.Layer):
    """Scales each channel by a gate that is computed from the means of all channels.

    `y = x * gate(activation(mean(x) @ W1 + b1) @ W2 + b2)`, with the mean over all axes
    between batch and channels, `W1` of shape `(channels, channels // ratio)` and at
    least one column, and `W2` of the transposed shape. The mean is taken in float32
    where the layer computes in half precision.

    Args:
        ratio: How many times fewer channels stand between the two products, a positive
            integer.
        activation: What is applied between them: a name, a function or `None`.
        gate_activation: What makes the gate: a name, a function or `None`.
        use_bias: Whether biases are added.
        data_format: `"channels_last"`, `"channels_first"` or `None` for that of the
            Keras configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor. A mask is not taken: the mean sees all places.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of bounds, or the inputs do not fit.

    Input shape:
        `(batch_size, ..., channels)` with one axis in space or more, or
        `(batch_size, channels, ...)` for channels first.

    Output shape:
        As the inputs.

    Reference:
        Jie Hu, Li Shen, Samuel Albanie, Gang Sun, Enhua Wu. "Squeeze-and-Excitation
        Networks" (2018), https://arxiv.org/abs/1709.01507

    Example:
    >>> import keras
    >>> layer = SqueezeExcitation(4, data_format="channels_last")
    >>> y = layer(keras.ops.ones((2, 5, 5, 8)))
    >>> keras.ops.shape(y)
    (2, 5, 5, 8)
    >>> [tuple(w.shape) for w in layer.weights]
    [(8, 2), (2,), (2, 8), (8,)]
    """

    def __init__(
        self,
        ratio: int = 16,
        *,
        activation: str | Callable[..., Any] | None = "relu",
        gate_activation: str | Callable[..., Any] | None = "sigmoid",
        use_bias: bool = True,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.ratio = positive_integer("ratio", ratio, "It divides the channels.")
        self.activation: Callable[..., Any] = keras.activations.get(activation)
        self.gate_activation: Callable[..., Any] = keras.activations.get(
            gate_activation
        )
        self.use_bias = flag("use_bias", use_bias, "It says whether biases are added.")
        self.data_format = data_format_of(data_format)
        self.input_spec = keras.InputSpec(min_ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        axis = channel_axis(self.data_format)
        why = "The kernels' sizes depend on it: name it."
        channels = known_size(input_shape, axis, why)
        units = max(1, channels // self.ratio)
        self.squeeze_kernel, self.squeeze_bias = self._weights(
            "squeeze", channels, units, "he_normal"
        )
        self.excite_kernel, self.excite_bias = self._weights(
            "excite", units, channels, "glorot_uniform"
        )
        self.input_spec = keras.InputSpec(min_ndim=3, axes={axis: channels})

    def _weights(
        self, name: str, inputs: int, units: int, initializer: str
    ) -> tuple[Any, Any]:
        kernel = self.add_weight(
            name=f"{name}_kernel", shape=(inputs, units), initializer=initializer
        )
        if not self.use_bias:
            return kernel, None
        bias = self.add_weight(name=f"{name}_bias", shape=(units,), initializer="zeros")
        return kernel, bias

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        axes = space_axes(self.data_format, len(inputs.shape))
        means = keras.ops.mean(at_least_float32(inputs), axis=axes)
        means = keras.ops.cast(means, self.compute_dtype)  # (batch_size, channels)
        hidden = _affine(means, self.squeeze_kernel, self.squeeze_bias)
        gate = _affine(self.activation(hidden), self.excite_kernel, self.excite_bias)
        gate = keras.ops.expand_dims(self.gate_activation(gate), axes)
        return keras.ops.multiply(inputs, gate)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "ratio": self.ratio,
            "activation": keras.activations.serialize(self.activation),
            "gate_activation": keras.activations.serialize(self.gate_activation),
            "use_bias": self.use_bias,
            "data_format": self.data_format,
        }


def _affine(x: Any, kernel: Any, bias: Any) -> Any:
    y = keras.ops.matmul(x, kernel)
    return y if bias is None else keras.ops.add(y, bias)
