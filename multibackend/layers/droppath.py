"""`DropPath`: whole samples of a residual branch are left out at random."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number

__all__ = ["DropPath"]


@keras.saving.register_keras_serializable(package="multibackend")
class DropPath(keras.layers.Layer):
    """Sets whole samples to zero at random in training, and scales those that stay.

    `y = x / (1 - rate)` with probability `1 - rate`, else `y = 0`, drawn once for each
    sample. The expectation is `x`, so nothing is left to do at inference, where `y = x`.
    It stands at the end of a residual branch: `x + DropPath(0.1)(branch(x))`. A sample
    that is dropped gives zero and a gradient of zero whatever it holds, even where it
    is not finite. A mask passes through unchanged.

    Args:
        rate: The probability that a sample is dropped, from 0 to below 1.
        seed: A whole number that fixes the draws, or `None`.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`.

    Call arguments:
        inputs: A tensor.
        training: Whether samples are dropped.

    Returns:
        A tensor like `inputs`, in the compute dtype of the layer.

    Raises:
        ValueError: `rate` is out of bounds, or the inputs have no axis.

    Input shape:
        `(batch_size, ...)`.

    Output shape:
        That of the input.

    Reference:
        Gao Huang, Yu Sun, Zhuang Liu, Daniel Sedra, Kilian Weinberger, 2016. Deep
        Networks with Stochastic Depth. https://arxiv.org/abs/1603.09382

    Example:
    >>> import keras
    >>> layer = DropPath(0.5, seed=1)
    >>> y = layer(keras.ops.ones((64, 3)), training=True)
    >>> sorted({float(value) for row in y for value in row})
    [0.0, 2.0]
    """

    def __init__(self, rate: float, *, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = number(
            "rate",
            rate,
            "It is the probability that a sample is dropped.",
            low=0.0,
            below=1.0,
        )
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=1)

    def call(self, inputs: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002 - as Keras names it
        """Drops samples in training; use the layer as a function instead."""
        if not training or self.rate == 0:
            return inputs
        rows = keras.ops.shape(inputs)[0]
        # In float32 whatever the inputs are: float16 has 2048 numbers below 1 only.
        drawn = keras.random.uniform(
            (rows,) + (1,) * (len(inputs.shape) - 1),
            dtype="float32",
            seed=self.seed_generator,
        )  # (batch_size, 1, ...)
        scale = keras.ops.convert_to_tensor(1 / (1 - self.rate), dtype=inputs.dtype)
        return keras.ops.where(
            drawn >= self.rate, inputs * scale, keras.ops.zeros_like(scale)
        )

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `input_shape`."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
