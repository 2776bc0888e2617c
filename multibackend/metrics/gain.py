"""`NormalizedDiscountedCumulativeGain`: how near a ranking is to the best one."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import one_of, positive_integer
from multibackend.metrics._ranking import ranked, rows_of_queries

__all__ = ["NormalizedDiscountedCumulativeGain"]


@keras.saving.register_keras_serializable(package="multibackend")
class NormalizedDiscountedCumulativeGain(keras.metrics.Metric):
    """Averages over queries the discounted gain of a ranking, relative to the best one.

    `DCG = sum over the first k ranks r of gain(relevance_r) / log2(r + 1)`, with the
    gain `2**relevance - 1` or the relevance itself. A query's value is the DCG in the
    order of the scores, divided by the DCG in the order of the relevances. Of equal
    scores the document of the lower index comes first. A query without gain, whose
    relevances are all zero, has no best ranking and does not count. The result is 0
    while nothing is counted.

    Batches add up: any split gives the same result up to rounding.

    Args:
        k: How many ranks are looked at, or `None` for all.
        gains: `"exponential"` or `"linear"`.
        name: The name of the metric.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The relevances. A negative one marks padding: no document is there.
        y_pred: The scores. Their Keras mask marks padding as well.
        sample_weight: Optional weights, one a query.

    Returns:
        A scalar from 0 to 1.

    Raises:
        ValueError: An argument is none of the above, or the shapes do not fit.

    Input shape:
        `(queries, documents)`, both.

    Output shape:
        `()`.

    Reference:
        Kalervo Järvelin, Jaana Kekäläinen, 2002. Cumulated gain-based evaluation of IR
        techniques. https://doi.org/10.1145/582415.582418
        Exponential gains: Chris Burges and others, 2005. Learning to Rank using Gradient
        Descent. https://doi.org/10.1145/1102351.1102363

    Example:
    >>> metric = NormalizedDiscountedCumulativeGain(k=2)
    >>> metric.update_state([[0, 2, 1], [1, 0, -1]], [[0.9, 0.5, 0.1], [0.5, 0.1, 0.7]])
    >>> round(float(metric.result()), 4)
    0.7606
    """

    def __init__(
        self,
        k: int | None = None,
        gains: str = "exponential",
        *,
        name: str | None = "normalized_discounted_cumulative_gain",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.k = (
            None
            if k is None
            else positive_integer("k", k, "It is how many ranks are looked at.")
        )
        self.gains = one_of(
            "gains", gains, ("exponential", "linear"), "It values a relevance."
        )
        self.total = self.add_variable(
            shape=(), initializer="zeros", dtype=self.dtype, name="total"
        )
        self.count = self.add_variable(
            shape=(), initializer="zeros", dtype=self.dtype, name="count"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds the queries of a batch."""
        relevance, scores, there, weights = rows_of_queries(
            y_true, y_pred, sample_weight, self.dtype
        )
        gain = relevance
        if self.gains == "exponential":
            gain = keras.ops.subtract(keras.ops.exp2(relevance), 1)  # 0 for padding
        reached = self._discounted(scores, there, gain)  # (queries,)
        best = self._discounted(relevance, there, gain)
        zeros = keras.ops.zeros_like(weights)
        weights = keras.ops.where(keras.ops.greater(best, 0), weights, zeros)
        share = keras.ops.divide_no_nan(reached, best)
        self.total.assign_add(keras.ops.sum(weights * share))
        self.count.assign_add(keras.ops.sum(weights))

    def _discounted(self, scores: Any, there: Any, gain: Any) -> Any:
        ranks, gain = ranked(scores, there, gain)
        # Padding has rank 0 and gain 0: its discount must only not be zero.
        discount = keras.ops.log2(keras.ops.add(keras.ops.maximum(ranks, 1), 1))
        terms = keras.ops.divide(gain, discount)
        if self.k is not None:
            first = keras.ops.less_equal(ranks, self.k)
            terms = keras.ops.where(first, terms, keras.ops.zeros_like(terms))
        return keras.ops.sum(terms, axis=-1)

    def result(self) -> Any:
        """Returns the mean over all queries so far."""
        return keras.ops.divide_no_nan(self.total, self.count)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal metric."""
        return {**super().get_config(), "k": self.k, "gains": self.gains}
