"""`SemiHardTriplet`: each positive must be closer than the nearest farther negative."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number, one_of
from multibackend._precision import at_least_float32, constant
from multibackend.losses._batch import BatchLoss
from multibackend.losses._pairwise import (
    MASKED,
    distances,
    normalized,
    off_diagonal,
    pairs,
    same_label,
    squared_distances,
)
from multibackend.losses._shapes import refuse_other_rank, tensors
from multibackend.losses._shares import kept, or_zero, present, shares

__all__ = ["SemiHardTriplet"]


@keras.saving.register_keras_serializable(package="multibackend")
class SemiHardTriplet(BatchLoss):
    """Computes the triplet loss with the semi-hard negative of each positive pair.

    For an anchor `a` and each other sample `p` of its label, the negative `n` is the
    nearest sample of another label that is farther from `a` than `p` is. Where all
    samples of other labels are nearer, it is the farthest of them. The loss is the mean
    over all such pairs of `max(0, margin + d(a, p) - d(a, n))`.

    Pairs are weighed with the product of the weights of anchor and positive; a sample
    that is masked or has the weight zero is as if absent, also as a negative. A batch
    without triplets, of one sample or of one label, has the loss zero. Rows that agree
    have the distance zero, which gets no gradient.

    All triplets of the batch are compared at once: memory grows with its cube.

    Args:
        margin: How much farther a negative must be, a positive number.
        distance: `"euclidean"`; `"squared"`, its square, as FaceNet has it; or
            `"cosine"`, one minus the cosine similarity. Only the last normalizes the
            embeddings: do it in the model for the others, as is usual.
        reduction: What becomes of the loss of the batch, as in `keras.Loss`: the means
            hand it out as it is, `"sum"` multiplies it by the sum of the weights.
        name: The name of the loss.
        dtype: The dtype of the loss; `keras.config.floatx()` by default. Half
            precision is summed in float32. Labels keep their own dtype.

    Call arguments:
        y_true: The labels, integers.
        y_pred: The embeddings.
        sample_weight: Optional weights that broadcast to `(batch_size,)`.

    Returns:
        A scalar, or it times each weight where `reduction` is `None`.

    Raises:
        ValueError: An argument is out of range, or the shapes do not fit.

    Input shape:
        `y_true`: `(batch_size,)` or `(batch_size, 1)`; `y_pred`: `(batch_size, dim)`.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        - F. Schroff, D. Kalenichenko, J. Philbin, 2015, "FaceNet: A Unified Embedding
          for Face Recognition and Clustering", https://arxiv.org/abs/1503.03832

    Example:
    >>> import keras
    >>> loss = SemiHardTriplet(margin=1.0)
    >>> embeddings = keras.ops.array([[0.0], [1.0], [1.5]])
    >>> round(float(loss(keras.ops.array([0, 0, 1]), embeddings)), 4)
    1.0
    """

    def __init__(
        self,
        margin: float = 1.0,
        *,
        distance: str = "euclidean",
        reduction: Any = "sum_over_batch_size",
        name: str | None = "semi_hard_triplet",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.margin = number(
            "margin", margin, "Negatives must be farther by it.", above=0
        )
        self.distance = one_of(
            "distance",
            distance,
            ("euclidean", "squared", "cosine"),
            "It says how far two embeddings are from each other.",
        )

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Returns the loss of the batch, reduced."""
        # Labels are compared before the base class casts them to the loss's dtype.
        return super().__call__(_same(y_true, y_pred), y_pred, sample_weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of the batch with equal weights."""
        return super().call(_same(y_true, y_pred), y_pred)

    def statistic(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Returns the loss of the batch, a scalar.

        Args:
            y_true: Where two samples have one label, `(batch_size, batch_size)`.
            y_pred: The embeddings.
            weights: One weight a sample.
        """
        here, share = present(weights), shares(weights)  # (batch_size,), both
        x = at_least_float32(kept(keras.ops.convert_to_tensor(y_pred), here))
        far = self._distances(x)  # (anchor, other)
        same = keras.ops.cast(y_true, "bool")
        there = pairs(here)
        negative = keras.ops.logical_and(keras.ops.logical_not(same), there)
        has_negative = keras.ops.any(negative, axis=-1, keepdims=True)  # (anchor, 1)
        used = keras.ops.logical_and(same, off_diagonal(far))
        used = keras.ops.logical_and(used, keras.ops.logical_and(there, has_negative))
        hinge = keras.ops.relu(
            constant(self.margin, far) + far - _semi_hard(far, negative)
        )
        weight = keras.ops.where(
            used, share[:, None] * share[None, :], keras.ops.zeros_like(far)
        )
        hinge = keras.ops.where(used, hinge, keras.ops.zeros_like(hinge))
        total = keras.ops.sum(weight)
        none = keras.ops.equal(total, 0.0)
        total = keras.ops.where(none, keras.ops.ones_like(total), total)
        found = or_zero(keras.ops.sum(weight * hinge) / total, share)
        return keras.ops.cast(found, y_pred.dtype)

    def _distances(self, x: Any) -> Any:
        if self.distance == "euclidean":
            return distances(x)
        if self.distance == "squared":
            return squared_distances(x, x)
        x = normalized(x)
        return 1.0 - keras.ops.matmul(x, keras.ops.transpose(x))

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal loss."""
        return {
            **super().get_config(),
            "margin": self.margin,
            "distance": self.distance,
        }


def _same(y_true: Any, y_pred: Any) -> Any:
    y_true, embeddings = tensors(y_true, y_pred)
    refuse_other_rank("y_pred", embeddings, ("batch_size", "dim"))
    return same_label(y_true, embeddings)


def _semi_hard(far: Any, negative: Any) -> Any:
    """The distance of the negative for each anchor and positive, `(anchor, other)`."""
    to_negative = far[:, None, :]  # (anchor, 1, negative)
    farther = keras.ops.logical_and(
        negative[:, None, :], keras.ops.greater(to_negative, far[:, :, None])
    )  # (anchor, positive, negative)
    outside = keras.ops.amin(
        keras.ops.where(farther, to_negative, constant(-MASKED, far)), axis=-1
    )
    inside = keras.ops.amax(
        keras.ops.where(negative, far, constant(MASKED, far)), axis=-1, keepdims=True
    )  # (anchor, 1)
    return keras.ops.where(keras.ops.any(farther, axis=-1), outside, inside)
