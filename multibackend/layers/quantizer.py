"""`VectorQuantizer`: each vector is replaced by the nearest one of a learned codebook."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, known_size, number, positive_integer
from multibackend._values import refuse_outside
from multibackend.layers._masks import checked, wide
from multibackend.layers._onehot import one_hot

__all__ = ["VectorQuantizer"]


@keras.saving.register_keras_serializable(package="multibackend")
class VectorQuantizer(keras.layers.Layer):
    """Replaces each vector by the nearest code, and lets gradients pass straight through.

    `y = codes[i]` with `i = argmin_j |x - codes[j]|**2`, the lowest `j` where several
    are equally near. The gradient of `y` is handed to `x` as it is, and none reaches the
    codebook this way. Each call, in training and at inference, adds the loss

    `commitment * mean((x - stop_gradient(y))**2) + mean((stop_gradient(x) - y)**2)`.

    The second term moves the codes. With `moving_average=True` it is left out, and in
    training each code follows the mean of its vectors: with `n` vectors of sum `s` in a
    batch, `size = decay * size + (1 - decay) * n`, `sum = decay * sum + (1 - decay) * s`
    and `code = sum / size`. Laplace smoothing keeps unused codes from growing: each
    size counts as `total * (size + smoothing) / (total + num_codes * smoothing)`, where
    `total` is the sum of all sizes. A layer that is not trainable updates nothing.

    A mask passes through; masked steps add nothing to the losses and move no code.

    Args:
        num_codes: How many vectors the codebook holds, a positive integer.
        commitment: The weight of the loss that keeps inputs near their codes.
        moving_average: Whether codes follow their vectors and not a gradient.
        decay: How much of the moving averages a training call keeps.
        smoothing: The Laplace smoothing of the sizes; 0 for none.
        codebook_initializer: Where the codes start; evenly drawn from
            `-1 / num_codes` to `1 / num_codes` for `None`.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        training: Whether the moving averages are updated.
        mask: A mask of the leading axes, or `None`.

    Returns:
        The codes, in the compute dtype of the layer. `encode` gives their indices.

    Raises:
        ValueError: An argument is out of bounds, or inputs or mask do not fit.

    Input shape:
        `(batch_size, ..., dim)`, with at least two axes.

    Output shape:
        That of the input.

    Reference:
        Aaron van den Oord, Oriol Vinyals, Koray Kavukcuoglu, 2017. Neural Discrete
        Representation Learning. https://arxiv.org/abs/1711.00937

    Example:
    >>> import keras
    >>> layer = VectorQuantizer(16)
    >>> x = keras.ops.ones((2, 5, 3))
    >>> y = layer(x)
    >>> keras.ops.shape(layer.encode(x)), keras.ops.shape(y)
    ((2, 5), (2, 5, 3))
    >>> bool(keras.ops.all(layer.decode(layer.encode(x)) == y))
    True
    """

    def __init__(
        self,
        num_codes: int,
        *,
        commitment: float = 0.25,
        moving_average: bool = False,
        decay: float = 0.99,
        smoothing: float = 1e-5,
        codebook_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_codes = positive_integer(
            "num_codes", num_codes, "It is the size of the codebook."
        )
        self.commitment = number(
            "commitment", commitment, "It weighs the loss of the inputs.", low=0.0
        )
        self.moving_average = flag(
            "moving_average", moving_average, "It says how the codes are learned."
        )
        self.decay = number(
            "decay", decay, "It is what an average keeps.", low=0.0, high=1.0
        )
        self.smoothing = number(
            "smoothing", smoothing, "It is added to each size.", low=0.0
        )
        self.codebook_initializer: Any = (
            keras.initializers.RandomUniform(-1 / num_codes, 1 / num_codes)
            if codebook_initializer is None
            else keras.initializers.get(codebook_initializer)
        )
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        dim = known_size(input_shape, -1, "The size of a code depends on it: name it.")
        self.codebook: Any = None
        self.code_sums: Any = None
        self.code_sizes: Any = None
        shape = (self.num_codes, dim)
        # autocast=False: distances and averages need more digits than half precision has.
        if self.moving_average:
            self.code_sums = self.add_weight(
                name="code_sums",
                shape=shape,
                initializer=self.codebook_initializer,
                trainable=False,
                autocast=False,
            )
            self.code_sizes = self.add_weight(
                name="code_sizes",
                shape=(self.num_codes,),
                initializer="ones",
                trainable=False,
                autocast=False,
            )
        else:
            self.codebook = self.add_weight(
                name="codebook",
                shape=shape,
                initializer=self.codebook_initializer,
                autocast=False,
            )
        self.input_spec = keras.InputSpec(min_ndim=2, axes={-1: dim})

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:  # noqa: FBT001, FBT002 - as Keras names it
        """Quantizes; use the layer as a function instead."""
        vectors = keras.ops.cast(inputs, self.variable_dtype)
        codes = self.codes()
        nearest = _nearest(vectors, codes)  # (batch_size, ...)
        chosen = keras.ops.take(codes, nearest, axis=0)
        weights = None
        if mask is not None:
            rank = len(inputs.shape)
            known = tuple(inputs.shape)[: min(len(mask.shape), rank - 1)]
            weights = wide(checked(mask, known), rank)
            weights = keras.ops.broadcast_to(
                weights, (*keras.ops.shape(inputs)[:-1], 1)
            )
            weights = keras.ops.cast(weights, vectors.dtype)
        self._add_losses(vectors, chosen, weights)
        if training and self.moving_average and self.trainable:
            self._follow(keras.ops.stop_gradient(vectors), nearest, weights)
        # A difference of equals is exactly zero: the output is the code to the bit.
        slope = vectors - keras.ops.stop_gradient(vectors)
        outputs = keras.ops.stop_gradient(chosen) + slope
        return keras.ops.cast(outputs, inputs.dtype)

    def codes(self) -> Any:
        """The codebook, `(num_codes, dim)`."""
        if self.codebook is not None:
            return keras.ops.convert_to_tensor(self.codebook)
        sizes = keras.ops.convert_to_tensor(self.code_sizes)
        if self.smoothing:
            total = keras.ops.sum(sizes)
            more = self._constant(self.smoothing)
            whole = total + self._constant(self.num_codes * self.smoothing)
            sizes = (sizes + more) * (total / whole)
        else:
            # A size that has decayed to zero: its sum has too.
            sizes = keras.ops.where(sizes > 0, sizes, keras.ops.ones_like(sizes))
        return self.code_sums / keras.ops.expand_dims(sizes, -1)

    def encode(self, inputs: Any) -> Any:
        """Returns the indices of the nearest codes, int32 of shape `(batch_size, ...)`.

        Args:
            inputs: A tensor as the layer takes it.

        Raises:
            ValueError: The layer was not built yet, or the inputs do not fit.
        """
        inputs = keras.ops.convert_to_tensor(inputs)
        self._refuse_unbuilt()
        dim = self.input_spec.axes[-1]
        if len(inputs.shape) < 2 or inputs.shape[-1] != dim:
            message = (
                f"Expected inputs of shape (batch_size, ..., {dim}), received "
                f"{tuple(inputs.shape)}. Pass what the layer itself would take."
            )
            raise ValueError(message)
        # As a call rounds them.
        inputs = keras.ops.cast(inputs, self.compute_dtype)
        return _nearest(keras.ops.cast(inputs, self.variable_dtype), self.codes())

    def decode(self, indices: Any) -> Any:
        """Returns the codes of these indices, `(..., dim)`, in the compute dtype.

        Args:
            indices: Whole numbers from 0 to `num_codes - 1`.

        Raises:
            ValueError: The layer was not built yet, or an index is out of bounds.
        """
        self._refuse_unbuilt()
        indices = keras.ops.convert_to_tensor(indices)
        refuse_outside(
            "indices", indices, high=self.num_codes, meaning="They count the codes."
        )
        codes = keras.ops.take(self.codes(), indices, axis=0)
        return keras.ops.cast(codes, self.compute_dtype)

    def _refuse_unbuilt(self) -> None:
        if not self.built:
            message = (
                f"Expected {self.name!r} to be built, received a layer without a "
                "codebook. Call it once, or call `build` with the input shape."
            )
            raise ValueError(message)

    def _constant(self, value: float) -> Any:
        return keras.ops.convert_to_tensor(value, dtype=self.variable_dtype)

    def _add_losses(self, vectors: Any, chosen: Any, weights: Any) -> None:
        """Adds the commitment loss and, where codes have gradients, the codebook loss."""
        fixed = keras.ops.stop_gradient(chosen)
        loss = self._constant(self.commitment) * _mean_square(vectors - fixed, weights)
        if not self.moving_average:
            fixed = keras.ops.stop_gradient(vectors)
            loss = loss + _mean_square(fixed - chosen, weights)
        self.add_loss(loss)

    def _follow(self, vectors: Any, nearest: Any, weights: Any) -> None:
        """Moves the averages towards the sums and sizes of this batch."""
        dim = vectors.shape[-1]
        # A product with one-hot rows, not a scatter: its sums have one order.
        owners = one_hot(nearest, self.num_codes, vectors.dtype)
        if weights is not None:
            owners = owners * weights
        owners = keras.ops.reshape(owners, (-1, self.num_codes))
        vectors = keras.ops.reshape(vectors, (-1, dim))
        sums = keras.ops.matmul(keras.ops.transpose(owners), vectors)
        sizes = keras.ops.sum(owners, axis=0)
        keep, new = self._constant(self.decay), self._constant(1 - self.decay)
        self.code_sums.assign(keep * self.code_sums + new * sums)
        self.code_sizes.assign(keep * self.code_sizes + new * sizes)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `input_shape`."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "num_codes": self.num_codes,
            "commitment": self.commitment,
            "moving_average": self.moving_average,
            "decay": self.decay,
            "smoothing": self.smoothing,
            "codebook_initializer": keras.initializers.serialize(
                self.codebook_initializer
            ),
        }


def _nearest(vectors: Any, codes: Any) -> Any:
    """The index of the nearest code, the lowest of several: `(batch_size, ...)`.

    `|x - c|**2 = |x|**2 - 2 (x @ c - |c|**2 / 2)`, so the largest parenthesis wins.
    """
    halves = 0.5 * keras.ops.sum(keras.ops.square(codes), axis=-1)  # (num_codes,)
    products = keras.ops.matmul(vectors, keras.ops.transpose(codes))
    near = keras.ops.argmax(products - halves, axis=-1)
    return keras.ops.cast(near, "int32")


def _mean_square(errors: Any, weights: Any) -> Any:
    """The mean over all elements, or over those of the steps that count."""
    squares = keras.ops.square(errors)
    if weights is None:
        return keras.ops.mean(squares)
    steps = keras.ops.sum(weights)
    one = keras.ops.ones_like(steps)
    count = keras.ops.maximum(steps, one) * errors.shape[-1]
    return keras.ops.sum(squares * weights) / count
