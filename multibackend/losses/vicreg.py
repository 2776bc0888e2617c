"""`VICReg`: brings two views together, keeps features alive and apart from each other."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number
from multibackend._precision import constant
from multibackend.losses._batch import BatchLoss
from multibackend.losses._moments import centered, covariance, variance
from multibackend.losses._pairwise import off_diagonal
from multibackend.losses._shares import or_zero, paired

__all__ = ["VICReg"]


@keras.saving.register_keras_serializable(package="multibackend")
class VICReg(BatchLoss):
    """Computes the variance-invariance-covariance regularization of two views.

    `invariance * s(a, b) + variance * (v(a) + v(b)) + covariance * (c(a) + c(b))` with

    - `s(a, b)`, the mean over samples and features of `(a - b)^2`;
    - `v(a)`, the mean over features of `max(0, target - sqrt(var_j + epsilon))`;
    - `c(a)`, the sum of the squared covariances of different features, divided by
      `dim`.

    Variances and covariances are unbiased. This is Algorithm 1 of the paper. Its
    published code halves the variance term, and its formula of `s` has no mean over
    features.

    Weights enter means and covariances: a sample that is masked or has the weight zero
    is as if absent. In a batch of one, variances and covariances are zero.

    Args:
        invariance: The weight of `s`, zero or more.
        variance: The weight of `v`, zero or more.
        covariance: The weight of `c`, zero or more.
        target: The standard deviation below which a feature is pushed apart, a
            positive number.
        epsilon: What is added to the variances, a positive number.
        reduction: What becomes of the loss of the batch, as in `keras.Loss`: the means
            hand it out as it is, `"sum"` multiplies it by the sum of the weights.
        name: The name of the loss.
        dtype: The dtype of the loss; `keras.config.floatx()` by default. Half
            precision is summed in float32.

    Call arguments:
        y_true: The embeddings of the first views.
        y_pred: The embeddings of the second views, of the same shape.
        sample_weight: Optional weights that broadcast to `(batch_size,)`.

    Returns:
        A scalar, or it times each weight where `reduction` is `None`.

    Raises:
        ValueError: An argument is out of range, or the shapes differ or have not two
            axes.

    Input shape:
        `(batch_size, dim)`, both.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        - A. Bardes, J. Ponce, Y. LeCun, 2022, "VICReg: Variance-Invariance-Covariance
          Regularization for Self-Supervised Learning", https://arxiv.org/abs/2105.04906

    Example:
    >>> loss = VICReg(invariance=1.0, variance=0.0, covariance=0.0)
    >>> round(float(loss([[0.0, 1.0], [2.0, 3.0]], [[1.0, 1.0], [2.0, 3.0]])), 4)
    0.25
    """

    def __init__(
        self,
        invariance: float = 25.0,
        variance: float = 25.0,
        covariance: float = 1.0,
        *,
        target: float = 1.0,
        epsilon: float = 1e-4,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "vicreg",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.invariance = number(
            "invariance", invariance, "It weighs the distance of the views.", low=0
        )
        self.variance = number(
            "variance", variance, "It weighs the spread of each feature.", low=0
        )
        self.covariance = number(
            "covariance", covariance, "It weighs the covariances of features.", low=0
        )
        self.target = number(
            "target", target, "It is the least standard deviation.", above=0
        )
        self.epsilon = number(
            "epsilon", epsilon, "It keeps constant features finite.", above=0
        )

    def statistic(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Returns the loss of the batch, a scalar."""
        first, second, share = paired(y_true, y_pred, weights)
        errors = keras.ops.mean(keras.ops.square(first - second), axis=-1)
        found = constant(self.invariance, errors) * keras.ops.sum(share * errors)
        for view in (first, second):
            found = found + self._regularized(centered(view, share), share)
        return keras.ops.cast(or_zero(found, share), y_pred.dtype)

    def _regularized(self, view: Any, share: Any) -> Any:
        """The variance and the covariance term of one centered view."""
        # n / (n - 1) for equal shares; zero where one sample has them all
        rest = keras.ops.sum(share * (1.0 - share))
        one = keras.ops.equal(rest, 0.0)
        unbiased = keras.ops.where(
            one,
            keras.ops.zeros_like(rest),
            1.0 / keras.ops.where(one, keras.ops.ones_like(rest), rest),
        )
        deviation = keras.ops.sqrt(
            unbiased * variance(view, share) + constant(self.epsilon, view)
        )  # (dim,)
        short = keras.ops.relu(constant(self.target, view) - deviation)
        matrix = unbiased * covariance(view, view, share)  # (dim, dim)
        others = keras.ops.where(
            off_diagonal(matrix), matrix, keras.ops.zeros_like(matrix)
        )
        together = keras.ops.sum(keras.ops.mean(keras.ops.square(others), axis=-1))
        return (
            constant(self.variance, view) * keras.ops.mean(short)
            + constant(self.covariance, view) * together
        )

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal loss."""
        return {
            **super().get_config(),
            "invariance": self.invariance,
            "variance": self.variance,
            "covariance": self.covariance,
            "target": self.target,
            "epsilon": self.epsilon,
        }
