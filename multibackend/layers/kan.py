"""`KANLinear`: a layer of a Kolmogorov-Arnold network, a learnt curve on every edge."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras

from multibackend._arguments import known_size, number, positive_integer
from multibackend._precision import at_least_float32

__all__ = ["KANLinear"]

_RANGE = "It is the pair of the first and the last point of the grid."


@keras.saving.register_keras_serializable(package="multibackend")
class KANLinear(keras.layers.Layer):
    """Sums a learnt curve of every input: a spline, and a fixed function with a weight.

    `y_o = sum_i base_activation(x_i) * base_kernel[i, o]
    + sum_i sum_j B_j(x_i) * spline_kernel[j, i, o]`.

    `B_j` are the B-splines of the given order on `grid_size` equal intervals, and as many
    more intervals on either side as the order says: `grid_size + order` of them, whose
    sum is one on the grid. Outside of the grid they fade to zero within `order` intervals,
    and the base activation alone remains: bring the inputs to the grid's range, by a
    normalization for example. The grid does not move. The splines are computed in float32
    at least. A mask passes through unchanged: it marks steps, and no step is mixed with
    another.

    Args:
        units: The size of the output's last axis, a positive integer.
        grid_size: The number of intervals of the grid, a positive integer.
        order: The degree of the splines' polynomials, a positive integer; 3 is cubic.
        grid_range: The first and the last point of the grid.
        base_activation: The function beside the spline: a name such as `"silu"`, a
            function, or `None` for the input itself.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: `units`, `grid_size` or `order` is no positive integer, the range has
            no length, the activation is unknown, or the inputs do not fit.

    Input shape:
        `(batch_size, ..., input_dim)`, with at least two axes.

    Output shape:
        `(batch_size, ..., units)`.

    Reference:
        Ziming Liu, Yixuan Wang, Sachin Vaidya and others, 2024. KAN: Kolmogorov-Arnold
        Networks. https://arxiv.org/abs/2404.19756

    Example:
    >>> import keras
    >>> layer = KANLinear(3, grid_size=5, order=3)
    >>> keras.ops.shape(layer(keras.ops.zeros((2, 4))))
    (2, 3)
    >>> [(w.name, tuple(w.shape)) for w in layer.weights]
    [('base_kernel', (4, 3)), ('spline_kernel', (8, 4, 3))]
    """

    def __init__(
        self,
        units: int,
        grid_size: int = 5,
        order: int = 3,
        grid_range: Sequence[float] = (-1.0, 1.0),
        base_activation: str | Callable[..., Any] | None = "silu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer(
            "units", units, "It is the size of the output's last axis."
        )
        self.grid_size = positive_integer(
            "grid_size", grid_size, "It is the number of the grid's intervals."
        )
        self.order = positive_integer(
            "order", order, "It is the degree of the splines' polynomials."
        )
        self.grid_range = _range(grid_range)
        self.base_activation: Callable[..., Any] = keras.activations.get(
            base_activation
        )
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        input_dim = known_size(
            input_shape, -1, "The kernels' size depends on it: name it."
        )
        self.base_kernel = self.add_weight(
            name="base_kernel",
            shape=(input_dim, self.units),
            initializer="glorot_uniform",
        )
        self.spline_kernel = self.add_weight(
            name="spline_kernel",
            shape=(self.grid_size + self.order, input_dim, self.units),
            initializer="glorot_uniform",
        )
        self.input_spec = keras.InputSpec(min_ndim=2, axes={-1: input_dim})

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        splines, input_dim = self.grid_size + self.order, inputs.shape[-1]
        bases = keras.ops.cast(self._bases(at_least_float32(inputs)), inputs.dtype)
        flat = keras.ops.reshape(
            bases, (*keras.ops.shape(inputs)[:-1], splines * input_dim)
        )
        kernel = keras.ops.reshape(
            self.spline_kernel, (splines * input_dim, self.units)
        )
        base = keras.ops.matmul(self.base_activation(inputs), self.base_kernel)
        return keras.ops.add(base, keras.ops.matmul(flat, kernel))

    def _bases(self, inputs: Any) -> Any:
        """The values of all B-splines: `(batch_size, ..., splines, input_dim)`."""
        low, high = self.grid_range
        dtype = inputs.dtype
        place = keras.ops.multiply(
            keras.ops.subtract(inputs, keras.ops.convert_to_tensor(low, dtype)),
            keras.ops.convert_to_tensor(self.grid_size / (high - low), dtype),
        )  # the grid's points lie at 0, 1, ..., grid_size
        interval = keras.ops.floor(place)
        # The splines that are not zero here, by how far they reach to the right. They
        # depend on the place within the interval alone, as all intervals are equal.
        own = _own_splines(keras.ops.subtract(place, interval), self.order)
        # Spline j begins `order` intervals before point j. The one that reaches `r`
        # intervals beyond that is the one with j - interval = r.
        splines = keras.ops.arange(self.grid_size + self.order, dtype=dtype)
        behind = keras.ops.subtract(
            keras.ops.expand_dims(splines, -1), keras.ops.expand_dims(interval, -2)
        )  # (batch_size, ..., splines, input_dim)
        spread = keras.ops.zeros_like(behind)
        for reach, value in enumerate(own):
            spread = keras.ops.where(
                keras.ops.equal(behind, reach),
                keras.ops.expand_dims(value, -2),
                spread,
            )
        return spread

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `(*input_shape[:-1], units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "grid_size": self.grid_size,
            "order": self.order,
            "grid_range": self.grid_range,
            "base_activation": keras.activations.serialize(self.base_activation),
        }


def _own_splines(along: Any, order: int) -> list[Any]:
    """The `order + 1` splines over one interval, by the recursion of Cox and de Boor.

    Args:
        along: The place within the interval, from 0 to 1.
        order: Their degree.
    """
    # The recursion divides by 2, 3, ..., order: here once, and at its beginning.
    share = keras.ops.convert_to_tensor(1 / math.factorial(order), along.dtype)
    upward = keras.ops.multiply(share, along)
    own = [keras.ops.subtract(share, upward), upward]
    for degree in range(2, order + 1):
        # Spline r rises over `along + degree - r` and falls over `r + 1 - along`; the
        # first has nothing to rise from, the last nothing to fall from.
        rising = [
            keras.ops.multiply(own[r - 1], keras.ops.add(along, degree - r))
            for r in range(1, degree + 1)
        ]
        falling = [
            keras.ops.multiply(own[r], keras.ops.subtract(r + 1, along))
            for r in range(degree)
        ]
        between = [
            keras.ops.add(up, down)
            for up, down in zip(rising[:-1], falling[1:], strict=True)
        ]
        own = [falling[0], *between, rising[-1]]
    return own


def _range(value: Any) -> tuple[float, float]:
    """Returns the two ends of the grid.

    Raises:
        ValueError: They are no two numbers, the second above the first.
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        message = (
            f"Expected `grid_range` to be two numbers, received {value!r}. {_RANGE}"
        )
        raise ValueError(message)
    low = number("grid_range[0]", value[0], _RANGE)
    return low, number("grid_range[1]", value[1], _RANGE, above=low)
