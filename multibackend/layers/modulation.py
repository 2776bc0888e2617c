"""`FeatureModulation`: a condition scales and shifts the features (FiLM, adaptive norm)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from multibackend._arguments import flag, known_size, number
from multibackend._precision import at_least_float32, constant
from multibackend._shapes import alike

if keras.config.backend() == "torch":
    # Eager PyTorch takes three times as long for the formula. keras.ops has the same
    # kernel, but narrows float64, and on TensorFlow its second derivative is wrong:
    # https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
    from multibackend.layers._norm_torch import standardized
else:

    def standardized(features: Any, epsilon: float) -> Any:
        """The features with mean 0 and variance 1 over the last axis."""
        mean = keras.ops.mean(features, axis=-1, keepdims=True)
        centred = keras.ops.subtract(features, mean)
        variance = keras.ops.mean(keras.ops.square(centred), axis=-1, keepdims=True)
        inverse = keras.ops.rsqrt(keras.ops.add(variance, constant(epsilon, variance)))
        return keras.ops.multiply(centred, inverse)


__all__ = ["FeatureModulation"]

_PAIR = "The layer is called with a list of two: `layer([inputs, condition])`."


@keras.saving.register_keras_serializable(package="multibackend")
class FeatureModulation(keras.layers.Layer):
    """Scales and shifts each feature by what a condition says.

    `scale, shift = split(condition @ kernel + bias)` and `y = x * (1 + scale) + shift`.
    Kernel `(condition_dim, 2 * channels)` and bias start at zero, so that the condition
    says nothing at first. With `normalize` every `x` has mean 0 and variance 1 over its
    channels before: an adaptive layer normalization. Those are computed in float32 at
    least. The mask of the inputs passes through unchanged: it marks steps, and no step
    is mixed with another. A mask of the condition is not used.

    Args:
        normalize: Whether the inputs are normalized over their channels first.
        epsilon: Is added to the variance; a positive number.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A list of two tensors: the inputs, and the condition.

    Returns:
        A tensor of the inputs' shape in the compute dtype of the layer.

    Raises:
        ValueError: `epsilon` is not above zero, it is called with other than two
            tensors, or they do not fit.

    Input shape:
        `[(batch_size, ..., channels), (batch_size, condition_dim)]`, or a condition for
        every step, `(batch_size, ..., condition_dim)`.

    Output shape:
        `(batch_size, ..., channels)`.

    Reference:
        Ethan Perez, Florian Strub, Harm de Vries, Vincent Dumoulin and Aaron Courville,
        2018. FiLM: Visual Reasoning with a General Conditioning Layer.
        https://arxiv.org/abs/1709.07871

        With `normalize`: William Peebles and Saining Xie, 2023. Scalable Diffusion Models
        with Transformers. https://arxiv.org/abs/2212.09748

    Example:
    >>> import keras
    >>> layer = FeatureModulation(normalize=True)
    >>> y = layer([keras.ops.ones((2, 7, 4)), keras.ops.ones((2, 3))])
    >>> keras.ops.shape(y)
    (2, 7, 4)
    >>> [tuple(w.shape) for w in layer.weights]
    [(3, 8), (8,)]
    """

    def __init__(
        self, *, normalize: bool = False, epsilon: float = 1e-6, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.normalize = flag(
            "normalize", normalize, "It says whether the inputs are normalized first."
        )
        self.epsilon = number(
            "epsilon", epsilon, "It is added to the variance.", above=0
        )
        self.supports_masking = True
        self.input_spec = [keras.InputSpec(min_ndim=2), keras.InputSpec(min_ndim=2)]

    def build(self, input_shape: Sequence[Sequence[int | None]]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        inputs, condition = _pair(input_shape)
        why = "The kernel's size depends on it: name it."
        channels = known_size(inputs, -1, why)
        condition_dim = known_size(condition, -1, why)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(condition_dim, 2 * channels),
            initializer="zeros",
        )
        self.bias = self.add_weight(
            name="bias", shape=(2 * channels,), initializer="zeros"
        )
        self.input_spec = [
            keras.InputSpec(min_ndim=2, axes={-1: channels}),
            keras.InputSpec(min_ndim=2, axes={-1: condition_dim}),
        ]

    def call(self, inputs: Sequence[Any]) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        features, condition = inputs
        _refuse_other_steps(tuple(features.shape), tuple(condition.shape))
        # (batch_size, 2 * channels), or of every step
        said = keras.ops.add(keras.ops.matmul(condition, self.kernel), self.bias)
        scale, shift = keras.ops.split(said, 2, axis=-1)
        for _ in range(len(features.shape) - len(condition.shape)):
            scale = keras.ops.expand_dims(scale, 1)
            shift = keras.ops.expand_dims(shift, 1)
        if self.normalize:
            full = at_least_float32(features)
            features = keras.ops.cast(standardized(full, self.epsilon), features.dtype)
        scaled = keras.ops.multiply(features, keras.ops.add(scale, 1))
        return keras.ops.add(scaled, shift)

    def compute_mask(self, inputs: Sequence[Any], previous_mask: Any) -> Any:
        """The mask of the features."""
        del inputs
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else None

    def compute_output_shape(
        self, input_shape: Sequence[Sequence[int | None]]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the features."""
        return tuple(_pair(input_shape)[0])

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "normalize": self.normalize,
            "epsilon": self.epsilon,
        }


def _pair(
    shapes: Sequence[Sequence[int | None]],
) -> tuple[Sequence[int | None], Sequence[int | None]]:
    """The shapes of inputs and condition.

    Raises:
        ValueError: There are not two shapes.
    """
    if len(shapes) != 2 or not all(isinstance(one, list | tuple) for one in shapes):
        message = f"Expected the shapes of two tensors, received {shapes}. {_PAIR}"
        raise ValueError(message)
    return shapes[0], shapes[1]


def _refuse_other_steps(
    features: tuple[int | None, ...], condition: tuple[int | None, ...]
) -> None:
    """Raises where a condition is neither one of the batch nor one of every step."""
    due = features[:1] if len(condition) == 2 else features[:-1]
    given = condition[:-1]
    if not alike(given, due):
        message = (
            f"Expected a condition of shape {(features[0], 'condition_dim')} or "
            f"{(*features[:-1], 'condition_dim')}, received {condition}. "
            "It is one for each row of the batch, or one for each step."
        )
        raise ValueError(message)
