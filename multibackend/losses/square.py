"""`SquareLoss`: the mean of the squared errors."""

from __future__ import annotations

from typing import Any

import keras

from multibackend.losses._shapes import refuse_other_shape, tensors

__all__ = ["SquareLoss"]


@keras.saving.register_keras_serializable(package="multibackend")
class SquareLoss(keras.losses.Loss):
    """Computes the mean of `(y_true - y_pred) ** 2`.

    Targets and predictions must have the same shape: `(n,)` against `(n, 1)` would
    broadcast to `(n, n)` and train towards the mean of the targets without a word.

    Args:
        reduction: How the losses of the samples become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The targets.
        y_pred: The predictions, of the same shape.
        sample_weight: Optional weights that broadcast to `(batch_size, ...)`.

    Returns:
        A scalar, or one loss a sample where `reduction` is `None`.

    Raises:
        ValueError: The shapes differ, or are scalars.

    Input shape:
        `(batch_size, ..., outputs)`, both.

    Output shape:
        `()`, or `(batch_size, ...)` where `reduction` is `None`.

    Example:
    >>> loss = SquareLoss()
    >>> round(float(loss([[0.0], [1.0]], [[1.0], [3.0]])), 6)
    2.5
    """

    def __init__(
        self,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "square_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns one loss a sample; use the loss as a function instead."""
        y_true, y_pred = tensors(y_true, y_pred)
        refuse_other_shape(y_true, y_pred)
        errors = keras.ops.subtract(y_true, y_pred)  # (batch_size, ..., outputs)
        return keras.ops.mean(keras.ops.square(errors), axis=-1)  # (batch_size, ...)
