"""Weights and masks as Keras combines them: its public way to both is a loss."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["weighed"]


def weighed(
    values: Any, y_pred: Any, sample_weight: Any = None, *, reduction: Any = None
) -> Any:
    """The values times the sample weights and the mask of the predictions, reduced.

    A layer before may have left a mask at its outputs, which no public function reads.

    Args:
        values: Floats, one a sample: `(batch_size, ...)`.
        y_pred: The predictions as they were handed over.
        sample_weight: As for any loss.
        reduction: As for any loss; `None` keeps one value a sample.
    """
    # The name is a scope: the one that Keras would make is refused by TensorFlow.
    given = _Given("weighed", reduction, keras.backend.standardize_dtype(values.dtype))
    return given(values, y_pred, sample_weight)


class _Given(keras.losses.Loss):
    """Hands out its first argument, so that Keras weighs, masks and reduces it."""

    def call(self, y_true: Any, y_pred: Any) -> Any:  # noqa: ARG002 - as Keras calls it
        return y_true
