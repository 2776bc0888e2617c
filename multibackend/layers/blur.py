"""`BlurPool`: smaller images, with what would alias smoothed away before."""

from __future__ import annotations

import functools
import math
from typing import Any

import keras
import numpy as np

from multibackend._arguments import one_of, positive_integer
from multibackend.layers._images import data_format_of, space_axes

__all__ = ["BlurPool"]


@keras.saving.register_keras_serializable(package="multibackend")
class BlurPool(keras.layers.Layer):
    """Smooths with a binomial kernel and keeps every `strides`-th place.

    Along each axis in space, `y[n] = sum_t kernel[t] * x[n * strides + t - left]` with
    `kernel[t] = binomial(kernel_size - 1, t) / 2 ** (kernel_size - 1)` and
    `left = (kernel_size - 1) // 2`: `[1, 2, 1] / 4` for 3. Beyond the edges stand the
    inputs mirrored without the edge itself, or zeros. There are no weights. The kernel
    is a product of one for each axis, so each axis is smoothed by itself, by a product
    with a banded matrix that holds the edges too. This takes as many multiplications a
    number as an axis is long, which pays up to some hundred places. A value that is no
    number shows in its whole line then. TensorFlow takes one convolution instead where
    it has one: for one or two axes in space with channels last.

    Args:
        kernel_size: How many places are smoothed together along an axis, a positive
            integer; 1 keeps every `strides`-th place as it is.
        strides: How many times smaller each axis becomes, rounded up; a positive
            integer.
        padding: What stands beyond the edges: `"reflect"` or `"zeros"`.
        data_format: `"channels_last"`, `"channels_first"` or `None` for that of the
            Keras configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor. A mask is not taken: neighbours are mixed.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of bounds, the inputs have fewer than three axes,
            or an axis is too short to be mirrored.

    Input shape:
        `(batch_size, ..., channels)` with one axis in space or more, or
        `(batch_size, channels, ...)` for channels first. An axis in space that is
        mirrored has more than `kernel_size // 2` places.

    Output shape:
        The same with `ceil(size / strides)` places along each axis in space.

    Reference:
        Richard Zhang. "Making Convolutional Networks Shift-Invariant Again" (2019),
        https://arxiv.org/abs/1904.11486

    Example:
    >>> import keras
    >>> x = keras.ops.reshape(keras.ops.arange(8, dtype="float32"), (1, 8, 1))
    >>> y = BlurPool(data_format="channels_last")(x)
    >>> keras.ops.convert_to_numpy(y)[0, :, 0].tolist()
    [0.5, 2.0, 4.0, 6.0]
    """

    def __init__(
        self,
        kernel_size: int = 3,
        *,
        strides: int = 2,
        padding: str = "reflect",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size = positive_integer(
            "kernel_size", kernel_size, "It is how many places are smoothed together."
        )
        self.strides = positive_integer(
            "strides", strides, "It is how many times smaller each axis becomes."
        )
        self.padding = one_of(
            "padding", padding, ("reflect", "zeros"), "It stands beyond the edges."
        )
        self.data_format = data_format_of(data_format)
        self.input_spec = keras.InputSpec(min_ndim=3)

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        _ = self.compute_output_shape(tuple(inputs.shape))
        # Whole numbers are not cast by Keras, and a half of one is none.
        x = keras.ops.cast(inputs, self.compute_dtype)
        channels = x.shape[-1]
        if self._convolves(len(x.shape)) and channels is not None:
            return self._convolved(x, channels)
        sizes = list(keras.ops.shape(x))
        for axis in space_axes(self.data_format, len(sizes)):
            matrix = self._matrix(sizes[axis])
            behind = math.prod(sizes[axis + 1 :])
            if axis == len(sizes) - 1:
                x = keras.ops.matmul(x, keras.ops.transpose(matrix))
            else:
                lines = keras.ops.reshape(x, (-1, sizes[axis], behind))
                x = keras.ops.matmul(matrix, lines)
            sizes[axis] = (sizes[axis] + self.strides - 1) // self.strides
            x = keras.ops.reshape(x, (-1, *sizes[1:]))
        return keras.ops.cast(x, self.compute_dtype)

    def _kernel(self) -> list[float]:
        """The binomial kernel of one axis; its sum is 1."""
        last = self.kernel_size - 1
        return [math.comb(last, t) / 2**last for t in range(self.kernel_size)]

    def _convolves(self, rank: int) -> bool:
        """Whether a convolution smooths tensors of so many axes.

        It takes PyTorch half as long again as the products and JAX ten times as long,
        on a CPU, but TensorFlow two thirds. There it has no gradient with channels
        first: https://github.com/keras-team/keras/issues/20414
        """
        return (
            keras.config.backend() == "tensorflow"
            and self.data_format == "channels_last"
            and rank <= 4
        )

    def _convolved(self, x: Any, channels: int) -> Any:
        """The outputs by one convolution of all axes in space, channel by channel."""
        space = len(x.shape) - 2
        last = self.kernel_size - 1
        # Padded as if the strides were 1: the last start is the same with any.
        widths = [(0, 0), *[(last // 2, last - last // 2)] * space, (0, 0)]
        mode = "reflect" if self.padding == "reflect" else "constant"
        kernel = functools.reduce(np.multiply, np.ix_(*[self._kernel()] * space))
        kernels = np.repeat(kernel[..., None, None], channels, axis=-2)
        return keras.ops.depthwise_conv(
            keras.ops.pad(x, widths, mode=mode),
            keras.ops.convert_to_tensor(kernels, dtype=x.dtype),
            strides=self.strides,
            padding="valid",
            data_format="channels_last",
        )

    def _matrix(self, size: Any) -> Any:
        """What smooths a line of so many places: `(ceil(size / strides), size)`.

        Args:
            size: A tensor where only the graph will know.
        """
        last = self.kernel_size - 1
        starts = keras.ops.arange(0, size, self.strides, dtype="int32") - last // 2
        read = keras.ops.expand_dims(starts, (1, 2)) + keras.ops.arange(
            self.kernel_size, dtype="int32"
        )  # (outputs, 1, kernel_size)
        if self.padding == "reflect":
            read = keras.ops.absolute(read)
            read = keras.ops.minimum(read, 2 * (size - 1) - read)
        places = keras.ops.expand_dims(keras.ops.arange(size, dtype="int32"), 1)
        hits = keras.ops.cast(keras.ops.equal(read, places), self.compute_dtype)
        weights = keras.ops.convert_to_tensor(self._kernel(), dtype=self.compute_dtype)
        return keras.ops.sum(keras.ops.multiply(hits, weights), axis=-1)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape with `ceil(size / strides)` places along each axis."""
        shape = list(input_shape)
        least = self.kernel_size // 2 + 1 if self.padding == "reflect" else 1
        for axis in space_axes(self.data_format, len(shape)):
            size = shape[axis]
            if size is not None and size < least:
                message = (
                    f"Expected at least {least} places along axis {axis} to mirror, "
                    f"received {size}. Take a smaller kernel or padding='zeros'."
                )
                raise ValueError(message)
            shape[axis] = None if size is None else -(-size // self.strides)
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
        }
