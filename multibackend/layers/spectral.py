"""`SpectralConv1D` and `SpectralConv2D`: the lowest frequencies, each with a matrix."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import known_size, positive_integer
from multibackend._precision import at_least_float32
from multibackend.layers._images import channel_axis, data_format_of, space_axes

__all__ = ["SpectralConv1D", "SpectralConv2D"]


class _SpectralConv(keras.layers.Layer):
    """What both have in common: the weights, the checks and the mixing of channels."""

    _rank: int  # axes in space
    _kept: tuple[int, ...]  # frequencies that are kept along each of them

    def __init__(
        self, filters: int, *, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters = positive_integer(
            "filters", filters, "It is how many channels the outputs have."
        )
        self.data_format = data_format_of(data_format)
        self.input_spec = keras.InputSpec(ndim=self._rank + 2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        axis = channel_axis(self.data_format)
        why = "The weights' size depends on it: name it."
        channels = known_size(input_shape, axis, why)
        self._refuse_short(input_shape)
        high = 1 / (channels * self.filters)
        self.kernel_real, self.kernel_imag = (
            self.add_weight(
                name=name,
                shape=(*self._kept, channels, self.filters),
                initializer=keras.initializers.RandomUniform(0.0, high),
                autocast=False,  # what is summed over space needs float32
            )
            for name in ("kernel_real", "kernel_imag")
        )
        self.input_spec = keras.InputSpec(ndim=self._rank + 2, axes={axis: channels})

    def _longest(self) -> tuple[int, ...]:
        """The fewest places along each axis in space that hold the frequencies."""
        raise NotImplementedError

    def _refuse_short(self, shape: tuple[int | None, ...]) -> None:
        space = tuple(shape[axis] for axis in space_axes(self.data_format, len(shape)))
        least = self._longest()
        pairs = zip(space, least, strict=True)
        if any(size is not None and size < few for size, few in pairs):
            message = (
                f"Expected at least {least} places in space, received {space}. Fewer "
                "hold no such frequencies: take fewer `modes`."
            )
            raise ValueError(message)

    def _space(self, inputs: Any) -> list[Any]:
        """The sizes in space, as numbers wherever they are known."""
        self._refuse_short(tuple(inputs.shape))
        sizes = keras.ops.shape(inputs)
        return [sizes[axis] for axis in space_axes(self.data_format, len(sizes))]

    def _mix(self, spectrum: Any) -> Any:
        """Multiplies each frequency's channels by its complex matrix.

        Args:
            spectrum: `(frequencies, batch_size, 2 * channels)`: the real parts of all
                channels, then the imaginary ones.
        """
        channels, filters = self.kernel_real.shape[-2:]
        shape = (-1, channels, filters)
        real = at_least_float32(keras.ops.reshape(self.kernel_real, shape))
        imag = at_least_float32(keras.ops.reshape(self.kernel_imag, shape))
        upper = keras.ops.concatenate([real, imag], axis=-1)
        lower = keras.ops.concatenate([keras.ops.negative(imag), real], axis=-1)
        matrices = keras.ops.concatenate([upper, lower], axis=-2)
        return keras.ops.matmul(spectrum, matrices)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs with `filters` channels."""
        self._refuse_short(input_shape)
        shape = list(input_shape)
        shape[channel_axis(self.data_format)] = self.filters
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "data_format": self.data_format,
        }


@keras.saving.register_keras_serializable(package="multibackend")
class SpectralConv1D(_SpectralConv):
    """Convolves over the whole length through the lowest frequencies alone.

    `y = irfft(rfft(x)[:modes] @ kernel)` along the steps, with a complex matrix
    `(channels, filters)` for each of the `modes` frequencies and zeros for all higher
    ones: the layer of a Fourier neural operator. Its weights do not depend on the
    length, so that one layer reads coarse and fine samples of a function. The complex
    weights are two real arrays, uniform from 0 to `1 / (channels * filters)` as in the
    authors' code.

    The few frequencies are computed by products with matrices of cosines and sines,
    `2 * modes` rows long, and not by a fast transform: this costs `2 * modes` instead
    of some `5 * log2(steps)` multiplications a number, at the speed of a matrix
    product, and differentiates and compiles everywhere. It is computed in float32 where
    the layer computes in half precision.

    Args:
        filters: How many channels the outputs have, a positive integer.
        modes: How many frequencies are kept, the mean among them; a positive integer,
            at most `steps // 2 + 1`.
        data_format: `"channels_last"`, `"channels_first"` or `None` for that of the
            Keras configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor. A mask is not taken: every output reads every step.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: An argument is no positive integer, or the inputs do not fit.

    Input shape:
        `(batch_size, steps, channels)`, or `(batch_size, channels, steps)` for
        channels first.

    Output shape:
        `(batch_size, steps, filters)`, or `(batch_size, filters, steps)`.

    Reference:
        Zongyi Li et al. "Fourier Neural Operator for Parametric Partial Differential
        Equations" (2021), https://arxiv.org/abs/2010.08895

    Example:
    >>> import keras
    >>> layer = SpectralConv1D(4, modes=3, data_format="channels_last")
    >>> y = layer(keras.ops.ones((2, 16, 5)))
    >>> keras.ops.shape(y)
    (2, 16, 4)
    >>> [tuple(w.shape) for w in layer.weights]
    [(3, 5, 4), (3, 5, 4)]
    """

    _rank = 1

    def __init__(
        self,
        filters: int,
        modes: int,
        *,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.modes = positive_integer(
            "modes", modes, "It is how many frequencies are kept."
        )
        self._kept = (self.modes,)
        super().__init__(filters, data_format=data_format, **kwargs)

    def _longest(self) -> tuple[int, ...]:
        return (2 * self.modes - 2 or 1,)

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        (steps,) = self._space(inputs)
        x = at_least_float32(inputs)
        channels = self.kernel_real.shape[-2]
        waves = _waves(self.modes, steps, x.dtype)
        low = _along_last(x, _forward(waves), self.data_format)
        low = keras.ops.reshape(low, (-1, 2, self.modes, channels))
        low = keras.ops.transpose(low, (2, 0, 1, 3))  # (modes, batch_size, 2, channels)
        low = self._mix(keras.ops.reshape(low, (self.modes, -1, 2 * channels)))
        low = keras.ops.reshape(low, (self.modes, -1, 2, self.filters))
        low = keras.ops.transpose(low, (1, 2, 0, 3))
        low = keras.ops.reshape(low, (-1, 2 * self.modes, self.filters))
        y = _back_along_last(low, _backward(waves, steps), self.data_format)
        return keras.ops.cast(y, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {**super().get_config(), "modes": self.modes}


@keras.saving.register_keras_serializable(package="multibackend")
class SpectralConv2D(_SpectralConv):
    """Convolves over the whole plane through the lowest frequencies alone.

    `y = irfft2(rfft2(x)[kept] @ kernel)` over height and width, with a complex matrix
    `(channels, filters)` for each frequency that is kept and zeros for all others: the
    layer of a Fourier neural operator. Along the height the frequencies `0` to
    `modes[0] - 1` and `-modes[0]` to `-1` are kept, in this order; along the width `0`
    to `modes[1] - 1`, which stand for their negatives as well. Weights and computation
    are as in `SpectralConv1D`.

    Args:
        filters: How many channels the outputs have, a positive integer.
        modes: How many frequencies are kept of each sign along the height, and how many
            along the width, the mean among them; one positive integer for both or
            two. At most `height // 2` and `width // 2 + 1`.
        data_format: `"channels_last"`, `"channels_first"` or `None` for that of the
            Keras configuration.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor. A mask is not taken: every output reads every place.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: An argument is no positive integer, or the inputs do not fit.

    Input shape:
        `(batch_size, height, width, channels)`, or
        `(batch_size, channels, height, width)` for channels first.

    Output shape:
        The same with `filters` channels.

    Reference:
        Zongyi Li et al. "Fourier Neural Operator for Parametric Partial Differential
        Equations" (2021), https://arxiv.org/abs/2010.08895

    Example:
    >>> import keras
    >>> layer = SpectralConv2D(4, modes=(3, 2), data_format="channels_last")
    >>> y = layer(keras.ops.ones((2, 8, 8, 5)))
    >>> keras.ops.shape(y)
    (2, 8, 8, 4)
    >>> [tuple(w.shape) for w in layer.weights]
    [(6, 2, 5, 4), (6, 2, 5, 4)]
    """

    _rank = 2

    def __init__(
        self,
        filters: int,
        modes: int | tuple[int, int],
        *,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.modes = _pair(modes)
        self._kept = (2 * self.modes[0], self.modes[1])
        super().__init__(filters, data_format=data_format, **kwargs)

    def _longest(self) -> tuple[int, ...]:
        return (2 * self.modes[0], 2 * self.modes[1] - 2 or 1)

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        high, broad = self._space(inputs)
        x = at_least_float32(inputs)
        both, modes = self._kept
        channels, filters = self.kernel_real.shape[-2:]
        rows = _waves(self.modes[0], high, x.dtype, both_signs=True)
        columns = _waves(modes, broad, x.dtype)
        # Along the width first: few columns are left to go through along the height.
        low = _along_last(x, _forward(columns), self.data_format)
        low = keras.ops.reshape(low, (-1, high, 2, modes, channels))
        low = keras.ops.transpose(low, (0, 2, 1, 3, 4))  # parts before the height
        low = keras.ops.reshape(low, (-1, 2 * high, modes * channels))
        low = keras.ops.matmul(_turn(rows), low)  # (batch_size, 2 * both, ...)
        low = keras.ops.reshape(low, (-1, 2, both, modes, channels))
        low = keras.ops.transpose(low, (2, 3, 0, 1, 4))
        low = self._mix(keras.ops.reshape(low, (both * modes, -1, 2 * channels)))
        low = keras.ops.reshape(low, (both, modes, -1, 2, filters))
        low = keras.ops.transpose(low, (2, 3, 0, 1, 4))
        low = keras.ops.reshape(low, (-1, 2 * both, modes * filters))
        low = keras.ops.matmul(_turn_back(rows, high), low)
        low = keras.ops.reshape(low, (-1, 2, high, modes, filters))
        low = keras.ops.transpose(low, (0, 2, 1, 3, 4))
        low = keras.ops.reshape(low, (-1, high, 2 * modes, filters))
        y = _back_along_last(low, _backward(columns, broad), self.data_format)
        return keras.ops.cast(y, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {**super().get_config(), "modes": self.modes}


def _pair(value: Any) -> tuple[int, int]:
    """The modes along height and width, from one number or two."""
    both = (value, value) if not isinstance(value, list | tuple) else tuple(value)
    if len(both) != 2 or any(type(part) is not int or part < 1 for part in both):
        message = (
            "Expected `modes` to be a positive integer or two of them, received "
            f"{value!r}. It is how many frequencies are kept along height and width."
        )
        raise ValueError(message)
    return both


def _waves(
    modes: int, size: Any, dtype: Any, *, both_signs: bool = False
) -> tuple[Any, Any]:
    """Cosines and sines of `2 * pi * k * n / size`, both `(frequencies, size)`.

    Args:
        modes: The frequencies are `k = 0, ..., modes - 1`.
        size: How many places there are; a tensor where only the graph will know.
        dtype: What they are computed in.
        both_signs: Whether `k = -modes, ..., -1` follow.
    """
    k = keras.ops.arange(modes, dtype="int32")
    if both_signs:
        k = keras.ops.concatenate([k, k - modes])
    n = keras.ops.arange(size, dtype="int32")
    # Turns are taken off as whole numbers, so that the angle has no error to speak of.
    turns = keras.ops.mod(keras.ops.expand_dims(k, 1) * n, size)
    part = keras.ops.cast(turns, dtype) / keras.ops.cast(size, dtype)
    angle = part * keras.ops.convert_to_tensor(6.283185307179586, dtype=dtype)
    return keras.ops.cos(angle), keras.ops.sin(angle)


def _forward(waves: tuple[Any, Any]) -> Any:
    """From places to frequencies, real parts before imaginary ones: `(2 * k, n)`."""
    cosine, sine = waves
    return keras.ops.concatenate([cosine, keras.ops.negative(sine)], axis=0)


def _backward(waves: tuple[Any, Any], size: Any) -> Any:
    """From the frequencies `0, 1, ...` of a real function to its places: `(n, 2 * k)`.

    Each stands for its negative too, but for 0 and half of the size, which are their
    own; there the sines are zero, so that imaginary parts do not count.
    """
    cosine, sine = waves
    k = keras.ops.arange(cosine.shape[0], dtype="int32")
    alone = keras.ops.logical_or(keras.ops.equal(k, 0), keras.ops.equal(2 * k, size))
    times = keras.ops.cast(keras.ops.where(alone, 1, 2), cosine.dtype)
    share = times / keras.ops.cast(size, cosine.dtype)
    both = keras.ops.concatenate([cosine, keras.ops.negative(sine)], axis=0)
    share = keras.ops.concatenate([share, share], axis=0)
    return keras.ops.transpose(both * keras.ops.expand_dims(share, 1))


def _turn(waves: tuple[Any, Any]) -> Any:
    """From places to frequencies of complex numbers, parts apart: `(2 * k, 2 * n)`."""
    cosine, sine = waves
    upper = keras.ops.concatenate([cosine, sine], axis=1)
    lower = keras.ops.concatenate([keras.ops.negative(sine), cosine], axis=1)
    return keras.ops.concatenate([upper, lower], axis=0)


def _turn_back(waves: tuple[Any, Any], size: Any) -> Any:
    """From frequencies to places of complex numbers, parts apart: `(2 * n, 2 * k)`."""
    return keras.ops.transpose(_turn(waves)) / keras.ops.cast(size, waves[0].dtype)


def _along_last(x: Any, matrix: Any, data_format: str) -> Any:
    """Applies a matrix along the last axis in space; the channels come last then."""
    if data_format == "channels_last":
        return keras.ops.matmul(matrix, x)
    found = keras.ops.matmul(x, keras.ops.transpose(matrix))
    return keras.ops.moveaxis(found, 1, -1)


def _back_along_last(x: Any, matrix: Any, data_format: str) -> Any:
    """Applies a matrix along the axis before the channels, and puts these in place."""
    if data_format == "channels_last":
        return keras.ops.matmul(matrix, x)
    moved = keras.ops.moveaxis(x, -1, 1)
    return keras.ops.matmul(moved, keras.ops.transpose(matrix))
