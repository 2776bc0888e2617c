"""The share of each sample in a statistic of the batch, from weights and masks."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._precision import at_least_float32
from multibackend.losses._shapes import (
    refuse_other_rank,
    refuse_other_shape,
    tensors,
)

__all__ = ["kept", "or_zero", "paired", "present", "shares"]


def shares(weights: Any) -> Any:
    """Weights as shares that sum to one, `(batch_size,)`; all zero where all are zero."""
    weights = at_least_float32(keras.ops.reshape(weights, (-1,)))
    total = keras.ops.sum(weights)
    zero = keras.ops.equal(total, 0.0)
    return weights / keras.ops.where(zero, keras.ops.ones_like(total), total)


def present(weights: Any) -> Any:
    """Which samples have a weight other than zero, `(batch_size,)`."""
    return keras.ops.not_equal(keras.ops.reshape(weights, (-1,)), 0.0)


def kept(x: Any, here: Any) -> Any:
    """The rows `(batch_size, dim)`, with zeros for the samples that are not here.

    So it does not matter what stands there: an infinity times zero is no number.
    """
    return keras.ops.where(here[:, None], x, keras.ops.zeros_like(x))


def or_zero(found: Any, share: Any) -> Any:
    """The statistic, or zero where no sample has a share in it."""
    some = keras.ops.any(keras.ops.not_equal(share, 0.0))
    return keras.ops.where(some, found, keras.ops.zeros_like(found))


def paired(y_true: Any, y_pred: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Two tensors `(batch_size, dim)` whose rows belong together, and the shares.

    Returns:
        Both, no narrower than float32 and zero where a row is absent; and the share of
        each row in both.

    Raises:
        ValueError: The shapes differ, or have not two axes.
    """
    y_true, y_pred = tensors(y_true, y_pred)
    refuse_other_rank("y_pred", y_pred, ("batch_size", "dim"))
    refuse_other_shape(y_true, y_pred)
    here = present(weights)
    first, second = (
        at_least_float32(kept(keras.ops.cast(given, y_pred.dtype), here))
        for given in (y_true, y_pred)
    )
    return first, second, shares(weights)
