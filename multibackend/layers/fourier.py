"""`FourierFeatures`: sines and cosines of random projections."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from multibackend._arguments import flag, known_size, number, positive_integer
from multibackend._precision import widened

__all__ = ["FourierFeatures"]


@keras.saving.register_keras_serializable(package="multibackend")
class FourierFeatures(keras.layers.Layer):
    """Maps coordinates to sines and cosines of random projections of them.

    `y = [cos(2 pi x @ B), sin(2 pi x @ B)]`, where the projection `B`, of shape
    `(input_dim, units)`, is drawn once from a normal distribution with standard
    deviation `scale`. A network behind it learns fine detail that it would miss in the
    coordinates themselves; a larger scale means finer detail.

    A seed gives the same projection on every backend. The angles are computed in
    float32 at least, from the inputs as they come. A mask passes through unchanged.

    Args:
        units: How many projections; each gives a cosine and a sine.
        scale: The standard deviation of the projection, a positive number.
        train_projection: Whether the projection is trained too.
        seed: An integer that fixes the projection; by default each layer draws
            another one, as `keras.utils.set_random_seed` says.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of range, or the inputs do not fit.

    Input shape:
        `(batch_size, ..., input_dim)`, with at least two axes.

    Output shape:
        `(batch_size, ..., 2 * units)`: the cosines first, then the sines.

    Reference:
        Matthew Tancik, Pratul P. Srinivasan, Ben Mildenhall, Sara Fridovich-Keil,
        Nithin Raghavan, Utkarsh Singhal, Ravi Ramamoorthi, Jonathan T. Barron and
        Ren Ng, "Fourier Features Let Networks Learn High Frequency Functions in Low
        Dimensional Domains", 2020, https://arxiv.org/abs/2006.10739; after
        Ali Rahimi and Benjamin Recht, "Random Features for Large-Scale Kernel
        Machines", 2007.

    Example:
    >>> import keras
    >>> layer = FourierFeatures(3, seed=0)
    >>> y = layer(keras.ops.zeros((1, 2)))
    >>> print([round(abs(float(v)), 4) for v in y[0]])
    [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    >>> print(round(float(layer.projection.numpy()[0, 0]), 4))
    0.1257
    """

    def __init__(
        self,
        units: int,
        scale: float = 1.0,
        *,
        train_projection: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # The layer casts its inputs itself: half a turn is lost in half precision.
        self.autocast = False
        self.units = positive_integer(
            "units", units, "It is the number of projections."
        )
        self.scale = number(
            "scale", scale, "It is the standard deviation of the projection.", above=0.0
        )
        self.train_projection = flag(
            "train_projection",
            train_projection,
            "It says whether the projection is trained.",
        )
        if seed is not None and (type(seed) is not int or seed < 0):
            message = (
                f"Expected `seed` to be an integer of zero or more, or None, received "
                f"{seed!r}. It fixes the projection."
            )
            raise ValueError(message)
        self.seed = seed
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Draws the projection; Keras calls it at the first call."""
        input_dim = known_size(
            input_shape, -1, "The projection's size depends on it: name it."
        )
        initializer: Any = self._drawn
        if self.seed is None:
            initializer = keras.initializers.RandomNormal(stddev=self.scale)
        self.projection = self.add_weight(
            name="projection",
            shape=(input_dim, self.units),
            initializer=initializer,
            trainable=self.train_projection,
            autocast=False,
        )
        self.input_spec = keras.InputSpec(min_ndim=2, axes={-1: input_dim})

    def _drawn(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Draws by NumPy: the frameworks' own generators differ for one seed."""
        rng = np.random.default_rng(self.seed)
        drawn = rng.normal(scale=self.scale, size=shape)
        return keras.ops.convert_to_tensor(drawn, dtype=dtype)

    def call(self, inputs: Any) -> Any:
        """Computes the features; use the layer as a function instead."""
        wide = widened(self.variable_dtype)
        inputs = keras.ops.cast(inputs, wide)
        turn = keras.ops.convert_to_tensor(2 * math.pi, dtype=wide)
        projection = keras.ops.cast(self.projection, wide) * turn
        angles = keras.ops.matmul(inputs, keras.ops.tile(projection, (1, 2)))
        # All are sines, a quarter turn ahead where cosines are meant: two functions
        # and what joins them take XLA a third longer. (batch, ..., 2 * units)
        ahead = [math.pi / 2] * self.units + [0.0] * self.units
        angles = angles + keras.ops.convert_to_tensor(ahead, dtype=wide)
        return keras.ops.cast(keras.ops.sin(angles), self.compute_dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `(*input_shape[:-1], 2 * units)`."""
        return (*input_shape[:-1], 2 * self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "scale": self.scale,
            "train_projection": self.train_projection,
            "seed": self.seed,
        }
