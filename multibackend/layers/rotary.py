"""`RotaryEmbedding`: positions as rotations of pairs of features."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, known_size, number
from multibackend.layers._positions import angles, checked_offset, positions, rates
from multibackend.layers._rotation import refuse_odd, rotated

__all__ = ["RotaryEmbedding"]


@keras.saving.register_keras_serializable(package="multibackend")
class RotaryEmbedding(keras.layers.Layer):
    """Turns pairs of features by an angle that grows with the position.

    Pair `i` of the step at position `p` is turned by `p * w_i`, with
    `w_i = max_wavelength ** (-2 i / size)`:

    `(a, b) -> (a cos(p w_i) - b sin(p w_i), b cos(p w_i) + a sin(p w_i))`

    The product of a turned query and a turned key then depends on their vectors and
    on the distance of their positions alone. The angles are computed in float32 at
    least, also in mixed precision. A mask passes through unchanged.

    Args:
        max_wavelength: Sets the slowest rotation, a number above 1; often called
            `theta` or `base`.
        interleaved: Whether the pairs are neighbours, `(x_0, x_1), (x_2, x_3), ...`,
            as in the paper. By default the first half of the features is paired with
            the second half, `(x_0, x_n), (x_1, x_(n + 1)), ...`, as in Llama.
        axis: The axis of the steps: 1 for `(batch, steps, heads, size)`, 2 for
            `(batch, heads, steps, size)`.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        offset: The position of the first step, an integer or an integer tensor of
            shape `()` or, with another one for each row, `(batch_size,)`.

    Returns:
        A tensor of the shape of the inputs, in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of range, the last axis is odd, `axis` is no
            axis between the first and the last one, or the offset is no integer.

    Input shape:
        `(batch_size, ..., size)` with the steps at `axis`, and an even size.

    Output shape:
        The shape of the inputs.

    Reference:
        Jianlin Su, Yu Lu, Shengfeng Pan, Ahmed Murtadha, Bo Wen and Yunfeng Liu,
        "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021,
        https://arxiv.org/abs/2104.09864

    Example:
    >>> import keras
    >>> queries = keras.ops.ones((2, 5, 4, 8))
    >>> y = RotaryEmbedding()(queries)
    >>> keras.ops.shape(y)
    (2, 5, 4, 8)
    >>> print(round(float(y[0, 1, 0, 0]), 4))  # cos(1) - sin(1)
    -0.3012
    """

    def __init__(
        self,
        max_wavelength: float = 10000.0,
        *,
        interleaved: bool = False,
        axis: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_wavelength = number(
            "max_wavelength",
            max_wavelength,
            "It sets the slowest rotation.",
            above=1.0,
        )
        self.interleaved = flag(
            "interleaved", interleaved, "It says whether neighbours are a pair."
        )
        if type(axis) is not int:
            message = (
                f"Expected `axis` to be an integer, received {axis!r}. "
                "It is the axis of the steps."
            )
            raise ValueError(message)
        self.axis = axis
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Checks the shape; there are no weights."""
        rank = len(input_shape)
        if not 0 < self.axis % rank < rank - 1 or not -rank <= self.axis < rank:
            message = (
                f"Expected `axis` between the first and the last axis of the inputs, "
                f"received axis={self.axis} and inputs of shape {tuple(input_shape)}. "
                "It is the axis of the steps."
            )
            raise ValueError(message)
        size = known_size(input_shape, -1, "The rotations depend on it: name it.")
        refuse_odd(size, "the last axis of the inputs")
        self._rates = rates(size, self.max_wavelength)
        self.input_spec = keras.InputSpec(ndim=rank, axes={-1: size})

    def call(self, inputs: Any, offset: Any = 0) -> Any:
        """Turns the pairs; use the layer as a function instead."""
        rank = len(inputs.shape)
        axis = self.axis % rank
        offset = checked_offset(offset, inputs.shape[0])
        where = positions(keras.ops.shape(inputs)[axis], offset)
        turn = angles(where, self._rates, inputs.dtype)
        for _ in range(axis - 1):
            turn = keras.ops.expand_dims(turn, 1)
        for _ in range(rank - 2 - axis):
            turn = keras.ops.expand_dims(turn, -2)
        # turn: (1 or batch, ..., steps, ..., size / 2)
        cosine = keras.ops.cast(keras.ops.cos(turn), inputs.dtype)
        sine = keras.ops.cast(keras.ops.sin(turn), inputs.dtype)
        return rotated(inputs, cosine, sine, interleaved=self.interleaved)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "max_wavelength": self.max_wavelength,
            "interleaved": self.interleaved,
            "axis": self.axis,
        }
