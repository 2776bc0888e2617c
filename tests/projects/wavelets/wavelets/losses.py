"""A loss and a metric on wavelet coefficients."""

from __future__ import annotations

import keras
from keras import ops


class CoefficientLoss(keras.losses.Loss):
    """The mean square of the error, its differences weighed by `detail`."""

    def __init__(self, detail: float = 2.0, name: str = "coefficient_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.detail = detail

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        fine = error[..., ::2] - error[..., 1::2]
        return ops.mean(error**2, axis=-1) + self.detail * ops.mean(fine**2, axis=-1)

    def get_config(self):
        return {**super().get_config(), "detail": self.detail}


class Energy(keras.metrics.Metric):
    """The mean square of what is predicted, over all batches."""

    def __init__(self, name: str = "energy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.sum = self.add_weight(name="sum", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.cast(y_pred, self.dtype)
        self.sum.assign_add(ops.sum(y_pred**2))
        self.count.assign_add(ops.cast(ops.size(y_pred), self.dtype))

    def result(self):
        return self.sum / self.count
