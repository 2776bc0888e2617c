"""`PatchEmbedding`: an image as a sequence of vectors, one a patch."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, known_size, positive_integer
from multibackend.layers._images import channel_axis, data_format_of, space_axes

__all__ = ["PatchEmbedding"]


@keras.saving.register_keras_serializable(package="multibackend")
class PatchEmbedding(keras.layers.Layer):
    """Cuts images into patches that do not overlap and projects each to a vector.

    `y[b, i * columns + j] = patch[b, i, j] @ kernel + bias`: the patches come row by
    row, the same in both layouts. It computes what a convolution with strides as large
    as its kernel does, and takes that kernel, `(height, width, channels, units)`, but as
    one matrix product: TensorFlow on a CPU trains no convolution with channels first.

    Args:
        patch_size: Height and width of a patch, one positive integer for both or two.
        units: The size of a patch's vector, a positive integer.
        use_bias: Whether a bias is added.
        data_format: `"channels_last"`, `"channels_first"` or `None` for that of the
            Keras configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor. A mask is not taken: a patch joins many places.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of bounds, or the images are not divided by the
            patches without a rest.

    Input shape:
        `(batch_size, height, width, channels)`, or
        `(batch_size, channels, height, width)` for channels first.

    Output shape:
        `(batch_size, rows * columns, units)` with as many rows and columns as there
        are patches, in both layouts.

    Reference:
        Alexey Dosovitskiy et al. "An Image is Worth 16x16 Words: Transformers for Image
        Recognition at Scale" (2021), https://arxiv.org/abs/2010.11929

    Example:
    >>> import keras
    >>> layer = PatchEmbedding(4, 8, data_format="channels_last")
    >>> y = layer(keras.ops.ones((2, 12, 16, 3)))
    >>> keras.ops.shape(y)
    (2, 12, 8)
    >>> tuple(layer.kernel.shape)
    (4, 4, 3, 8)
    """

    def __init__(
        self,
        patch_size: int | tuple[int, int],
        units: int,
        *,
        use_bias: bool = True,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.patch_size = _pair(patch_size)
        self.units = positive_integer("units", units, "It is the size of a vector.")
        self.use_bias = flag("use_bias", use_bias, "It says whether a bias is added.")
        self.data_format = data_format_of(data_format)
        self.input_spec = keras.InputSpec(ndim=4)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        axis = channel_axis(self.data_format)
        why = "The kernel's size depends on it: name it."
        channels = known_size(input_shape, axis, why)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.patch_size, channels, self.units),
            initializer="glorot_uniform",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer="zeros"
            )
        self.input_spec = keras.InputSpec(ndim=4, axes={axis: channels})

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        rows, columns = self._grid(inputs.shape)
        (high, broad), size = self.patch_size, keras.ops.shape(inputs)
        channels, units = self.kernel.shape[2:]
        # Sizes that only the graph will know are computed there.
        space = [size[axis] for axis in space_axes(self.data_format, 4)]
        rows = space[0] // high if rows is None else rows
        columns = space[1] // broad if columns is None else columns
        if self.data_format == "channels_last":
            cut = (-1, rows, high, columns, broad, channels)
            order = (0, 1, 3, 2, 4, 5)
        else:
            cut = (-1, channels, rows, high, columns, broad)
            order = (0, 2, 4, 3, 5, 1)
        x = keras.ops.transpose(keras.ops.reshape(inputs, cut), order)
        patches = keras.ops.reshape(x, (-1, high * broad * channels))
        # One product of two matrices: a batched one sums the kernel's gradient later.
        y = keras.ops.matmul(patches, keras.ops.reshape(self.kernel, (-1, units)))
        if self.bias is not None:
            y = keras.ops.add(y, self.bias)
        y = keras.ops.cast(y, self.compute_dtype)
        return keras.ops.reshape(y, (-1, rows * columns, units))

    def _grid(self, shape: tuple[int | None, ...]) -> list[int | None]:
        """Rows and columns of patches, `None` where the image's size is unknown."""
        space = [shape[axis] for axis in space_axes(self.data_format, 4)]
        pairs = list(zip(space, self.patch_size, strict=True))
        if any(size is not None and size % part for size, part in pairs):
            message = (
                f"Expected height and width to be multiples of {self.patch_size}, "
                f"received an image of {tuple(space)}. Pad or crop it before."
            )
            raise ValueError(message)
        return [None if size is None else size // part for size, part in pairs]

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `(batch_size, rows * columns, units)`."""
        rows, columns = self._grid(input_shape)
        patches = None if rows is None or columns is None else rows * columns
        return (input_shape[0], patches, self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "units": self.units,
            "use_bias": self.use_bias,
            "data_format": self.data_format,
        }


def _pair(value: Any) -> tuple[int, int]:
    """Height and width of a patch, from one number or two."""
    both = (value, value) if not isinstance(value, list | tuple) else tuple(value)
    if len(both) != 2 or any(type(part) is not int or part < 1 for part in both):
        message = (
            "Expected `patch_size` to be a positive integer or two of them, received "
            f"{value!r}. It is the height and width of a patch."
        )
        raise ValueError(message)
    return both
