"""`RetrievalRecall`: how many of the relevant documents are found among the first."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import positive_integer
from multibackend.metrics._ranking import ranked, rows_of_queries

__all__ = ["RetrievalRecall"]


@keras.saving.register_keras_serializable(package="multibackend")
class RetrievalRecall(keras.metrics.Metric):
    """Averages over queries the share of relevant documents among the `k` best scored.

    A document is relevant where its relevance is above zero. Of equal scores the
    document of the lower index comes first. A query without a relevant document has no
    recall and does not count. The result is 0 while nothing is counted.

    Batches add up: any split gives the same result up to rounding.

    Args:
        k: How many documents are looked at, a positive integer.
        name: The name of the metric.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The relevances. A negative one marks padding: no document is there.
        y_pred: The scores. Their Keras mask marks padding as well.
        sample_weight: Optional weights, one a query.

    Returns:
        A scalar from 0 to 1.

    Raises:
        ValueError: `k` is no positive integer, or the shapes do not fit.

    Input shape:
        `(queries, documents)`, both.

    Output shape:
        `()`.

    Reference:
        Christopher D. Manning, Prabhakar Raghavan, Hinrich Schütze, 2008. Introduction
        to Information Retrieval, chapter 8.
        https://nlp.stanford.edu/IR-book/html/htmledition/evaluation-of-ranked-retrieval-results-1.html

    Example:
    >>> metric = RetrievalRecall(k=2)
    >>> metric.update_state([[1, 0, 1], [0, 1, -1]], [[0.9, 0.2, 0.1], [0.5, 0.1, 0.7]])
    >>> round(float(metric.result()), 4)
    0.75
    """

    def __init__(
        self, k: int, *, name: str | None = "retrieval_recall", dtype: Any = None
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.k = positive_integer("k", k, "It is how many documents are looked at.")
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
        relevant = keras.ops.cast(keras.ops.greater(relevance, 0), self.dtype)
        ranks, relevant = ranked(scores, there, relevant)
        first = keras.ops.cast(keras.ops.less_equal(ranks, self.k), self.dtype)
        found = keras.ops.sum(relevant * first, axis=-1)  # (queries,)
        every = keras.ops.sum(relevant, axis=-1)
        zeros = keras.ops.zeros_like(weights)
        weights = keras.ops.where(keras.ops.greater(every, 0), weights, zeros)
        recall = keras.ops.divide_no_nan(found, every)
        self.total.assign_add(keras.ops.sum(weights * recall))
        self.count.assign_add(keras.ops.sum(weights))

    def result(self) -> Any:
        """Returns the mean recall of all queries so far."""
        return keras.ops.divide_no_nan(self.total, self.count)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal metric."""
        return {**super().get_config(), "k": self.k}
