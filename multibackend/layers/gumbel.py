"""`GumbelSoftmax`: draws from a categorical distribution, with a gradient."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, number
from multibackend._precision import at_least_float32
from multibackend.layers._onehot import one_hot

__all__ = ["GumbelSoftmax"]

# The smallest normal float32: noise drawn from zero itself would be infinite.
_SMALLEST = 2.0**-126


@keras.saving.register_keras_serializable(package="multibackend")
class GumbelSoftmax(keras.layers.Layer):
    """Draws a class from the logits of the last axis: relaxed, or as a one-hot vector.

    In training `y = softmax((logits + g) / temperature)`, where `g` is Gumbel noise,
    `-log(-log(u))` of a uniform `u`, so that the largest entry is a class drawn with
    the probabilities `softmax(logits)`. The lower the temperature, the nearer `y` is to
    a one-hot vector.

    With `hard=True` the output is exactly that one-hot vector, the lowest class where
    several are largest, and the gradient is that of the relaxed `y` (straight-through).

    At inference the noise is left out: `softmax(logits / temperature)`, and with
    `hard=True` the one-hot vector of the likeliest class. A mask passes through
    unchanged: it marks steps. A logit of `-inf` rules a class out.

    Args:
        temperature: What the logits are divided by, above 0.
        hard: Whether outputs are one-hot vectors.
        seed: A whole number that fixes the draws, or `None`.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`.

    Call arguments:
        inputs: The logits, unnormalized logarithms of probabilities.
        training: Whether to draw.

    Returns:
        A tensor like `inputs`, in the compute dtype of the layer. The sums over the
        last axis are 1.

    Raises:
        ValueError: The temperature is not above 0, `hard` is no truth value, or the
            inputs have fewer than two axes.

    Input shape:
        `(batch_size, ..., classes)`.

    Output shape:
        That of the input.

    Reference:
        Eric Jang, Shixiang Gu, Ben Poole, 2016. Categorical Reparameterization with
        Gumbel-Softmax. https://arxiv.org/abs/1611.01144

        Chris J. Maddison, Andriy Mnih, Yee Whye Teh, 2016. The Concrete Distribution: A
        Continuous Relaxation of Discrete Random Variables.
        https://arxiv.org/abs/1611.00712

    Example:
    >>> import keras
    >>> layer = GumbelSoftmax(0.5, hard=True)
    >>> y = layer(keras.ops.convert_to_tensor([[0.0, 2.0, 1.0]]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[0.0, 1.0, 0.0]]
    """

    def __init__(
        self,
        temperature: float = 1.0,
        *,
        hard: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.temperature = number(
            "temperature", temperature, "It divides the logits.", above=0.0
        )
        self.hard = flag("hard", hard, "It says whether outputs are one-hot vectors.")
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=2)

    def call(self, inputs: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002 - as Keras names it
        """Draws in training; use the layer as a function instead."""
        logits = at_least_float32(inputs)
        if training:
            logits = logits - self._noise(logits)
        scale = keras.ops.convert_to_tensor(1 / self.temperature, dtype=logits.dtype)
        relaxed = keras.ops.softmax(logits * scale, axis=-1)
        if not self.hard:
            return keras.ops.cast(relaxed, inputs.dtype)
        largest = keras.ops.cast(keras.ops.argmax(logits, axis=-1), "int32")
        # A difference of equals is exactly zero: the output is one-hot to the bit.
        slope = relaxed - keras.ops.stop_gradient(relaxed)
        chosen = one_hot(largest, inputs.shape[-1], logits.dtype)
        return keras.ops.cast(chosen + slope, inputs.dtype)

    def _noise(self, logits: Any) -> Any:
        """Gumbel noise with its sign changed, of the shape and dtype of the logits."""
        drawn = keras.random.uniform(
            keras.ops.shape(logits),
            minval=_SMALLEST,
            dtype=logits.dtype,
            seed=self.seed_generator,
        )
        return keras.ops.log(-keras.ops.log(drawn))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `input_shape`."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "temperature": self.temperature,
            "hard": self.hard,
            "seed": self.seed,
        }
