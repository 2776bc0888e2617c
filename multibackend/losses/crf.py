"""`CRFNegativeLogLikelihood`: how improbable a whole path of tags is."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._crf import log_partition, packed_steps, path_score, unpack
from multibackend._values import refuse_outside
from multibackend.losses._shapes import refuse_other_rank, tensors

__all__ = ["CRFNegativeLogLikelihood"]


@keras.saving.register_keras_serializable(package="multibackend")
class CRFNegativeLogLikelihood(keras.losses.Loss):
    """Computes `log Z - score(y_true)`: minus the logarithm of the path's probability.

    `y_pred` is what the layer `LinearChainCRF` returns by default: its emissions,
    transitions and mask in one tensor. The loss holds no weights and needs no layer, so
    that it is saved, compiled and distributed as any other, and gradients reach the
    transitions through `y_pred`. Masked steps do not count, whatever their tags are.
    The loss of a sample is that of its whole path: it grows with the number of steps.

    Args:
        reduction: How the losses of the samples become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The tags, whole numbers from 0 to `tags - 1`.
        y_pred: The packed potentials of `LinearChainCRF`.
        sample_weight: Optional weights, `(batch_size,)`.

    Returns:
        A scalar, or one loss a sample where `reduction` is `None`.

    Raises:
        ValueError: A tag that counts is out of range (told where its value is known,
            outside of compiled graphs), or the shapes do not fit.

    Input shape:
        `y_true`: `(batch_size, steps)`;
        `y_pred`: `(batch_size, tags + 2 + steps, tags + 1)`.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        Lafferty, McCallum, Pereira (2001), "Conditional random fields: Probabilistic
        models for segmenting and labeling sequence data",
        https://repository.upenn.edu/handle/20.500.14332/6188.

    Example:
    >>> import keras
    >>> from multibackend.layers import LinearChainCRF
    >>> loss = CRFNegativeLogLikelihood(reduction=None)
    >>> y_pred = LinearChainCRF(3)(keras.ops.ones((2, 4, 3)))
    >>> keras.ops.shape(loss(keras.ops.zeros((2, 4), "int32"), y_pred))
    (2,)
    """

    def __init__(
        self,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "crf_negative_log_likelihood",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns one loss a sample; use the loss as a function instead."""
        y_true, y_pred = tensors(y_true, y_pred)
        refuse_other_rank("y_true", y_true, ("batch_size", "steps"))
        refuse_other_rank(
            "y_pred", y_pred, ("batch_size", "tags + 2 + steps", "tags + 1")
        )
        _refuse_other_steps(y_true, y_pred)
        potentials = unpack(y_pred)
        path = keras.ops.cast(y_true, "int32")
        path = keras.ops.where(potentials.kept, path, keras.ops.zeros_like(path))
        refuse_outside(
            "y_true", path, high=potentials.tags, meaning="It holds the tags."
        )
        loss = log_partition(potentials) - path_score(potentials, path)
        return keras.ops.cast(loss, y_pred.dtype)


def _refuse_other_steps(y_true: Any, y_pred: Any) -> None:
    width, rows, steps = y_pred.shape[-1], y_pred.shape[1], y_true.shape[1]
    if width is None or width < 2:
        message = (
            f"Expected `y_pred` with a known last axis of at least 2, received {width}. "
            "It is what `LinearChainCRF` returns by default."
        )
        raise ValueError(message)
    if None not in (rows, steps) and packed_steps(steps, width - 1) != rows:
        message = (
            f"Expected `y_pred` with {packed_steps(steps, width - 1)} rows for {steps} "
            f"steps and {width - 1} tags, received {rows}. It is what `LinearChainCRF` "
            "returns by default, and `y_true` holds one tag for each step."
        )
        raise ValueError(message)
