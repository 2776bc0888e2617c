"""`ListNet`: the top-one cross entropy of lists of documents."""

from __future__ import annotations

from typing import Any

import keras

from multibackend.losses._lists import ListLoss

__all__ = ["ListNet"]


@keras.saving.register_keras_serializable(package="multibackend")
class ListNet(ListLoss):
    """Computes the cross entropy between who should and who would stand first.

    For each list `-sum(softmax(y_true) * log_softmax(y_pred))`: scores `s` put a
    document first with probability `exp(s) / sum(exp(s))`, and so do the relevances.
    Lists without a relevant document train towards equal scores.

    Places without a document are those with a relevance below 0, and those that a mask
    of the predictions `(batch_size, documents)` hides. They take no part. A list
    without documents has loss 0 and counts in a mean as a list; so has one with a
    single document.

    Args:
        reduction: How the losses of the lists become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default. Half
            precision is computed in float32 and rounded at the end.

    Call arguments:
        y_true: The relevances, zero or more; below 0 at padding.
        y_pred: The scores, any real numbers.
        sample_weight: Optional weights of the lists, `(batch_size,)`.

    Returns:
        A scalar, or one loss a list where `reduction` is `None`.

    Raises:
        ValueError: The shapes do not fit.

    Input shape:
        `(batch_size, documents)` or `(batch_size, documents, 1)`, both.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        Z. Cao, T. Qin, T.-Y. Liu, M.-F. Tsai and H. Li, "Learning to rank: from
        pairwise approach to listwise approach", 2007,
        https://doi.org/10.1145/1273496.1273513.

    Example:
    >>> loss = ListNet()
    >>> round(float(loss([[1.0, 1.0, -1.0]], [[3.0, 3.0, 9.0]])), 4)  # log(2)
    0.6931
    """

    def __init__(
        self,
        *,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "list_net",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def one_a_list(self, relevance: Any, scores: Any, filled: Any) -> Any:
        """Returns one loss a list."""
        zeros = keras.ops.zeros_like(scores)
        wanted = keras.ops.exp(_log_softmax(relevance, filled))
        each = keras.ops.where(filled, wanted * _log_softmax(scores, filled), zeros)
        return -keras.ops.sum(each, axis=-1)


def _log_softmax(x: Any, filled: Any) -> Any:
    """Over the filled places of each row; what stands at the others is finite."""
    # Finite, so that a row of padding has no difference of two infinities.
    lowest = keras.ops.full_like(x, -1e30)
    return keras.ops.log_softmax(keras.ops.where(filled, x, lowest), axis=-1)
