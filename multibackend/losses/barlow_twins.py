"""`BarlowTwins`: correlates each feature of two views with itself and with no other."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number
from multibackend._precision import constant
from multibackend.losses._batch import BatchLoss
from multibackend.losses._moments import centered, covariance, variance
from multibackend.losses._pairwise import off_diagonal
from multibackend.losses._shares import or_zero, paired

__all__ = ["BarlowTwins"]


@keras.saving.register_keras_serializable(package="multibackend")
class BarlowTwins(BatchLoss):
    """Computes how far the cross-correlation of two views is from the identity.

    `sum_i (1 - C_ii)^2 + redundancy * sum_{i != j} C_ij^2`, where `C_ij` is the
    correlation over the batch of feature `i` of the first views with feature `j` of the
    second ones. Features are divided by `sqrt(variance + epsilon)`, with the variance
    of the batch itself, as a batch normalization without scale and offset does.

    Weights enter the means and correlations: a sample that is masked or has the weight
    zero is as if absent. A feature that is constant, as every one is in a batch of
    one, correlates with nothing and has no gradient.

    Args:
        redundancy: The weight of the correlations between features, `lambda` of the
            paper; zero or more.
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
        - J. Zbontar, L. Jing, I. Misra, Y. LeCun, S. Deny, 2021, "Barlow Twins:
          Self-Supervised Learning via Redundancy Reduction",
          https://arxiv.org/abs/2103.03230

    Example:
    >>> loss = BarlowTwins(redundancy=0.5)
    >>> views = [[1.0, 1.0], [0.0, 0.0]]
    >>> round(float(loss(views, views)), 3)
    1.0
    """

    def __init__(
        self,
        redundancy: float = 0.005,
        *,
        epsilon: float = 1e-5,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "barlow_twins",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.redundancy = number(
            "redundancy",
            redundancy,
            "It weighs the correlations between features.",
            low=0,
        )
        self.epsilon = number(
            "epsilon", epsilon, "It keeps constant features finite.", above=0
        )

    def statistic(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Returns the loss of the batch, a scalar."""
        first, second, share = paired(y_true, y_pred, weights)
        first, second = (
            self._standardized(centered(view, share), share) for view in (first, second)
        )
        correlation = covariance(first, second, share)  # (dim, dim)
        itself = keras.ops.diagonal(correlation)  # (dim,)
        alone = keras.ops.sum(keras.ops.square(1.0 - itself))
        others = keras.ops.where(
            off_diagonal(correlation), correlation, keras.ops.zeros_like(correlation)
        )
        shared = keras.ops.sum(keras.ops.square(others))
        found = alone + constant(self.redundancy, shared) * shared
        return keras.ops.cast(or_zero(found, share), y_pred.dtype)

    def _standardized(self, view: Any, share: Any) -> Any:
        spread = variance(view, share) + constant(self.epsilon, view)  # (dim,)
        return view * keras.ops.rsqrt(spread)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal loss."""
        return {
            **super().get_config(),
            "redundancy": self.redundancy,
            "epsilon": self.epsilon,
        }
