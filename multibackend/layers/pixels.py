"""`PixelShuffle` and `PixelUnshuffle`: channels become space, and space channels."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import positive_integer
from multibackend.layers._images import channel_axis, data_format_of, space_axes

__all__ = ["PixelShuffle", "PixelUnshuffle"]


class _Pixels(keras.layers.Layer):
    """What both directions have in common: the factor and the layout."""

    def __init__(
        self, factor: int, *, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.factor = positive_integer(
            "factor", factor, "Height and width change by it."
        )
        self.data_format = data_format_of(data_format)
        self.input_spec = keras.InputSpec(ndim=4)

    def _channels_high_broad(
        self, shape: tuple[int | None, ...]
    ) -> tuple[int | None, int | None, int | None]:
        high, broad = space_axes(self.data_format, 4)
        return shape[channel_axis(self.data_format)], shape[high], shape[broad]

    def _sizes(self, inputs: Any) -> tuple[Any, Any, Any]:
        """Channels, height and width, as numbers wherever they are known."""
        known = self._channels_high_broad(inputs.shape)
        computed = self._channels_high_broad(keras.ops.shape(inputs))
        channels, high, broad = (
            later if size is None else size
            for size, later in zip(known, computed, strict=True)
        )
        return channels, high, broad

    def _shape(self, batch: Any, channels: Any, high: Any, broad: Any) -> Any:
        if self.data_format == "channels_last":
            return (batch, high, broad, channels)
        return (batch, channels, high, broad)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "factor": self.factor,
            "data_format": self.data_format,
        }


@keras.saving.register_keras_serializable(package="multibackend")
class PixelShuffle(_Pixels):
    """Makes images larger by laying channels side by side.

    `y[h * r + i, w * r + j, c] = x[h, w, c * r * r + i * r + j]` with `r = factor`.
    The channels are ordered as in the paper and in PyTorch, in both layouts;
    `tf.nn.depth_to_space` reads channel `(i * r + j) * channels + c` there.

    Args:
        factor: How many times higher and broader the images become, a positive
            integer.
        data_format: `"channels_last"`, `"channels_first"` or `None` for that of the
            Keras configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor of any dtype. A mask is not taken.

    Returns:
        A tensor of the same values in another order.

    Raises:
        ValueError: The factor is no positive integer, or its square does not divide the
            channels.

    Input shape:
        `(batch_size, height, width, channels * factor ** 2)`, or with the channels at
        axis 1 for channels first.

    Output shape:
        `(batch_size, height * factor, width * factor, channels)`, or with the channels
        at axis 1.

    Reference:
        Wenzhe Shi et al. "Real-Time Single Image and Video Super-Resolution Using an
        Efficient Sub-Pixel Convolutional Neural Network" (2016),
        https://arxiv.org/abs/1609.05158

    Example:
    >>> import keras
    >>> x = keras.ops.reshape(keras.ops.arange(4, dtype="float32"), (1, 1, 1, 4))
    >>> y = PixelShuffle(2, data_format="channels_last")(x)
    >>> keras.ops.convert_to_numpy(y)[0, :, :, 0].tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        factor = self.factor
        _ = self.compute_output_shape(tuple(inputs.shape))
        channels, high, broad = self._sizes(inputs)
        channels = channels // factor**2
        if self.data_format == "channels_last":
            cut = (-1, high, broad, channels, factor, factor)
            order = (0, 1, 4, 2, 5, 3)
        else:
            cut = (-1, channels, factor, factor, high, broad)
            order = (0, 1, 4, 2, 5, 3)
        x = keras.ops.transpose(keras.ops.reshape(inputs, cut), order)
        shape = self._shape(-1, channels, high * factor, broad * factor)
        return keras.ops.reshape(x, shape)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the larger images."""
        channels, high, broad = self._channels_high_broad(input_shape)
        if channels is not None and channels % self.factor**2:
            message = (
                f"Expected the channels to be a multiple of {self.factor**2}, received "
                f"{channels}. Each pixel of {self.factor} by {self.factor} takes one."
            )
            raise ValueError(message)
        return self._shape(
            input_shape[0],
            None if channels is None else channels // self.factor**2,
            None if high is None else high * self.factor,
            None if broad is None else broad * self.factor,
        )


@keras.saving.register_keras_serializable(package="multibackend")
class PixelUnshuffle(_Pixels):
    """Makes images smaller by stacking neighbouring pixels as channels.

    `y[h, w, c * r * r + i * r + j] = x[h * r + i, w * r + j, c]` with `r = factor`: what
    `PixelShuffle` of the same factor turns back. `tf.nn.space_to_depth` writes to
    channel `(i * r + j) * channels + c` instead.

    Args:
        factor: How many times lower and narrower the images become, a positive integer.
        data_format: `"channels_last"`, `"channels_first"` or `None` for that of the
            Keras configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor of any dtype. A mask is not taken.

    Returns:
        A tensor of the same values in another order.

    Raises:
        ValueError: The factor is no positive integer, or does not divide height and
            width.

    Input shape:
        `(batch_size, height * factor, width * factor, channels)`, or with the channels
        at axis 1 for channels first.

    Output shape:
        `(batch_size, height, width, channels * factor ** 2)`, or with the channels at
        axis 1.

    Reference:
        Wenzhe Shi et al. "Real-Time Single Image and Video Super-Resolution Using an
        Efficient Sub-Pixel Convolutional Neural Network" (2016), read backwards;
        https://arxiv.org/abs/1609.05158

    Example:
    >>> import keras
    >>> x = keras.ops.reshape(keras.ops.arange(4, dtype="float32"), (1, 2, 2, 1))
    >>> y = PixelUnshuffle(2, data_format="channels_last")(x)
    >>> keras.ops.convert_to_numpy(y)[0, 0, 0].tolist()
    [0.0, 1.0, 2.0, 3.0]
    """

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        factor = self.factor
        _ = self.compute_output_shape(tuple(inputs.shape))
        channels, high, broad = self._sizes(inputs)
        high, broad = high // factor, broad // factor
        if self.data_format == "channels_last":
            cut = (-1, high, factor, broad, factor, channels)
            order = (0, 1, 3, 5, 2, 4)
        else:
            cut = (-1, channels, high, factor, broad, factor)
            order = (0, 1, 3, 5, 2, 4)
        x = keras.ops.transpose(keras.ops.reshape(inputs, cut), order)
        return keras.ops.reshape(x, self._shape(-1, channels * factor**2, high, broad))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the smaller images."""
        channels, high, broad = self._channels_high_broad(input_shape)
        if (high or 0) % self.factor or (broad or 0) % self.factor:
            message = (
                f"Expected height and width to be multiples of {self.factor}, received "
                f"an image of {(high, broad)}. Pad or crop it before."
            )
            raise ValueError(message)
        return self._shape(
            input_shape[0],
            None if channels is None else channels * self.factor**2,
            None if high is None else high // self.factor,
            None if broad is None else broad // self.factor,
        )
