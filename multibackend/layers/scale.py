"""`LayerScale`: one trained factor for each channel, small at first."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import known_size, number

__all__ = ["LayerScale"]


@keras.saving.register_keras_serializable(package="multibackend")
class LayerScale(keras.layers.Layer):
    """Multiplies each channel by a trained factor.

    `y = gamma * x`, with `gamma` `(channels,)`. At the end of a residual branch a small
    first value keeps a deep network close to the identity when training begins. A mask
    passes through unchanged: it marks steps, and no step is mixed with another.

    Args:
        initial_value: What every factor starts from, a finite number.
        axis: The axis of the channels; not that of the batch.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.

    Returns:
        A tensor of the same shape in the compute dtype of the layer.

    Raises:
        ValueError: `initial_value` is no finite number, `axis` no axis of channels, or
            the inputs do not fit.

    Input shape:
        `(batch_size, ..., channels)`, or with the channels at `axis`; at least two axes.

    Output shape:
        That of the inputs.

    Reference:
        Hugo Touvron, Matthieu Cord, Alexandre Sablayrolles, Gabriel Synnaeve and Hervé
        Jégou, 2021. Going deeper with Image Transformers.
        https://arxiv.org/abs/2103.17239

    Example:
    >>> import keras
    >>> layer = LayerScale(0.5)
    >>> print(keras.ops.convert_to_numpy(layer(keras.ops.ones((1, 3)))))
    [[0.5 0.5 0.5]]
    """

    def __init__(
        self, initial_value: float = 1e-5, axis: int = -1, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.initial_value = number(
            "initial_value", initial_value, "Every factor starts from it."
        )
        if type(axis) is not int or axis == 0:
            message = (
                "Expected `axis` to be an integer other than 0, received "
                f"{axis!r}. It is the axis of the channels, and 0 is that of the batch."
            )
            raise ValueError(message)
        self.axis = axis
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=self._least_rank())

    def _least_rank(self) -> int:
        """How many axes the inputs need so that `axis` is none of the batch."""
        return max(2, self.axis + 1, 1 - self.axis)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weight; Keras calls it at the first call."""
        channels = known_size(
            input_shape, self.axis, "The weight's size depends on it: name it."
        )
        self.gamma = self.add_weight(
            name="gamma",
            shape=(channels,),
            initializer=keras.initializers.Constant(self.initial_value),
        )
        self.input_spec = keras.InputSpec(
            min_ndim=self._least_rank(), axes={self.axis: channels}
        )

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        gamma = self.gamma
        behind = -self.axis if self.axis < 0 else len(inputs.shape) - self.axis
        if behind > 1:
            gamma = keras.ops.reshape(gamma, (-1, *(1 for _ in range(behind - 1))))
        return keras.ops.multiply(inputs, gamma)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "initial_value": self.initial_value,
            "axis": self.axis,
        }
