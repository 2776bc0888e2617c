"""Twins of the layers that draw random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from twins import Twin


def _drawn(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def _drop_path() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import DropPath

    theirs = keras.layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))
    return DropPath(0.2), theirs, (_drawn(32, 28, 28, 128),)


def _gaussian_sampling() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import GaussianSampling

    class Textbook(keras.layers.Layer):  # pyright: ignore[reportUntypedBaseClass]
        """The layer of Keras' example of a variational autoencoder."""

        def __init__(self) -> None:
            super().__init__()
            self.seed_generator = keras.random.SeedGenerator(1)

        def call(self, inputs: Any) -> Any:
            mean, log_variance = inputs
            noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
            return mean + keras.ops.exp(0.5 * log_variance) * noise

    inputs = [_drawn(512, 1024), _drawn(512, 1024)]
    return GaussianSampling(), Textbook(), (inputs,)


def _gumbel_softmax() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import GumbelSoftmax

    theirs = None
    if keras.config.backend() == "torch":
        import torch

        class Functional(torch.nn.Module):
            def forward(self, logits: Any) -> Any:
                return torch.nn.functional.gumbel_softmax(logits, 0.5, hard=True)

        theirs = Functional()
    return GumbelSoftmax(0.5, hard=True), theirs, (_drawn(512, 1024),)


TWINS = [
    Twin("DropPath", "keras.layers.Dropout with one draw a sample", _drop_path),
    Twin("GaussianSampling", "the layer of Keras' VAE example", _gaussian_sampling),
    Twin(
        "GumbelSoftmax",
        "torch.nn.functional.gumbel_softmax",
        _gumbel_softmax,
        backends=("torch",),
    ),
]
