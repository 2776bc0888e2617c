"""`BatchLoss`: a loss of a whole batch, whose samples have no losses of their own.

Correlations and distances between distributions are not sums over samples, so weights
and masks must enter the statistic, and not multiply what comes out.
"""

from __future__ import annotations

from typing import Any

import keras

from multibackend._weighing import weighed

__all__ = ["BatchLoss"]


class BatchLoss(keras.losses.Loss):
    """The base of losses that are one number a batch.

    A subclass defines `statistic(y_true, y_pred, weights)`, where `weights` has one
    weight a sample, of the shape of `y_pred` without its last axis: what
    `sample_weight` and the mask of `y_pred` are together, as Keras combines them. It
    returns a scalar, which must not change when all weights are doubled.

    `reduction` works as for any other loss, as if every sample's loss were the number:
    `"sum"` multiplies it by the sum of the weights, `None` gives it to each sample times
    its weight, and the means hand it out as it is.
    """

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Returns the loss of the batch, reduced."""
        ones = _row_of_ones(keras.ops.convert_to_tensor(y_pred, dtype=self.dtype))
        weights = weighed(ones, y_pred, sample_weight)  # (batch_size, ...)
        with keras.name_scope(self.name):
            y_true, y_pred = (
                keras.ops.convert_to_tensor(given, dtype=self.dtype)
                for given in (y_true, y_pred)
            )
            found = self.statistic(y_true, y_pred, weights)
            if self.reduction == "sum":
                return found * keras.ops.sum(weights)
            if self.reduction in (None, "none"):
                return found * weights
            return found

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of the batch with equal weights."""
        return self.statistic(y_true, y_pred, _row_of_ones(y_pred))

    def statistic(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Returns the loss of the batch, a scalar; a subclass defines it."""
        raise NotImplementedError


def _row_of_ones(y_pred: Any) -> Any:
    return keras.ops.ones_like(y_pred[..., 0])
