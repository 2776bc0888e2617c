"""`PearsonCorrelation`: the linear correlation of predictions with targets."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, positive_integer
from multibackend._shapes import alike
from multibackend.metrics._samples import mask_of, weights_of

__all__ = ["PearsonCorrelation"]


@keras.saving.register_keras_serializable(package="multibackend")
class PearsonCorrelation(keras.metrics.Metric):
    """Correlates each output with its target over all samples.

    `r = cov(y_true, y_pred) / sqrt(var(y_true) * var(y_pred))`, with weighted moments.
    Each batch is centred on its own means, and its moments are merged with those so far
    by Chan's formulas, so that large means cost no digits. An output that is constant
    over all samples, or whose target is, has no correlation: it gets 0, which is also
    the result while nothing is counted.

    Any split into batches gives the same result up to rounding. The state is no sum:
    replicas that each saw a part of the data cannot add theirs.

    Args:
        num_outputs: How many outputs there are, a positive integer.
        average: Whether the result is the mean over the outputs, or has one
            correlation each.
        name: The name of the metric.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The targets.
        y_pred: The predictions. Their Keras mask leaves samples out.
        sample_weight: Optional weights of 0 or more, whose axes are the first ones of
            the samples `(batch_size, ...)`. What is weighed 0 may be anything.

    Returns:
        A scalar from -1 to 1, or `(num_outputs,)` of these.

    Raises:
        ValueError: An argument is none of the above, or the shapes do not fit.

    Input shape:
        `(batch_size, ..., num_outputs)`, both; for one output also `(batch_size,)`.

    Output shape:
        `()`, or `(num_outputs,)` with `average=False`.

    Reference:
        Tony F. Chan, Gene H. Golub, Randall J. LeVeque, 1982. Updating Formulae and a
        Pairwise Algorithm for Computing Sample Variances.
        https://doi.org/10.1007/978-3-642-51461-6_3

    Example:
    >>> metric = PearsonCorrelation()
    >>> metric.update_state([1.0, 2.0], [3.0, 5.0])
    >>> metric.update_state([3.0], [4.0])
    >>> round(float(metric.result()), 4)
    0.5
    """

    def __init__(
        self,
        num_outputs: int = 1,
        *,
        average: bool = True,
        name: str | None = "pearson_correlation",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.num_outputs = positive_integer(
            "num_outputs", num_outputs, "It is the size of the last axis."
        )
        self.average = flag(
            "average", average, "It says whether outputs become one number."
        )
        self.weight = self._state("weight")
        # Of the targets, and behind them of the predictions: means, and sums of squared
        # distances to them. Then sums of products of the distances.
        self.means = self._state("means", 2 * self.num_outputs)
        self.squares = self._state("squares", 2 * self.num_outputs)
        self.products = self._state("products", self.num_outputs)

    def _state(self, name: str, *shape: int) -> Any:
        return self.add_variable(
            shape=shape, initializer="zeros", dtype=self.dtype, name=name
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Merges the moments of a batch with those so far."""
        true, pred = self._outputs(y_true), self._outputs(y_pred)
        self._refuse_other_shape(tuple(true.shape), tuple(pred.shape))
        ones = mask_of(y_pred, keras.ops.ones_like(pred[..., 0]))
        weights = keras.ops.reshape(weights_of(sample_weight, ones), (-1, 1))
        both = keras.ops.reshape(
            keras.ops.concatenate([true, pred], axis=-1), (-1, 2 * self.num_outputs)
        )  # (samples, 2 * num_outputs)
        weight = keras.ops.sum(weights)
        means, centred = _centred(both, weights, weight)
        squares = keras.ops.sum(weights * keras.ops.square(centred), axis=0)
        products = keras.ops.sum(weights * _product(centred, centred), axis=0)
        every = self.weight + weight
        share = keras.ops.divide_no_nan(weight, every)
        moved = means - self.means
        # Weighed before it is squared: of the first batch, large or not, it is zero.
        between = moved * (self.weight * share)
        self.squares.assign_add(squares + moved * between)
        self.products.assign_add(products + _product(moved, between))
        self.means.assign_add(moved * share)
        self.weight.assign_add(weight)

    def _outputs(self, given: Any) -> Any:
        """The tensor with an axis for the outputs: `(batch_size, ..., num_outputs)`."""
        tensor = keras.ops.convert_to_tensor(given, dtype=self.dtype)
        alone = len(tensor.shape) == 1 and self.num_outputs == 1
        return keras.ops.expand_dims(tensor, -1) if alone else tensor

    def _refuse_other_shape(
        self, true: tuple[int | None, ...], pred: tuple[int | None, ...]
    ) -> None:
        fits = len(pred) >= 2 and alike(true, pred)
        if not fits or pred[-1:] != (self.num_outputs,):
            message = (
                "Expected `y_true` and `y_pred` of one shape (batch_size, ..., "
                f"{self.num_outputs}), received {true} and {pred}. Set `num_outputs`, "
                "or reshape them."
            )
            raise ValueError(message)

    def result(self) -> Any:
        """Returns the correlation of all samples so far."""
        roots = keras.ops.sqrt(keras.ops.convert_to_tensor(self.squares))
        found = keras.ops.divide_no_nan(self.products, _product(roots, roots))
        found = keras.ops.clip(found, -1, 1)
        return keras.ops.mean(found) if self.average else found

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal metric."""
        return {
            **super().get_config(),
            "num_outputs": self.num_outputs,
            "average": self.average,
        }


def _product(one: Any, other: Any) -> Any:
    """What stands for the targets in one times what stands for predictions in another."""
    true, pred = (
        keras.ops.split(one, 2, axis=-1)[0],
        keras.ops.split(other, 2, axis=-1)[1],
    )
    return keras.ops.multiply(true, pred)


def _centred(samples: Any, weights: Any, weight: Any) -> tuple[Any, Any]:
    """The weighted means of samples `(samples, n)`, and the distances to them.

    One of the samples is subtracted first, so that a constant has distances of zero and
    not of a rounding, by which nothing could be divided.
    """
    place = keras.ops.argmax(weights, axis=0)  # a sample that counts, if any does
    counted = keras.ops.not_equal(weights, 0)
    zeros = keras.ops.zeros_like(samples)
    samples = keras.ops.where(counted, samples, zeros)
    origin = keras.ops.take(samples, place, axis=0)  # (1, n)
    near = keras.ops.where(counted, samples - origin, zeros)
    means = keras.ops.divide_no_nan(keras.ops.sum(weights * near, axis=0), weight)
    centred = keras.ops.where(counted, near - means, zeros)
    return means + origin[0], centred
