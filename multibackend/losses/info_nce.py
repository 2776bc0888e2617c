"""`InfoNCE`: tells the other view of a sample from the views of other samples."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number, one_of
from multibackend._precision import at_least_float32, constant
from multibackend.losses._anchors import AnchorLoss
from multibackend.losses._pairwise import normalized, off_diagonal, pairs, surprise
from multibackend.losses._shapes import refuse_other_rank, refuse_other_shape
from multibackend.losses._shares import kept

__all__ = ["InfoNCE"]


@keras.saving.register_keras_serializable(package="multibackend")
class InfoNCE(AnchorLoss):
    """Computes the normalized, temperature-scaled cross entropy of two views (NT-Xent).

    Row `i` of `y_true` and row `i` of `y_pred` are two views of one sample. With the
    cosine similarity `s`, the view `u` has the loss

    `-log(exp(s(u, v) / temperature) / sum_k exp(s(u, k) / temperature))`

    where `v` is the other view of the sample. `k` runs over every view in the batch but
    `u` itself, as in SimCLR, or over the other views alone, as in CLIP. The loss of a
    sample is the mean over its two views, so that the loss is symmetric.

    A sample that is masked or has the weight zero is as if absent: it is no negative of
    the others either. Any other weight multiplies the loss of its own sample only. A
    zero vector is similar to nothing and gets no gradient. In a batch of one the loss
    is zero.

    Args:
        temperature: What similarities are divided by, a positive number.
        negatives: `"both"` takes the negatives from both views; `"other"` only from the
            other view, for views of two kinds such as an image and its text.
        reduction: How the losses of the samples become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the loss; `keras.config.floatx()` by default. Half
            precision is summed in float32.

    Call arguments:
        y_true: The embeddings of the first views; they need not be normalized.
        y_pred: The embeddings of the second views, of the same shape.
        sample_weight: Optional weights that broadcast to `(batch_size,)`.

    Returns:
        A scalar, or one loss a sample where `reduction` is `None`.

    Raises:
        ValueError: An argument is out of range, or the shapes differ or have not two
            axes.

    Input shape:
        `(batch_size, dim)`, both.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        - A. van den Oord, Y. Li, O. Vinyals, 2018, "Representation Learning with
          Contrastive Predictive Coding", https://arxiv.org/abs/1807.03748
        - T. Chen, S. Kornblith, M. Norouzi, G. Hinton, 2020, "A Simple Framework for
          Contrastive Learning of Visual Representations",
          https://arxiv.org/abs/2002.05709
        - A. Radford et al., 2021, "Learning Transferable Visual Models From Natural
          Language Supervision", https://arxiv.org/abs/2103.00020

    Example:
    >>> loss = InfoNCE(temperature=0.5)
    >>> views = [[1.0, 0.0], [0.0, 2.0]]
    >>> round(float(loss(views, views)), 4)
    0.2395
    """

    def __init__(
        self,
        temperature: float = 0.1,
        *,
        negatives: str = "both",
        reduction: Any = "sum_over_batch_size",
        name: str | None = "info_nce",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.temperature = number(
            "temperature", temperature, "Similarities are divided by it.", above=0
        )
        self.negatives = one_of(
            "negatives",
            negatives,
            ("both", "other"),
            "It says which views a view is compared with.",
        )

    def refuse(self, y_true: Any, y_pred: Any) -> None:
        """Raises `ValueError` where the two views have not one shape of two axes."""
        refuse_other_rank("y_pred", y_pred, ("batch_size", "dim"))
        refuse_other_shape(y_true, y_pred)

    def anchors(self, y_true: Any, y_pred: Any, here: Any) -> Any:
        """Returns the loss of each sample, `(batch_size,)`."""
        first = normalized(
            at_least_float32(kept(keras.ops.cast(y_true, y_pred.dtype), here))
        )
        second = normalized(at_least_float32(y_pred))
        if self.negatives == "both":
            losses = self._among_all(first, second, here)
        else:
            losses = self._among_others(first, second, here)
        return keras.ops.cast(losses, y_pred.dtype)

    def _among_all(self, first: Any, second: Any, here: Any) -> Any:
        """Each view among all but itself; a sample has the rows `i` and `i + n`."""
        sample = keras.ops.arange(keras.ops.shape(first)[0])
        views, sample, here = (
            keras.ops.concatenate(both, axis=0)
            for both in ([first, second], [sample, sample], [here, here])
        )
        logits = self._logits(views, views)  # (2 * batch_size, 2 * batch_size)
        compared = keras.ops.logical_and(pairs(here), off_diagonal(logits))
        same = keras.ops.equal(sample[:, None], sample[None, :])
        positive = keras.ops.logical_and(same, compared)
        losses = keras.ops.reshape(surprise(logits, positive, compared), (2, -1))
        return keras.ops.mean(losses, axis=0)

    def _among_others(self, first: Any, second: Any, here: Any) -> Any:
        """Each view among the other views, in both directions."""
        logits = self._logits(first, second)  # (batch_size, batch_size)
        compared = pairs(here)
        positive = keras.ops.logical_and(
            compared, keras.ops.logical_not(off_diagonal(logits))
        )
        back = surprise(keras.ops.transpose(logits), positive, compared)
        return 0.5 * (surprise(logits, positive, compared) + back)

    def _logits(self, x: Any, y: Any) -> Any:
        similarities = keras.ops.matmul(x, keras.ops.transpose(y))
        return constant(1 / self.temperature, x) * similarities

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal loss."""
        return {
            **super().get_config(),
            "temperature": self.temperature,
            "negatives": self.negatives,
        }
