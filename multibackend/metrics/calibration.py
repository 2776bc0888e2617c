"""`ExpectedCalibrationError`: how far confidence is from how often it is right."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, positive_integer
from multibackend.metrics._samples import add_rows, labelled

__all__ = ["ExpectedCalibrationError"]


@keras.saving.register_keras_serializable(package="multibackend")
class ExpectedCalibrationError(keras.metrics.Metric):
    """Averages the gap between accuracy and confidence over bins of confidence.

    `sum over bins b of (w_b / w) * abs(accuracy_b - confidence_b)`, where `w_b` is the
    weight of the samples whose confidence is in bin `b`, `w` that of all, and accuracy
    and confidence are weighted means within the bin. The confidence of a sample is the
    probability of its most probable class; of classes as probable the first one is
    predicted. Bin `b` of `bins` is above `b / bins` and up to `(b + 1) / bins`. The
    result is 0 while nothing is counted.

    Batches add up: any split gives the same result up to rounding.

    Args:
        bins: How many bins of equal width there are, a positive integer.
        from_logits: Whether predictions are logits and not probabilities.
        name: The name of the metric.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The class ids.
        y_pred: Probabilities or logits of the classes; one number a sample is that of
            class 1 of two. The Keras mask of `y_pred` leaves samples out.
        sample_weight: Optional weights, whose axes are the first ones of `y_true`. A
            sample of weight 0 may have any label.

    Returns:
        A scalar from 0 to 1.

    Raises:
        ValueError: The shapes do not fit, or a label is outside of the classes, which is
            seen where the tensors have values; while a graph is traced, such a sample
            does not count.

    Input shape:
        `y_true`: `(batch_size, ...)`, or `(batch_size, ..., 1)`. `y_pred`:
        `(batch_size, ..., classes)`; for two classes also `(batch_size, ..., 1)` or
        `(batch_size,)`.

    Output shape:
        `()`.

    Reference:
        Chuan Guo, Geoff Pleiss, Yu Sun, Kilian Q. Weinberger, 2017. On Calibration of
        Modern Neural Networks. https://arxiv.org/abs/1706.04599

    Example:
    >>> metric = ExpectedCalibrationError(bins=10)
    >>> metric.update_state([1, 0, 1], [[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]])
    >>> round(float(metric.result()), 4)
    0.3333
    """

    def __init__(
        self,
        bins: int = 15,
        *,
        from_logits: bool = False,
        name: str | None = "expected_calibration_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.bins = positive_integer("bins", bins, "It divides 0 to 1 evenly.")
        self.from_logits = flag(
            "from_logits", from_logits, "It says whether predictions are logits."
        )
        # A row for each bin: weight, and weighted sums of accuracy and confidence.
        self.sums = self.add_variable(
            shape=(self.bins, 3), initializer="zeros", dtype=self.dtype, name="sums"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds the samples of a batch."""
        labels, scores, weights = labelled(y_true, y_pred, sample_weight, self.dtype)
        confidence, predicted = self._predictions(scores)
        # Padding may hold no numbers.
        zeros = keras.ops.zeros_like(confidence)
        confidence = keras.ops.where(keras.ops.equal(weights, 0), zeros, confidence)
        right = keras.ops.cast(keras.ops.equal(labels, predicted), self.dtype)
        place = keras.ops.ceil(keras.ops.multiply(confidence, self.bins)) - 1
        place = keras.ops.clip(place, 0, self.bins - 1)
        rows = keras.ops.stack(
            [weights, weights * right, weights * confidence], axis=-1
        )  # (samples, 3)
        ids = keras.ops.cast(place, "int32")
        self.sums.assign_add(add_rows(rows, ids, self.bins))

    def _predictions(self, scores: Any) -> tuple[Any, Any]:
        """The confidences and the classes predicted, from scores `(samples, classes)`."""
        if scores.shape[-1] == 1:
            one = keras.ops.sigmoid(scores) if self.from_logits else scores
            one = keras.ops.squeeze(one, axis=-1)
            other = keras.ops.subtract(1, one)
            predicted = keras.ops.cast(keras.ops.greater(one, other), "int32")
            return keras.ops.maximum(one, other), predicted
        chances = keras.ops.softmax(scores, axis=-1) if self.from_logits else scores
        predicted = keras.ops.cast(keras.ops.argmax(chances, axis=-1), "int32")
        # Not keras.ops.max, which torch.compile does not read.
        place = keras.ops.expand_dims(predicted, -1)
        return keras.ops.take_along_axis(chances, place, axis=-1)[:, 0], predicted

    def result(self) -> Any:
        """Returns the error of all samples so far."""
        weight, right, confidence = keras.ops.unstack(
            keras.ops.convert_to_tensor(self.sums), 3, axis=-1
        )
        gaps = keras.ops.sum(keras.ops.abs(keras.ops.subtract(right, confidence)))
        return keras.ops.divide_no_nan(gaps, keras.ops.sum(weight))

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal metric."""
        return {
            **super().get_config(),
            "bins": self.bins,
            "from_logits": self.from_logits,
        }
