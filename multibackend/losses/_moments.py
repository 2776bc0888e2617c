"""Means, variances and covariances over a batch whose samples have shares in it."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["centered", "covariance", "variance"]


def centered(x: Any, share: Any) -> Any:
    """The rows less their mean, `(batch_size, dim)`; shares are `(batch_size,)`."""
    return x - keras.ops.sum(share[:, None] * x, axis=0, keepdims=True)


def variance(deviations: Any, share: Any) -> Any:
    """The variance of each column of centered rows, `(dim,)`."""
    return keras.ops.sum(share[:, None] * keras.ops.square(deviations), axis=0)


def covariance(first: Any, second: Any, share: Any) -> Any:
    """The covariance of each column with each of another, both centered, `(dim, dim)`."""
    return keras.ops.matmul(keras.ops.transpose(share[:, None] * first), second)
