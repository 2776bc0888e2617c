"""`GaussianSampling`: draws from a normal distribution whose moments are learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from multibackend._arguments import number
from multibackend._precision import at_least_float32
from multibackend._shapes import alike
from multibackend.layers._masks import checked, wide

__all__ = ["GaussianSampling"]


@keras.saving.register_keras_serializable(package="multibackend")
class GaussianSampling(keras.layers.Layer):
    """Draws `mean + exp(log_variance / 2) * noise` in training, and gives the mean else.

    The noise is standard normal and independent of the inputs, so gradients reach both
    of them. With a `kl_weight` each call, in training and at inference, adds the loss
    `kl_weight * KL(N(mean, variance) || N(0, 1))`, where

    `KL = sum(mean**2 + variance - 1 - log_variance) / 2`

    over all axes but the first, averaged over the samples. A mask passes through;
    masked steps add nothing to the loss.

    Args:
        kl_weight: The weight of the added loss, 0 or more; `None` adds none.
        seed: A whole number that fixes the draws, or `None`.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`.

    Call arguments:
        inputs: `[mean, log_variance]`, two tensors of one shape.
        training: Whether to draw; otherwise the mean is returned.
        mask: `None`, a mask of the leading axes, or one for each input, of which a step
            must pass all.

    Returns:
        A tensor like the mean, in the compute dtype of the layer.

    Raises:
        ValueError: `kl_weight` is negative, the inputs are not two tensors of one shape
            with two axes or more, or the mask does not fit them.

    Input shape:
        `[(batch_size, ..., dim), (batch_size, ..., dim)]`.

    Output shape:
        `(batch_size, ..., dim)`.

    Reference:
        Diederik P. Kingma, Max Welling, 2013. Auto-Encoding Variational Bayes.
        https://arxiv.org/abs/1312.6114

    Example:
    >>> import keras
    >>> layer = GaussianSampling(kl_weight=1.0)
    >>> y = layer([keras.ops.ones((4, 3)), keras.ops.zeros((4, 3))])
    >>> keras.ops.shape(y)
    (4, 3)
    >>> round(float(layer.losses[0]), 6)
    1.5
    """

    def __init__(
        self,
        *,
        kl_weight: float | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if kl_weight is not None:
            kl_weight = number(
                "kl_weight", kl_weight, "It weighs the added loss.", low=0.0
            )
        self.kl_weight = kl_weight
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:  # noqa: FBT001, FBT002 - as Keras names it
        """Draws in training; use the layer as a function instead."""
        _refuse_other_than_two(
            [getattr(leaf, "shape", None) for leaf in _leaves(inputs)]
        )
        mean, log_variance = inputs
        if self.kl_weight is not None:
            divergence = keras.ops.mean(
                self.divergence(mean, log_variance, self.compute_mask(inputs, mask))
            )
            weight = keras.ops.convert_to_tensor(self.kl_weight, divergence.dtype)
            self.add_loss(weight * divergence)
        if not training:
            return mean
        centre, spread = at_least_float32(mean), at_least_float32(log_variance)
        noise = keras.random.normal(
            keras.ops.shape(mean), dtype=centre.dtype, seed=self.seed_generator
        )
        drawn = centre + keras.ops.exp(0.5 * spread) * noise
        return keras.ops.cast(drawn, mean.dtype)

    def divergence(self, mean: Any, log_variance: Any, mask: Any = None) -> Any:
        """How far each sample's distribution is from the standard normal one.

        Args:
            mean: The means, `(batch_size, ..., dim)`.
            log_variance: The logarithms of the variances, of the same shape.
            mask: `True` where a step counts, of the leading axes; `None` for all.

        Returns:
            The Kullback-Leibler divergence of each sample in nats, `(batch_size,)`, in
            float32 where the inputs are narrower.

        Raises:
            ValueError: The shapes differ, or the mask does not fit them.
        """
        mean, log_variance = map(keras.ops.convert_to_tensor, (mean, log_variance))
        _refuse_other_than_two([mean.shape, log_variance.shape])
        centre, spread = at_least_float32(mean), at_least_float32(log_variance)
        # variance - 1 - log_variance without cancellation near a variance of one.
        each = 0.5 * (keras.ops.square(centre) + keras.ops.expm1(spread) - spread)
        rank = len(mean.shape)
        if mask is not None:
            known = tuple(mean.shape)[: min(len(mask.shape), rank - 1)]
            counts = wide(checked(mask, known), rank)
            each = keras.ops.where(counts, each, keras.ops.zeros_like(each))
        return keras.ops.sum(each, axis=tuple(range(1, rank)))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:  # noqa: ARG002 - as Keras calls it
        """Returns one mask, `True` where all that were passed are."""
        masks = [m for m in keras.tree.flatten(previous_mask) if m is not None]
        if not masks:
            return None
        found, *others = (keras.ops.cast(mask, "bool") for mask in masks)
        for other in others:
            found = keras.ops.logical_and(found, other)
        return found

    def compute_output_shape(
        self, input_shape: Sequence[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the mean."""
        _refuse_other_than_two(input_shape)
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "kl_weight": self.kl_weight,
            "seed": self.seed,
        }


def _leaves(inputs: Any) -> list[Any]:
    return list(inputs) if isinstance(inputs, list | tuple) else [inputs]


def _refuse_other_than_two(shapes: Sequence[Any]) -> None:
    """Refuses all but two equal shapes with two axes or more.

    Raises:
        ValueError: There are more or fewer, or they differ.
    """
    told: list[Any] = [
        None if shape is None else tuple(shape) for shape in _as_shapes(shapes)
    ]
    same = len(told) == 2 and None not in told and len(told[0]) >= 2 and alike(*told)
    if not same:
        message = (
            "Expected the inputs to be `[mean, log_variance]`, two tensors of one shape "
            f"with two axes or more, received shapes {told}. Pass a list of both."
        )
        raise ValueError(message)


def _as_shapes(shapes: Sequence[Any]) -> list[Any]:
    """A lone tensor's shape arrives as a tuple of sizes: one shape, and not many."""
    if shapes and all(size is None or isinstance(size, int) for size in shapes):
        return [tuple(shapes)]
    return list(shapes)
