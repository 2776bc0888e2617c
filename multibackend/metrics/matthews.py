"""`MatthewsCorrelation`: the correlation between predicted and true classes."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number, positive_integer
from multibackend.metrics._samples import add_rows, labelled

__all__ = ["MatthewsCorrelation"]


@keras.saving.register_keras_serializable(package="multibackend")
class MatthewsCorrelation(keras.metrics.Metric):
    """Correlates predicted with true classes, however unequal these are in number.

    With the confusion matrix `C` (true classes in rows), `s` the sum of all,
    `t_k` that of row `k` and `p_k` that of column `k`, it is
    `(s * trace(C) - sum(t_k * p_k)) / sqrt((s**2 - sum(p_k**2)) * (s**2 - sum(t_k**2)))`,
    Gorodkin's `R_K`. For two classes this is Matthews' coefficient
    `(TP * TN - FP * FN) / sqrt((TP + FP) * (TP + FN) * (TN + FP) * (TN + FN))`. The
    result is 0 where all labels or all predictions are one class, and while nothing is
    counted.

    Batches add up: any split gives the same result up to rounding.

    Args:
        num_classes: How many classes there are, 2 or more.
        threshold: Of two classes scored by one number, 1 is predicted above it.
        name: The name of the metric.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The class ids.
        y_pred: Scores of the classes, of which the largest is predicted, the first one
            of equal ones; or, for two classes, one score a sample. The Keras mask of
            `y_pred` leaves samples out.
        sample_weight: Optional weights, whose axes are the first ones of `y_true`. A
            sample of weight 0 may have any label.

    Returns:
        A scalar from -1 to 1.

    Raises:
        ValueError: An argument is none of the above, the shapes do not fit, or a label is
            outside of the classes, which is seen where the tensors have values; while a
            graph is traced, such a sample does not count.

    Input shape:
        `y_true`: `(batch_size, ...)`, or `(batch_size, ..., 1)`. `y_pred`:
        `(batch_size, ..., num_classes)`; for two classes also `(batch_size, ..., 1)` or
        `(batch_size,)`.

    Output shape:
        `()`.

    Reference:
        Jan Gorodkin, 2004. Comparing two K-category assignments by a K-category
        correlation coefficient. https://doi.org/10.1016/j.compbiolchem.2004.09.006

    Example:
    >>> metric = MatthewsCorrelation(2)
    >>> metric.update_state([1, 1, 1, 0], [0.9, 0.8, 0.3, 0.1])
    >>> round(float(metric.result()), 4)
    0.5774
    """

    def __init__(
        self,
        num_classes: int = 2,
        *,
        threshold: float = 0.5,
        name: str | None = "matthews_correlation",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.num_classes = positive_integer(
            "num_classes", num_classes, "The confusion matrix has a row for each class."
        )
        if num_classes == 1:
            message = (
                "Expected `num_classes` of 2 or more, received 1. One class is always "
                "right."
            )
            raise ValueError(message)
        self.threshold = number(
            "threshold", threshold, "Of two classes, 1 is predicted above it."
        )
        self.confusion = self.add_variable(
            shape=(self.num_classes, self.num_classes),
            initializer="zeros",
            dtype=self.dtype,
            name="confusion",
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds the samples of a batch."""
        labels, scores, weights = labelled(y_true, y_pred, sample_weight, self.dtype)
        width = scores.shape[-1]
        if width != self.num_classes and (self.num_classes, width) != (2, 1):
            message = (
                f"Expected `y_pred` with a last axis of {self.num_classes} scores, "
                f"received {width}. Set `num_classes`, or give a score for each class."
            )
            raise ValueError(message)
        if width == 1:
            score = keras.ops.squeeze(scores, axis=-1)
            threshold = keras.ops.convert_to_tensor(self.threshold, dtype=self.dtype)
            predicted = keras.ops.cast(keras.ops.greater(score, threshold), "int32")
        else:
            predicted = keras.ops.cast(keras.ops.argmax(scores, axis=-1), "int32")
        cells = labels * self.num_classes + predicted
        sums = add_rows(weights, cells, self.num_classes**2)
        self.confusion.assign_add(
            keras.ops.reshape(sums, (self.num_classes, self.num_classes))
        )

    def result(self) -> Any:
        """Returns the correlation of all samples so far."""
        matrix = keras.ops.convert_to_tensor(self.confusion)
        right = keras.ops.diagonal(matrix)  # (num_classes,), as all below
        missed = keras.ops.sum(matrix, axis=1) - right
        wrongly = keras.ops.sum(matrix, axis=0) - right
        total = keras.ops.sum(matrix)
        rest = total - right - missed - wrongly
        # The differences above are exact while counts are whole; products of shares of
        # one cannot overflow.
        right, missed, wrongly, rest = (
            keras.ops.divide_no_nan(part, total)
            for part in (right, missed, wrongly, rest)
        )
        covariance = keras.ops.sum(right * rest - missed * wrongly)
        of_true = keras.ops.sum((right + missed) * (wrongly + rest))
        of_predicted = keras.ops.sum((right + wrongly) * (missed + rest))
        spread = keras.ops.sqrt(of_true) * keras.ops.sqrt(of_predicted)
        return keras.ops.clip(keras.ops.divide_no_nan(covariance, spread), -1, 1)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal metric."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "threshold": self.threshold,
        }
