"""`SinkhornDivergence`: what it costs to move one sample onto another."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, number, positive_integer
from multibackend._precision import constant
from multibackend.losses._batch import BatchLoss
from multibackend.losses._pairwise import MASKED, squared_distances
from multibackend.losses._shares import or_zero, paired

__all__ = ["SinkhornDivergence"]


@keras.saving.register_keras_serializable(package="multibackend")
class SinkhornDivergence(BatchLoss):
    """Computes the entropy-regularized cost of transport between two samples.

    `OT(x, y) = min_P sum_ij P_ij C_ij + epsilon * KL(P || a b^T)` with the cost
    `C_ij = |x_i - y_j|^2 / 2` and the weights `a`, `b` of the rows as the margins of
    `P`; less `(OT(x, x) + OT(y, y)) / 2` where it is debiased, so that equal samples
    have the divergence zero.

    The potentials are found by `iterations` of Sinkhorn's algorithm on logarithms, and
    held fixed for the gradient, which they do not change where they are optimal. So
    memory does not grow with the iterations, and the first derivative is that of the
    converged cost; **a second derivative is not**: it misses how the potentials move.
    The smaller `epsilon` is against the costs, the more iterations it takes.

    As in `fit`, both samples have as many rows, and the weight of a row holds for both:
    a row that is masked or has the weight zero is as if absent.

    Args:
        epsilon: The weight of the entropy, in units of the cost, a positive number.
        iterations: How often both potentials are updated, a positive integer.
        debias: Whether the costs of each sample against itself are taken off.
        reduction: What becomes of the loss of the batch, as in `keras.Loss`: the means
            hand it out as it is, `"sum"` multiplies it by the sum of the weights.
        name: The name of the loss.
        dtype: The dtype of the loss; `keras.config.floatx()` by default. Half
            precision is summed in float32.

    Call arguments:
        y_true: The one sample.
        y_pred: The other sample, of the same shape.
        sample_weight: Optional weights that broadcast to `(batch_size,)`.

    Returns:
        A scalar, or it times each weight where `reduction` is `None`.

    Raises:
        ValueError: An argument is out of range, or the shapes differ or have not two
            axes.

    Input shape:
        `(batch_size, dim)`, both.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        - J. Feydy, T. Sejourne, F. Vialard, S. Amari, A. Trouve, G. Peyre, 2019,
          "Interpolating between Optimal Transport and MMD using Sinkhorn Divergences",
          https://arxiv.org/abs/1810.08278

    Example:
    >>> loss = SinkhornDivergence(epsilon=0.1)
    >>> round(float(loss([[0.0], [1.0]], [[2.0], [3.0]])), 3)
    2.0
    """

    def __init__(
        self,
        epsilon: float = 0.1,
        *,
        iterations: int = 50,
        debias: bool = True,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "sinkhorn_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.epsilon = number(
            "epsilon", epsilon, "It is the weight of the entropy.", above=0
        )
        self.iterations = positive_integer(
            "iterations", iterations, "It is how often the potentials are updated."
        )
        self.debias = flag(
            "debias", debias, "It takes off what a sample costs against itself."
        )

    def statistic(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Returns the divergence, a scalar."""
        x, y, share = paired(y_true, y_pred, weights)
        found = self._between(0.5 * squared_distances(x, y), share)
        if self.debias:
            costs = [0.5 * squared_distances(sample, sample) for sample in (x, y)]
            found = found - 0.5 * self._within(keras.ops.stack(costs), share)
        return keras.ops.cast(or_zero(found, share), y_pred.dtype)

    # All potentials are in units of epsilon.

    def _between(self, cost: Any, share: Any) -> Any:
        """The cost of one sample against another, from the costs of all pairs."""
        rows = self._logits(cost, share)
        fixed = keras.ops.stop_gradient(rows)
        columns = self._logits(keras.ops.transpose(cost), share)
        columns = keras.ops.stop_gradient(columns)

        def update(_: Any, potential: Any) -> Any:
            return _softmin(columns, _softmin(fixed, potential))

        return self._value(rows, share, update)

    def _within(self, costs: Any, share: Any) -> Any:
        """The sum of what each sample costs against itself, both potentials being one.

        A plain update multiplies the error's modes by -s, with s from 0 to 1, and the
        mean of old and new by (1 - s) / 2. One after the other they leave an eighth at
        most, however small epsilon is; plain updates alone would swing for long.
        """
        logits = self._logits(costs, share)  # (2, batch_size, batch_size)
        fixed = keras.ops.stop_gradient(logits)

        def update(_: Any, potential: Any) -> Any:
            potential = 0.5 * (potential + _softmin(fixed, potential))
            return _softmin(fixed, potential)

        return self._value(logits, share, update)

    def _logits(self, cost: Any, share: Any) -> Any:
        """The logarithm of the kernel times the shares of the columns."""
        here = keras.ops.not_equal(share, 0.0)
        log = keras.ops.where(
            here,
            keras.ops.log(keras.ops.where(here, share, keras.ops.ones_like(share))),
            constant(MASKED, share),
        )  # (batch_size,)
        return log - cost / constant(self.epsilon, cost)

    def _value(self, logits: Any, share: Any, update: Any) -> Any:
        """The dual value of the columns' potential and the best one of the rows.

        It is the largest at the optimum, so that its error is of second order.
        """
        start = keras.ops.zeros_like(keras.ops.stop_gradient(logits[..., 0]))
        found = keras.ops.fori_loop(0, self.iterations, update, start)
        potential = keras.ops.stop_gradient(found)  # (..., batch_size)
        both = _softmin(logits, potential) + potential
        return constant(self.epsilon, both) * keras.ops.sum(share * both)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal loss."""
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "iterations": self.iterations,
            "debias": self.debias,
        }


def _softmin(logits: Any, potential: Any) -> Any:
    """The best potential of the rows for one of the columns, `(..., batch_size)`."""
    return -keras.ops.logsumexp(logits + potential[..., None, :], axis=-1)
