"""`SinusoidalEncoding`: positions as sines and cosines, added to the features."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, known_size, number
from multibackend.layers._positions import angles, checked_offset, positions, rates

__all__ = ["SinusoidalEncoding"]


@keras.saving.register_keras_serializable(package="multibackend")
class SinusoidalEncoding(keras.layers.Layer):
    """Adds sines and cosines of the position to the features of each step.

    `y[p, 2 i] = x[p, 2 i] + sin(p w_i)` and
    `y[p, 2 i + 1] = x[p, 2 i + 1] + cos(p w_i)`, with
    `w_i = max_wavelength ** (-2 i / width)` and the position `p = offset, offset + 1,
    ...`. Where the width is odd, the last feature gets a sine and no cosine. The angles
    are computed in float32 at least. A mask passes through unchanged.

    Args:
        max_wavelength: Sets the slowest wave, a number above 1.
        interleaved: Whether sines and cosines alternate, as in the paper. Otherwise
            all sines come first and all cosines behind them.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        offset: The position of the first step, an integer or an integer tensor of
            shape `()` or, with another one for each row, `(batch_size,)`.

    Returns:
        A tensor of the shape of the inputs, in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of range, the inputs have no three axes, or the
            offset is no integer.

    Input shape:
        `(batch_size, steps, width)`.

    Output shape:
        `(batch_size, steps, width)`.

    Reference:
        Ashish Vaswani, Noam Shazeer, Niki Parmar, Jakob Uszkoreit, Llion Jones,
        Aidan N. Gomez, Lukasz Kaiser and Illia Polosukhin, "Attention Is All You
        Need", 2017, https://arxiv.org/abs/1706.03762

    Example:
    >>> import keras
    >>> y = SinusoidalEncoding()(keras.ops.zeros((1, 2, 4)))
    >>> print([round(float(v), 2) for v in y[0, 1]])
    [0.84, 0.54, 0.01, 1.0]
    """

    def __init__(
        self,
        max_wavelength: float = 10000.0,
        *,
        interleaved: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_wavelength = number(
            "max_wavelength", max_wavelength, "It sets the slowest wave.", above=1.0
        )
        self.interleaved = flag(
            "interleaved", interleaved, "It says whether sines and cosines alternate."
        )
        self.supports_masking = True
        self.input_spec = keras.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Checks the shape; there are no weights."""
        width = known_size(input_shape, -1, "The waves depend on it: name it.")
        pairs = rates(width, self.max_wavelength)
        count = len(pairs)
        # The rate of each feature, and whether it gets the sine.
        if self.interleaved:
            self._rates = tuple(pairs[i // 2] for i in range(width))
            self._sines = tuple(i % 2 == 0 for i in range(width))
        else:
            self._rates = tuple(pairs[i % count] for i in range(width))
            self._sines = tuple(i < count for i in range(width))
        self.input_spec = keras.InputSpec(ndim=3, axes={-1: width})

    def call(self, inputs: Any, offset: Any = 0) -> Any:
        """Adds the waves; use the layer as a function instead."""
        offset = checked_offset(offset, inputs.shape[0])
        where = positions(keras.ops.shape(inputs)[1], offset)
        angle = angles(where, self._rates, inputs.dtype)  # (1 or batch, steps, width)
        is_sine = keras.ops.convert_to_tensor(self._sines, dtype="bool")
        encoding = keras.ops.where(is_sine, keras.ops.sin(angle), keras.ops.cos(angle))
        return keras.ops.add(inputs, keras.ops.cast(encoding, inputs.dtype))

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
        }
