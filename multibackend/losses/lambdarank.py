"""`LambdaRank`: pairs of documents, each with the NDCG that is at stake."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number, positive_integer
from multibackend._precision import constant
from multibackend.losses._lists import ListLoss

__all__ = ["LambdaRank"]


@keras.saving.register_keras_serializable(package="multibackend")
class LambdaRank(ListLoss):
    """Computes a logistic loss of pairs, weighed by what swapping them does to NDCG.

    For each list the sum over all pairs with `y_true[i] > y_true[j]` of

    `weight[i, j] * log(1 + exp(-sigma * (y_pred[i] - y_pred[j])))`,

    `weight[i, j] = abs(gain[i] - gain[j]) * abs(discount[i] - discount[j]) / ideal`

    with `gain = 2 ** y_true - 1`, `discount = 1 / log2(1 + rank)` and the DCG of the
    best order, `ideal`. A rank, from 1, is the place of the document in the order of
    falling scores; of two equal scores the first in the list stands first. Ranks are
    constants to the gradient.

    Places without a document are those with a relevance below 0, and those that a mask
    of the predictions `(batch_size, documents)` hides. They take no part. A list
    without two documents of different relevance has loss 0 and counts in a mean as a
    list. Memory grows with the square of the list's length.

    Args:
        sigma: How steep the logistic function is, positive.
        k: Only the first `k` places count, in the discounts and in `ideal`, as in
            NDCG@k; all by default.
        reduction: How the losses of the lists become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default. Half
            precision is computed in float32 and rounded at the end.

    Call arguments:
        y_true: The relevances, zero or more, usually grades from 0 to 4; below 0 at
            padding.
        y_pred: The scores, any real numbers.
        sample_weight: Optional weights of the lists, `(batch_size,)`.

    Returns:
        A scalar, or one loss a list where `reduction` is `None`.

    Raises:
        ValueError: An argument is out of its bounds, or the shapes do not fit.

    Input shape:
        `(batch_size, documents)` or `(batch_size, documents, 1)`, both.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        X. Wang, C. Li, N. Golbandi, M. Bendersky and M. Najork, "The LambdaLoss
        framework for ranking metric optimization", 2018,
        https://doi.org/10.1145/3269206.3271784. The logarithm of the logistic loss is
        the natural one here.

    Example:
    >>> loss = LambdaRank()
    >>> round(float(loss([[1.0, 0.0]], [[0.0, 0.0]])), 4)  # log(2) * (1 - 1 / log2(3))
    0.2558
    """

    def __init__(
        self,
        *,
        sigma: float = 1.0,
        k: int | None = None,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "lambda_rank",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.sigma = number("sigma", sigma, "It is a steepness.", above=0)
        if k is not None:
            k = positive_integer("k", k, "It is how many places count; None is all.")
        self.k = k

    def one_a_list(self, relevance: Any, scores: Any, filled: Any) -> Any:
        """Returns one loss a list."""
        zeros = keras.ops.zeros_like(scores)
        infinite = keras.ops.full_like(scores, float("inf"))
        places = keras.ops.cumsum(keras.ops.ones_like(scores), axis=-1)
        gains = keras.ops.power(zeros + 2, relevance) - 1  # 0 at padding
        best = keras.ops.flip(keras.ops.sort(gains, axis=-1), axis=-1)
        ideal = keras.ops.sum(best * self._discounts(places), axis=-1)  # (batch_size,)
        ideal = keras.ops.where(ideal > 0, ideal, keras.ops.ones_like(ideal))

        ranks = _ranks(keras.ops.where(filled, scores, -infinite), places)
        discounts = self._discounts(ranks)
        stakes = keras.ops.abs(_differences(gains) * _differences(discounts))
        # Keras' softplus is a straight line from 20 on, on torch; this is exact.
        margins = _differences(scores * constant(self.sigma, scores))
        losses = -keras.ops.log_sigmoid(margins) * stakes  # (batch_size, i, j)
        # Padding is relevant to none: above no document, and below none.
        above = keras.ops.where(filled, relevance, -infinite)
        below = keras.ops.where(filled, relevance, infinite)
        ordered = above[:, :, None] > below[:, None, :]
        losses = keras.ops.where(ordered, losses, keras.ops.zeros_like(losses))
        return keras.ops.sum(losses, axis=(-2, -1)) / ideal

    def _discounts(self, ranks: Any) -> Any:
        """By the place; the base of the logarithm cancels in the weights."""
        discounts = 1 / keras.ops.log1p(ranks)
        if self.k is None:
            return discounts
        zeros = keras.ops.zeros_like(discounts)
        return keras.ops.where(ranks <= self.k, discounts, zeros)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument but the dtype, as Keras' losses do."""
        return {**super().get_config(), "sigma": self.sigma, "k": self.k}


def _differences(x: Any) -> Any:
    """`x[i] - x[j]`, `(batch_size, i, j)`."""
    return x[:, :, None] - x[:, None, :]


def _ranks(values: Any, places: Any) -> Any:
    """The places from 1 in falling order of the values, equal ones as they stand.

    Counted, and not sorted: how a sort orders equal values differs between backends.
    """
    mine, other = values[:, :, None], values[:, None, :]
    earlier = places[:1, None, :] < places[:1, :, None]  # (1, i, j): j before i
    before = keras.ops.where(earlier, other >= mine, other > mine)
    return 1 + keras.ops.sum(keras.ops.cast(before, values.dtype), axis=-1)
