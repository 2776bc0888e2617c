"""`SupervisedContrastive`: draws samples of one label together, away from all others."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number
from multibackend._precision import at_least_float32, constant
from multibackend.losses._anchors import AnchorLoss
from multibackend.losses._pairwise import (
    normalized,
    off_diagonal,
    pairs,
    same_label,
    surprise,
)
from multibackend.losses._shapes import refuse_other_rank

__all__ = ["SupervisedContrastive"]


@keras.saving.register_keras_serializable(package="multibackend")
class SupervisedContrastive(AnchorLoss):
    """Computes the cross entropy of telling samples of the same label from the others.

    With the cosine similarity `s`, and `P(i)` the other samples with the label of
    sample `i`, the anchor `i` has the loss

    `-1 / |P(i)| sum_{p in P(i)} log(exp(s(i, p) / t) / sum_{a != i} exp(s(i, a) / t))`

    where `t` is the temperature: `L_out` of the paper. Of several views of a sample,
    every view is a row of its own with the label of the sample.

    An anchor without another sample of its label has the loss zero, and still is a
    negative of the others: a label of its own marks a sample that is not labelled. A
    sample that is masked or has the weight zero is as if absent: no anchor, no positive
    and no negative. Any other weight multiplies the loss of its anchor only. A zero
    vector is similar to nothing and gets no gradient.

    Args:
        temperature: What similarities are divided by, a positive number.
        reduction: How the losses of the anchors become one, as in `keras.Loss`. The
            mean counts anchors without positives.
        name: The name of the loss.
        dtype: The dtype of the loss; `keras.config.floatx()` by default. Half
            precision is summed in float32. Labels keep their own dtype.

    Call arguments:
        y_true: The labels, integers.
        y_pred: The embeddings; they need not be normalized.
        sample_weight: Optional weights that broadcast to `(batch_size,)`.

    Returns:
        A scalar, or one loss an anchor where `reduction` is `None`.

    Raises:
        ValueError: The temperature is not positive, or the shapes do not fit.

    Input shape:
        `y_true`: `(batch_size,)` or `(batch_size, 1)`; `y_pred`: `(batch_size, dim)`.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        - P. Khosla et al., 2020, "Supervised Contrastive Learning",
          https://arxiv.org/abs/2004.11362

    Example:
    >>> import keras
    >>> loss = SupervisedContrastive(temperature=1.0)
    >>> embeddings = keras.ops.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    >>> round(float(loss(keras.ops.array([0, 0, 1]), embeddings)), 4)
    0.2088
    """

    def __init__(
        self,
        temperature: float = 0.1,
        *,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "supervised_contrastive",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.temperature = number(
            "temperature", temperature, "Similarities are divided by it.", above=0
        )

    def refuse(self, y_true: Any, y_pred: Any) -> None:
        """Raises `ValueError` where the labels do not fit the embeddings."""
        refuse_other_rank("y_pred", y_pred, ("batch_size", "dim"))
        same_label(y_true, y_pred)

    def anchors(self, y_true: Any, y_pred: Any, here: Any) -> Any:
        """Returns the loss of each anchor, `(batch_size,)`."""
        x = normalized(at_least_float32(y_pred))
        scale = constant(1 / self.temperature, x)
        logits = scale * keras.ops.matmul(x, keras.ops.transpose(x))
        others = keras.ops.logical_and(off_diagonal(logits), pairs(here))
        positive = keras.ops.logical_and(same_label(y_true, y_pred), others)
        return keras.ops.cast(surprise(logits, positive, others), y_pred.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal loss."""
        return {**super().get_config(), "temperature": self.temperature}
