"""Poolings that leave masked steps out: mean, maximum, and the generalized mean."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, known_size, number
from multibackend._precision import at_least_float32, constant
from multibackend.layers._images import channel_axis, data_format_of, space_axes
from multibackend.layers._masks import checked, wide

__all__ = ["GeneralizedMeanPooling", "MaskedMaxPooling", "MaskedMeanPooling"]


class _StepPooling(keras.layers.Layer):
    """What both poolings over steps have in common: shapes, and the mask that ends."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=3)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """Returns `None`: the steps are gone, and with them their mask."""
        del inputs, previous_mask

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `(input_shape[0], *input_shape[2:])`."""
        return (input_shape[0], *input_shape[2:])


@keras.saving.register_keras_serializable(package="multibackend")
class MaskedMeanPooling(_StepPooling):
    """Averages the steps of a sequence that are not masked.

    `y = sum(mask * x) / sum(mask)` over axis 1. A sequence without any unmasked step
    gives zeros, with zero gradients. What stands at masked steps never shows, infinite
    or no number as it may be. The sum is taken in float32 where the layer computes in
    half precision. The mask ends here: the outputs have no steps.

    Args:
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        mask: Optional, `(batch_size, steps)`, `True` at the steps that count. Keras
            fills it in where a layer before hands a mask on.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: The inputs have fewer than three axes, or the mask another shape.

    Input shape:
        `(batch_size, steps, ...)`, with at least three axes.

    Output shape:
        `(batch_size, ...)`.

    Example:
    >>> import keras
    >>> x = keras.ops.convert_to_tensor([[[1.0], [3.0], [8.0]]])
    >>> mask = keras.ops.convert_to_tensor([[True, True, False]])
    >>> float(MaskedMeanPooling()(x, mask=mask)[0, 0])
    2.0
    """

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        x = at_least_float32(inputs)  # (batch_size, steps, ...)
        if mask is None:
            return keras.ops.cast(keras.ops.mean(x, axis=1), self.compute_dtype)
        mask = checked(mask, x.shape[:2])
        kept = keras.ops.where(wide(mask, len(x.shape)), x, constant(0, x))
        total = keras.ops.sum(kept, axis=1)  # (batch_size, ...)
        count = keras.ops.sum(keras.ops.cast(mask, total.dtype), axis=1)
        count = keras.ops.maximum(count, constant(1, count))
        mean = keras.ops.divide(total, wide(count, len(total.shape)))
        return keras.ops.cast(mean, self.compute_dtype)


@keras.saving.register_keras_serializable(package="multibackend")
class MaskedMaxPooling(_StepPooling):
    """Takes the largest value over the steps of a sequence that are not masked.

    `y = max(x[mask])` over axis 1, for each feature. A sequence without any unmasked
    step gives zeros, with zero gradients. Where several steps share the largest value,
    each gets an equal part of the gradient. The mask ends here: the outputs have no
    steps.

    Args:
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        mask: Optional, `(batch_size, steps)`, `True` at the steps that count. Keras
            fills it in where a layer before hands a mask on.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: The inputs have fewer than three axes, or the mask another shape.

    Input shape:
        `(batch_size, steps, ...)`, with at least three axes.

    Output shape:
        `(batch_size, ...)`.

    Example:
    >>> import keras
    >>> x = keras.ops.convert_to_tensor([[[1.0], [3.0], [8.0]]])
    >>> mask = keras.ops.convert_to_tensor([[True, True, False]])
    >>> float(MaskedMaxPooling()(x, mask=mask)[0, 0])
    3.0
    """

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        # `amax` and not `max`, which torch.compile refuses in Keras 3.15: the maximum is
        # asked for a field `values`, as a pair of values and indices has.
        x = keras.ops.cast(inputs, self.compute_dtype)  # (batch_size, steps, ...)
        if mask is None:
            return keras.ops.amax(x, axis=1)
        mask = checked(mask, x.shape[:2])
        low = constant(float("-inf"), x)
        kept = keras.ops.where(wide(mask, len(x.shape)), x, low)
        most = keras.ops.amax(kept, axis=1)  # (batch_size, ...)
        some = wide(keras.ops.any(mask, axis=1), len(most.shape))
        return keras.ops.where(some, most, constant(0, most))


@keras.saving.register_keras_serializable(package="multibackend")
class GeneralizedMeanPooling(keras.layers.Layer):
    """Averages over space or steps with a trained exponent, between mean and maximum.

    `y = mean(max(x, epsilon) ** p) ** (1 / p)` over all axes between batch and
    channels: the mean for `p = 1`, towards the maximum as `p` grows. The weight `p`
    starts at the given value and is trained; set `trainable=False` to keep it. Nothing
    holds it above zero. The powers are taken by logarithms in float32 or wider, with
    the largest one taken out, so that none overflows and none vanishes whatever `p` is.

    An example whose places are all masked gives zeros, with zero gradients. The mask
    ends here: the outputs have no places.

    Args:
        p: The exponent to start from, above 0.
        per_channel: Whether each channel has an exponent of its own.
        epsilon: What smaller values are raised to, above 0: a power of a negative
            number is no real one.
        data_format: `"channels_last"`, `"channels_first"` or `None` for that of the
            Keras configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        mask: Optional, `True` at the places that count: `(batch_size, steps)` for
            sequences, `(batch_size, height, width)` for images in both layouts, or
            `(batch_size, height)` for whole rows of them. Keras fills it in where a
            layer before hands a mask on.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of bounds, the inputs have fewer than three axes,
            or the mask does not fit them.

    Input shape:
        `(batch_size, steps, channels)`, `(batch_size, height, width, channels)` or
        with more axes in space; with the channels at axis 1 for channels first.

    Output shape:
        `(batch_size, channels)`.

    Reference:
        Filip Radenović, Giorgos Tolias, Ondřej Chum. "Fine-tuning CNN Image Retrieval
        with No Human Annotation" (2018), https://arxiv.org/abs/1711.02512

    Example:
    >>> import keras
    >>> x = keras.ops.convert_to_tensor([[[1.0], [7.0]]])
    >>> layer = GeneralizedMeanPooling(p=2.0, data_format="channels_last")
    >>> keras.ops.convert_to_numpy(layer(x)).round(4).tolist()
    [[5.0]]
    """

    def __init__(
        self,
        p: float = 3.0,
        *,
        per_channel: bool = False,
        epsilon: float = 1e-6,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.initial_p = number("p", p, "It is the exponent.", above=0)
        self.per_channel = flag(
            "per_channel", per_channel, "It gives each channel its own exponent."
        )
        self.epsilon = number(
            "epsilon", epsilon, "Smaller values are raised to it.", above=0
        )
        self.data_format = data_format_of(data_format)
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weight; Keras calls it at the first call."""
        size = 1
        if self.per_channel:
            channels = channel_axis(self.data_format)
            why = "Each channel has its own exponent: name it."
            size = known_size(input_shape, channels, why)
            self.input_spec = keras.InputSpec(min_ndim=3, axes={channels: size})
        self.p = self.add_weight(
            name="p",
            shape=(size,),
            initializer=keras.initializers.Constant(self.initial_p),
            autocast=False,  # its gradient is a sum over all places
        )

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        x = at_least_float32(inputs)
        rank = len(x.shape)
        axes = space_axes(self.data_format, rank)
        channels = channel_axis(self.data_format) % rank
        p = keras.ops.reshape(
            at_least_float32(self.p),
            [-1 if axis == channels else 1 for axis in range(rank)],
        )
        if mask is not None:
            mask = self._spread(mask, x)
            x = keras.ops.where(mask, x, constant(1, x))
        low = constant(self.epsilon, x)
        powers = keras.ops.multiply(p, keras.ops.log(keras.ops.maximum(x, low)))
        # The result does not depend on what is taken out here and put back below.
        most = keras.ops.stop_gradient(self._most(powers, mask, axes))
        parts = keras.ops.subtract(powers, most)  # at most 0 where unmasked
        if mask is None:
            mean = keras.ops.mean(keras.ops.exp(parts), axis=axes, keepdims=True)
            return self._root(mean, most, p, axes)
        parts = keras.ops.where(mask, parts, constant(0, parts))
        weights = keras.ops.cast(mask, parts.dtype)
        count = keras.ops.sum(weights, axis=axes, keepdims=True)
        total = keras.ops.multiply(keras.ops.exp(parts), weights)
        total = keras.ops.sum(total, axis=axes, keepdims=True)
        some = keras.ops.greater(count, 0)
        one = constant(1, total)
        mean = keras.ops.divide(
            keras.ops.where(some, total, one), keras.ops.where(some, count, one)
        )
        pooled = self._root(mean, most, p, axes)
        some = keras.ops.squeeze(some, axis=axes)  # (batch_size, 1)
        return keras.ops.where(some, pooled, constant(0, pooled))

    def _spread(self, mask: Any, x: Any) -> Any:
        """The mask for every place of `x`, with an axis of size 1 for the channels."""
        rank = len(x.shape)
        shape = [x.shape[axis] for axis in (0, *space_axes(self.data_format, rank))]
        given = len(mask.shape)
        mask = checked(mask, shape[: max(2, min(given, rank - 1))], axes="places")
        channels = channel_axis(self.data_format)
        mask = keras.ops.expand_dims(wide(mask, rank - 1), channels)
        if given == rank - 1:
            return mask
        # All places are counted, those of a row that is marked as a whole too.
        one = keras.ops.take(x, [0], axis=channels)
        return keras.ops.logical_and(mask, keras.ops.ones_like(one, dtype="bool"))

    @staticmethod
    def _most(powers: Any, mask: Any, axes: tuple[int, ...]) -> Any:
        """The largest unmasked exponent, 0 where there is none."""
        if mask is None:
            return keras.ops.amax(powers, axis=axes, keepdims=True)
        kept = keras.ops.where(mask, powers, constant(float("-inf"), powers))
        most = keras.ops.amax(kept, axis=axes, keepdims=True)
        some = keras.ops.any(mask, axis=axes, keepdims=True)
        return keras.ops.where(some, most, constant(0, most))

    def _root(self, mean: Any, most: Any, p: Any, axes: tuple[int, ...]) -> Any:
        """`(mean * exp(most)) ** (1 / p)`, without the axes that were averaged."""
        exponent = keras.ops.divide(keras.ops.add(keras.ops.log(mean), most), p)
        pooled = keras.ops.squeeze(keras.ops.exp(exponent), axis=axes)
        return keras.ops.cast(pooled, self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """Returns `None`: the places are gone, and with them their mask."""
        del inputs, previous_mask

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `(batch_size, channels)`."""
        return (input_shape[0], input_shape[channel_axis(self.data_format)])

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "p": self.initial_p,
            "per_channel": self.per_channel,
            "epsilon": self.epsilon,
            "data_format": self.data_format,
        }
