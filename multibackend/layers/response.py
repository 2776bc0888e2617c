"""`GlobalResponseNormalization`: channels compete by their norms over the whole image."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import known_size, number
from multibackend._precision import at_least_float32
from multibackend.layers._images import channel_axis, data_format_of, space_axes
from multibackend.layers._masks import checked, wide

__all__ = ["GlobalResponseNormalization"]


@keras.saving.register_keras_serializable(package="multibackend")
class GlobalResponseNormalization(keras.layers.Layer):
    """Scales each channel by its norm over space, relative to the other channels.

    `norm` is the square root of the sum of squares over space, one number a channel;
    `response = norm / (mean of norm over the channels + epsilon)`, and
    `y = x + gamma * (x * response) + beta`. Both weights `(channels,)` start at zero, so
    that the layer starts as the identity. Sums are taken in float32 at least.

    A mask passes through unchanged, and what it hides adds nothing to the norms.

    Args:
        epsilon: Is added to the mean of the norms; a positive number.
        data_format: `"channels_last"`, `"channels_first"`, or `None` for that of Keras'
            configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        mask: `True` where a place counts: `(batch_size, *space)`, or only the first axes
            of that, such as `(batch_size, steps)` for frames of a video.

    Returns:
        A tensor of the same shape in the compute dtype of the layer.

    Raises:
        ValueError: `epsilon` is not above zero, the layout is unknown, or the inputs or
            their mask do not fit.

    Input shape:
        `(batch_size, *space, channels)`, or `(batch_size, channels, *space)` with
        channels first; space has at least one axis.

    Output shape:
        That of the inputs.

    Reference:
        Sanghyun Woo, Shoubhik Debnath, Ronghang Hu and others, 2023. ConvNeXt V2:
        Co-designing and Scaling ConvNets with Masked Autoencoders.
        https://arxiv.org/abs/2301.00808

    Example:
    >>> import keras
    >>> layer = GlobalResponseNormalization(data_format="channels_last")
    >>> keras.ops.shape(layer(keras.ops.ones((2, 4, 4, 3))))
    (2, 4, 4, 3)
    >>> [w.name for w in layer.weights]
    ['gamma', 'beta']
    """

    def __init__(
        self,
        epsilon: float = 1e-6,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = number(
            "epsilon", epsilon, "It is added to the mean of the norms.", above=0
        )
        self.data_format = data_format_of(data_format)
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        axis = channel_axis(self.data_format)
        channels = known_size(
            input_shape, axis, "The weights' size depends on it: name it."
        )
        self.gamma = self.add_weight(
            name="gamma", shape=(channels,), initializer="zeros"
        )
        self.beta = self.add_weight(name="beta", shape=(channels,), initializer="zeros")
        self.input_spec = keras.InputSpec(min_ndim=3, axes={axis: channels})

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        space = space_axes(self.data_format, len(inputs.shape))
        axis = channel_axis(self.data_format)
        counted = at_least_float32(inputs)
        if mask is not None:
            seen = self._seen(mask, tuple(inputs.shape), space)
            counted = keras.ops.where(seen, counted, keras.ops.zeros_like(counted))
        power = keras.ops.sum(keras.ops.square(counted), axis=space, keepdims=True)
        norm = _root(power)  # (batch_size, 1, ..., channels), or channels first
        mean = keras.ops.mean(norm, axis=axis, keepdims=True)
        epsilon = keras.ops.convert_to_tensor(self.epsilon, mean.dtype)
        response = keras.ops.divide(norm, keras.ops.add(mean, epsilon))
        # x + gamma * (x * response) + beta, with one product over space only
        broad = (-1,) if axis == -1 else (-1, *(1 for _ in space))
        gamma = keras.ops.cast(keras.ops.reshape(self.gamma, broad), response.dtype)
        gain = keras.ops.add(keras.ops.multiply(gamma, response), 1)
        scaled = keras.ops.multiply(inputs, keras.ops.cast(gain, inputs.dtype))
        return keras.ops.add(scaled, keras.ops.reshape(self.beta, broad))

    def _seen(
        self, mask: Any, shape: tuple[int | None, ...], space: tuple[int, ...]
    ) -> Any:
        """The mask as broad as the inputs, with one channel."""
        places = (shape[0], *(shape[axis] for axis in space))
        mask = keras.ops.convert_to_tensor(mask)
        axes = len(mask.shape)
        due = places[:axes] if 2 <= axes <= len(places) else places
        mask = wide(checked(mask, due, axes="places"), len(places))
        return keras.ops.expand_dims(mask, channel_axis(self.data_format))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "data_format": self.data_format,
        }


def _root(power: Any) -> Any:
    """The square root, with a slope of zero at zero: there the norm has its least."""
    positive = keras.ops.greater(power, 0)
    safe = keras.ops.where(positive, power, keras.ops.ones_like(power))
    return keras.ops.where(positive, keras.ops.sqrt(safe), keras.ops.zeros_like(power))
