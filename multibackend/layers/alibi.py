"""`ALiBi`: attention scores fall with the distance, by a slope for each head."""

from __future__ import annotations

import math
from typing import Any

import keras

from multibackend._arguments import known_size, number
from multibackend._precision import widened
from multibackend.layers._positions import checked_offset, positions

__all__ = ["ALiBi"]


@keras.saving.register_keras_serializable(package="multibackend")
class ALiBi(keras.layers.Layer):
    """Lowers attention scores in proportion to the distance of query and key.

    `y[h, i, j] = x[h, i, j] - slope_h * |offset + i - j|`. For `n` heads, a power of
    two, the slopes are `2 ** (-max_bias * h / n)` for `h = 1 ... n`. For another number
    they are those of the next smaller power of two, then every other one of the next
    larger, as in the authors' code. It has no weights and stands between the scaled
    products of queries and keys and their softmax. A mask passes through unchanged.

    Args:
        max_bias: The exponent of the smallest slope, a positive number.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Attention scores.
        offset: The position of the first query among the keys, an integer or an integer
            tensor of shape `()` or `(batch_size,)`. By default the last query stands
            at the last key, as in decoding: `offset = key_steps - query_steps`.

    Returns:
        A tensor of the shape of the inputs, in the compute dtype of the layer.

    Raises:
        ValueError: `max_bias` is out of range, the inputs have no four axes, the number
            of heads is unknown, or the offset is no integer.

    Input shape:
        `(batch_size, heads, query_steps, key_steps)`.

    Output shape:
        The shape of the inputs.

    Reference:
        Ofir Press, Noah A. Smith and Mike Lewis, "Train Short, Test Long: Attention
        with Linear Biases Enables Input Length Extrapolation", 2021,
        https://arxiv.org/abs/2108.12409

    Example:
    >>> import keras
    >>> y = ALiBi()(keras.ops.zeros((1, 8, 3, 3)))
    >>> print([float(v) for v in y[0, 0, 2]])
    [-1.0, -0.5, 0.0]
    """

    def __init__(self, max_bias: float = 8.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_bias = number(
            "max_bias", max_bias, "It is the exponent of the smallest slope.", above=0.0
        )
        self.supports_masking = True
        self.input_spec = keras.InputSpec(ndim=4)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Checks the shape; there are no weights."""
        heads = known_size(input_shape, 1, "The slopes depend on it: name it.")
        self._slopes = _slopes(heads, self.max_bias)
        self.input_spec = keras.InputSpec(ndim=4, axes={1: heads})

    def call(self, inputs: Any, offset: Any = None) -> Any:
        """Adds the biases; use the layer as a function instead."""
        queries, keys = keras.ops.shape(inputs)[2:]
        if offset is None:
            query_places = positions(queries, 0) + (keys - queries)
        else:
            query_places = positions(queries, checked_offset(offset, inputs.shape[0]))
        # (1 or batch, queries, keys)
        gaps = keras.ops.expand_dims(query_places, -1) - positions(keys, 0)
        wide = widened(inputs.dtype)
        distances = keras.ops.expand_dims(keras.ops.cast(keras.ops.abs(gaps), wide), 1)
        slopes = keras.ops.convert_to_tensor(self._slopes, dtype=wide)
        biases = distances * keras.ops.reshape(slopes, (1, -1, 1, 1))
        return keras.ops.subtract(inputs, keras.ops.cast(biases, inputs.dtype))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {**super().get_config(), "max_bias": self.max_bias}


def _slopes(heads: int, max_bias: float) -> tuple[float, ...]:
    """The slope of each head."""

    def geometric(count: int) -> list[float]:
        return [2.0 ** (-max_bias * head / count) for head in range(1, count + 1)]

    power = 2 ** math.floor(math.log2(heads))
    return (*geometric(power), *geometric(2 * power)[::2][: heads - power])
