"""`Evidential`: the loss of deep evidential regression."""

from __future__ import annotations

import math
from typing import Any

import keras

from multibackend._arguments import flag, number
from multibackend._precision import constant
from multibackend.losses._columns import packed

__all__ = ["Evidential"]

# The smallest `nu` and `beta`: keeps the logarithms finite.
_FLOOR = 1e-6


@keras.saving.register_keras_serializable(package="multibackend")
class Evidential(keras.losses.Loss):
    """Computes the loss of a normal distribution with a prior over mean and variance.

    The last axis of the predictions holds the parameters of a normal-inverse-gamma
    distribution: all `gamma` (the predicted values), then all `nu`, all `alpha` and all
    `beta`. With the error `e = y_true - gamma` the loss is, averaged over the outputs,

    `nll + regularization * abs(e) * (2 * nu + alpha)`

    where `nll` is the negative log-likelihood of `y_true` under Student's t
    distribution with `2 * alpha` degrees of freedom, location `gamma` and scale
    `sqrt(beta * (1 + nu) / (nu * alpha))`. What the predictions tell: the uncertainty
    of the data is `beta / (alpha - 1)`, that of the model `beta / (nu * (alpha - 1))`.

    `nu` and `beta` below 1e-6 count as 1e-6, `alpha` below 1 as 1; there they have no
    gradient. A mask of the predictions `(batch_size, ...)` hides samples or steps.

    Args:
        regularization: How much evidence for a wrong value costs, zero or more.
        from_logits: Whether the predictions are what comes out of a dense layer. Then
            `nu = softplus(nu)`, `alpha = softplus(alpha) + 1` and
            `beta = softplus(beta)` are taken first.
        reduction: How the losses of the samples become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default. Half
            precision is computed in float32 and rounded at the end.

    Call arguments:
        y_true: The targets.
        y_pred: The predictions: `gamma`, `nu`, `alpha` and `beta`.
        sample_weight: Optional weights that broadcast to `(batch_size, ...)`.

    Returns:
        A scalar, or one loss a sample where `reduction` is `None`.

    Raises:
        ValueError: An argument is out of its bounds, or the shapes do not fit.

    Input shape:
        `y_true`: `(batch_size, ..., outputs)`; the last axis may be left out where
        there is one output. `y_pred`: `(batch_size, ..., 4 * outputs)`.

    Output shape:
        `()`, or `(batch_size, ...)` where `reduction` is `None`.

    Reference:
        A. Amini, W. Schwarting, A. Soleimany and D. Rus, "Deep evidential regression",
        2020, https://arxiv.org/abs/1910.02600.

    Example:
    >>> loss = Evidential(regularization=0.0)
    >>> round(float(loss([[0.0]], [[0.0, 1.0, 1.0, 1.0]])), 4)  # log(4)
    1.3863
    """

    def __init__(
        self,
        *,
        regularization: float = 0.01,
        from_logits: bool = False,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "evidential",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.regularization = number(
            "regularization", regularization, "It weighs misplaced evidence.", low=0
        )
        self.from_logits = flag(
            "from_logits", from_logits, "It says whether a softplus is still due."
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns one loss a sample; use the loss as a function instead."""
        y_true, gamma, nu, alpha, beta = packed(
            y_true, y_pred, ("gamma", "nu", "alpha", "beta")
        )
        if self.from_logits:
            nu, alpha, beta = _softplus(nu), _softplus(alpha) + 1, _softplus(beta)
        nu = keras.ops.maximum(nu, constant(_FLOOR, nu))
        alpha = keras.ops.maximum(alpha, constant(1.0, alpha))
        beta = keras.ops.maximum(beta, constant(_FLOOR, beta))
        errors = y_true - gamma  # (batch_size, ..., outputs)
        # With omega = 2 beta (1 + nu), the paper's alpha log(omega) and
        # (alpha + 1/2) log(nu e^2 + omega) are large and cancel; together they are
        # (alpha + 1/2) log(1 + nu e^2 / omega) + 1/2 log(omega).
        share = nu / (1 + nu)
        ratio = keras.ops.square(errors) / (2 * beta) * share
        spread = keras.ops.log(beta / share) + constant(math.log(2 * math.pi), beta)
        losses = (
            0.5 * spread
            + (alpha + 0.5) * keras.ops.log1p(ratio)
            - _log_gamma_step(alpha)
        )
        if self.regularization:
            evidence = 2 * nu + alpha
            weight = constant(self.regularization, evidence)
            losses = losses + weight * keras.ops.abs(errors) * evidence
        return keras.ops.mean(losses, axis=-1)  # (batch_size, ...)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument but the dtype, as Keras' losses do."""
        return {
            **super().get_config(),
            "regularization": self.regularization,
            "from_logits": self.from_logits,
        }


def _softplus(x: Any) -> Any:
    """`log(1 + exp(x))`; Keras' own is a straight line from 20 on, on torch."""
    return -keras.ops.log_sigmoid(-x)


# The coefficients of w^-2, w^-4, ... below: -2 E(k) / (4^(k + 1) k), with Euler's numbers.
_EULER = {2: -1, 4: 5, 6: -61, 8: 1385, 10: -50521, 12: 2702765}
_SERIES = [-2 * euler / (4 ** (k + 1) * k) for k, euler in _EULER.items()]
_SHIFT = 8


def _log_gamma_step(x: Any) -> Any:
    """`lgamma(x + 1/2) - lgamma(x)` for `x >= 1`; `keras.ops` has no lgamma.

    From 1 to 1e8 the error is below 3e-15 in float64 and below 1e-6 in float32, where
    two lgamma would be huge and would cancel. With w = x - 1/4 the
    difference is `log(w) / 2` plus a series in even powers of 1/w (Stirling's series
    of both, see https://dlmf.nist.gov/5.11.E8). It converges fast for large w, so x is
    moved up by eight first: `gamma(x + 1) = x gamma(x)`.
    """
    steps = 1 + 0.5 / x
    for i in range(1, _SHIFT):
        steps = steps * (1 + 0.5 / (x + i))
    w = x + (_SHIFT - 0.25)
    inverse = 1 / keras.ops.square(w)
    series = constant(_SERIES[-1], w) * inverse
    for coefficient in reversed(_SERIES[:-1]):
        series = (constant(coefficient, w) + series) * inverse
    return 0.5 * keras.ops.log(w) + series - keras.ops.log(steps)
