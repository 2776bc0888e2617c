"""`Pinball`: the loss that quantiles minimize."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from multibackend._arguments import number
from multibackend._shapes import alike
from multibackend.losses._columns import columns

__all__ = ["Pinball"]


@keras.saving.register_keras_serializable(package="multibackend")
class Pinball(keras.losses.Loss):
    """Computes the quantile loss for one or more quantiles at once.

    With the error `e = y_true - y_pred` of the prediction for the quantile `q`, the
    loss is `q * e` where the target is above and `(q - 1) * e` where it is below,
    averaged over the quantiles. The prediction with the least expected loss is the
    quantile `q` of the targets. At `e = 0` the derivative of the side above is taken.

    A mask of the predictions `(batch_size, ...)` hides samples or steps.

    Args:
        quantiles: A number between 0 and 1, both excluded, or a sequence of them: what
            each place of the last axis predicts.
        reduction: How the losses of the samples become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The targets; every quantile is one of the same target.
        y_pred: The predictions, one for each quantile.
        sample_weight: Optional weights that broadcast to `(batch_size, ...)`.

    Returns:
        A scalar, or one loss a sample where `reduction` is `None`.

    Raises:
        ValueError: A quantile is out of its bounds, or the shapes do not fit.

    Input shape:
        `y_true`: `(batch_size, ..., 1)`, or without the last axis. `y_pred`:
        `(batch_size, ..., len(quantiles))`.

    Output shape:
        `()`, or `(batch_size, ...)` where `reduction` is `None`.

    Reference:
        R. Koenker and G. Bassett, "Regression quantiles", 1978,
        https://doi.org/10.2307/1913643.

    Example:
    >>> loss = Pinball([0.1, 0.9])
    >>> round(float(loss([[1.0]], [[0.0, 2.0]])), 4)
    0.1
    """

    def __init__(
        self,
        quantiles: float | Sequence[float] = 0.5,
        *,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "pinball",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        several: list[Any] = (
            list(quantiles) if isinstance(quantiles, Sequence) else [quantiles]
        )
        if not several:
            message = (
                "Expected `quantiles` to hold a quantile or more, received none. "
                "Name one for each place of the last axis."
            )
            raise ValueError(message)
        self.quantiles = [
            number("quantiles", q, "It is the part below.", above=0, below=1)
            for q in several
        ]

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns one loss a sample; use the loss as a function instead."""
        y_true, y_pred = columns(y_true, y_pred)
        _refuse_other_shape(tuple(y_true.shape), tuple(y_pred.shape), self.quantiles)
        errors = y_true - y_pred  # (batch_size, ..., quantiles)
        quantiles = keras.ops.convert_to_tensor(self.quantiles, dtype=errors.dtype)
        slopes = keras.ops.where(errors >= 0, quantiles, quantiles - 1)
        return keras.ops.mean(slopes * errors, axis=-1)  # (batch_size, ...)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument but the dtype, as Keras' losses do."""
        return {**super().get_config(), "quantiles": list(self.quantiles)}


def _refuse_other_shape(
    true: tuple[int | None, ...], pred: tuple[int | None, ...], quantiles: list[float]
) -> None:
    due = (*pred[:-1], 1)
    fits = len(due) >= 2 and alike(true, due)
    if not fits or pred[-1] not in (None, len(quantiles)):
        message = (
            f"Expected `y_true` of shape (batch_size, ..., 1) and `y_pred` of shape "
            f"(batch_size, ..., {len(quantiles)}), received {true} and {pred}. The last "
            f"axis of the predictions holds the quantiles {quantiles} of each target."
        )
        raise ValueError(message)
