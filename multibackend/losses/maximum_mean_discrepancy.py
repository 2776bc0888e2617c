"""`MaximumMeanDiscrepancy`: how well kernels tell two samples from each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from multibackend._arguments import flag, number
from multibackend._precision import constant
from multibackend.losses._batch import BatchLoss
from multibackend.losses._pairwise import squared_distances
from multibackend.losses._shares import or_zero, paired

__all__ = ["MaximumMeanDiscrepancy"]


@keras.saving.register_keras_serializable(package="multibackend")
class MaximumMeanDiscrepancy(BatchLoss):
    """Computes the squared maximum mean discrepancy of two samples.

    `mean_ij k(x_i, x_j) + mean_ij k(y_i, y_j) - 2 mean_ij k(x_i, y_j)` with the rows
    `x_i` of `y_true`, `y_j` of `y_pred` and a mean of Gaussian kernels,
    `k(x, y) = mean_b exp(-|x - y|^2 / (2 b^2))` over the bandwidths `b`. The biased
    estimate takes all pairs and is zero or more. The unbiased one leaves out `i = j`
    in the first two means and may be negative.

    As in `fit`, both samples have as many rows, and the weight of a row holds for both:
    weights enter the means, and a row that is masked or has the weight zero is as if
    absent. In a batch of one there is no unbiased estimate, and the biased one is
    taken.

    Args:
        bandwidths: The standard deviations of the kernels, positive numbers. They
            should cover the distances between rows.
        unbiased: Whether the pairs of a row with itself are left out.
        reduction: What becomes of the loss of the batch, as in `keras.Loss`: the means
            hand it out as it is, `"sum"` multiplies it by the sum of the weights.
        name: The name of the loss.
        dtype: The dtype of the loss; `keras.config.floatx()` by default. Half
            precision is summed in float32.

    Call arguments:
        y_true: The one sample.
        y_pred: The other sample, of the same shape.
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
        - A. Gretton, K. Borgwardt, M. Rasch, B. Schoelkopf, A. Smola, 2012, "A Kernel
          Two-Sample Test", https://jmlr.org/papers/v13/gretton12a.html
        - Y. Li, K. Swersky, R. Zemel, 2015, "Generative Moment Matching Networks",
          https://arxiv.org/abs/1502.02761

    Example:
    >>> loss = MaximumMeanDiscrepancy(bandwidths=[1.0])
    >>> round(float(loss([[0.0], [1.0]], [[0.0], [1.0]])), 4)
    0.0
    >>> round(float(loss([[0.0]], [[1.0]])), 4)
    0.7869
    """

    def __init__(
        self,
        bandwidths: Sequence[float] = (0.5, 1.0, 2.0, 4.0),
        *,
        unbiased: bool = False,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "maximum_mean_discrepancy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.bandwidths = _positive(bandwidths)
        self.unbiased = flag(
            "unbiased", unbiased, "It leaves out the pairs of a row with itself."
        )

    def statistic(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Returns the squared discrepancy, a scalar."""
        x, y, share = paired(y_true, y_pred, weights)
        both = share[:, None] * share[None, :]  # (batch_size, batch_size)
        between = keras.ops.sum(both * self._kernel(x, y))
        found = self._within(x, share, both) + self._within(y, share, both)
        found = or_zero(found - 2.0 * between, share)
        return keras.ops.cast(found, y_pred.dtype)

    def _kernel(self, x: Any, y: Any) -> Any:
        squares = squared_distances(x, y)  # (batch_size, batch_size)
        kernels = [
            keras.ops.exp(constant(-0.5 / bandwidth**2, squares) * squares)
            for bandwidth in self.bandwidths
        ]
        return sum(kernels[1:], kernels[0]) * constant(1 / len(kernels), squares)

    def _within(self, x: Any, share: Any, both: Any) -> Any:
        """The mean of the kernel within one sample."""
        whole = keras.ops.sum(both * self._kernel(x, x))
        if not self.unbiased:
            return whole
        # The kernel of a row with itself is 1.
        itself = keras.ops.sum(keras.ops.square(share))
        rest = keras.ops.sum(share * (1.0 - share))
        one = keras.ops.equal(rest, 0.0)
        rest = keras.ops.where(one, keras.ops.ones_like(rest), rest)
        return keras.ops.where(one, whole, (whole - itself) / rest)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal loss."""
        return {
            **super().get_config(),
            "bandwidths": list(self.bandwidths),
            "unbiased": self.unbiased,
        }


def _positive(bandwidths: Any) -> tuple[float, ...]:
    if not isinstance(bandwidths, list | tuple) or not bandwidths:
        message = (
            f"Expected `bandwidths` to be one or more numbers, received {bandwidths!r}. "
            "Each is the standard deviation of a kernel."
        )
        raise ValueError(message)
    return tuple(
        number(
            "bandwidths", one, "Each is the standard deviation of a kernel.", above=0
        )
        for one in bandwidths
    )
