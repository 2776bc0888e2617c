"""`GaussianNLL`: the negative log-likelihood of a normal distribution."""

from __future__ import annotations

import math
from typing import Any

import keras

from multibackend._arguments import flag, number
from multibackend._precision import constant
from multibackend.losses._columns import packed

__all__ = ["GaussianNLL"]


@keras.saving.register_keras_serializable(package="multibackend")
class GaussianNLL(keras.losses.Loss):
    """Computes how unlikely targets are under predicted means and variances.

    `0.5 * (log(variance) + (y_true - mean) ** 2 / variance)`, averaged over the outputs.
    The last axis of the predictions holds all means, then a number `s` for each
    variance:

    - `log_variance=True`: `variance = exp(s) + floor`. Nothing overflows, and the
      gradient never stops.
    - `log_variance=False`: `variance = max(s, floor)`. Below the floor, where a
      negative "variance" is too, `s` has no gradient: make it positive before, such as
      by a softplus.

    A mask of the predictions `(batch_size, ...)` hides samples or steps.

    Args:
        log_variance: Whether the predictions hold logarithms of variances (the
            default), or the variances.
        full: Whether the constant `0.5 * log(2 * pi)` is added, which makes the loss
            the logarithm of a density.
        floor: The smallest variance, positive.
        reduction: How the losses of the samples become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default. Half
            precision is computed in float32 and rounded at the end.

    Call arguments:
        y_true: The targets.
        y_pred: The predictions: means, then logarithms of variances (or variances).
        sample_weight: Optional weights that broadcast to `(batch_size, ...)`.

    Returns:
        A scalar, or one loss a sample where `reduction` is `None`.

    Raises:
        ValueError: An argument is out of its bounds, or the shapes do not fit.

    Input shape:
        `y_true`: `(batch_size, ..., outputs)`; the last axis may be left out where
        there is one output. `y_pred`: `(batch_size, ..., 2 * outputs)`.

    Output shape:
        `()`, or `(batch_size, ...)` where `reduction` is `None`.

    Reference:
        D. A. Nix and A. S. Weigend, "Estimating the mean and variance of the target
        probability distribution", 1994, https://doi.org/10.1109/ICNN.1994.374138.

    Example:
    >>> loss = GaussianNLL(full=True)
    >>> round(float(loss([[1.0]], [[0.0, 0.0]])), 4)  # one deviation from the mean
    1.4189
    """

    def __init__(
        self,
        *,
        log_variance: bool = True,
        full: bool = False,
        floor: float = 1e-6,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "gaussian_nll",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.log_variance = flag(
            "log_variance", log_variance, "It says what stands behind the means."
        )
        self.full = flag("full", full, "It adds the constant of the density.")
        self.floor = number("floor", floor, "It is the smallest variance.", above=0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns one loss a sample; use the loss as a function instead."""
        second = "log(variance)" if self.log_variance else "variance"
        y_true, mean, spread = packed(y_true, y_pred, ("mean", second))
        errors = keras.ops.square(y_true - mean)  # (batch_size, ..., outputs)
        if self.log_variance:
            log_variance = _log_sum(spread, constant(math.log(self.floor), spread))
            scaled = errors * keras.ops.exp(-log_variance)
        else:
            variance = keras.ops.maximum(spread, constant(self.floor, spread))
            log_variance = keras.ops.log(variance)
            scaled = errors / variance
        losses = 0.5 * keras.ops.mean(log_variance + scaled, axis=-1)
        if self.full:
            losses = losses + constant(0.5 * math.log(2 * math.pi), losses)
        return losses  # (batch_size, ...)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument but the dtype, as Keras' losses do."""
        return {
            **super().get_config(),
            "log_variance": self.log_variance,
            "full": self.full,
            "floor": self.floor,
        }


def _log_sum(x: Any, other: Any) -> Any:
    """`log(exp(x) + exp(other))`, smooth everywhere and exact far out.

    `keras.ops.logaddexp` has no gradient at `x == other` on TensorFlow, and
    `keras.ops.softplus` rounds to a straight line early on torch.
    """
    more = x > other
    top = keras.ops.where(more, x, other)
    # -log_sigmoid(d) is log(1 + exp(-d)); both signs, each used where d is positive.
    return top - keras.ops.where(
        more, keras.ops.log_sigmoid(x - other), keras.ops.log_sigmoid(other - x)
    )
