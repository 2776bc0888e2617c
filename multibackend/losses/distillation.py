"""`Distillation`: the student's softened probabilities follow those of the teacher."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number
from multibackend._precision import at_least_float32, constant
from multibackend.losses._shapes import refuse_other_shape, tensors

__all__ = ["Distillation"]


@keras.saving.register_keras_serializable(package="multibackend")
class Distillation(keras.losses.Loss):
    """Computes the divergence of a student's softened classes from a teacher's.

    `temperature^2 * KL(softmax(y_true / temperature) || softmax(y_pred / temperature))`

    The square keeps the size of the gradient the same at every temperature, so that the
    loss can be added to one of the hard labels. It differs from the cross entropy of
    the paper by the entropy of the teacher, which no student changes: it is zero where
    both agree.

    The gradient reaches the teacher's logits too: stop it where the teacher is a part
    of the model. The logits of masked steps or samples do not matter.

    Args:
        temperature: What the logits are divided by, a positive number.
        reduction: How the losses of the samples become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the loss; `keras.config.floatx()` by default. Half
            precision is summed in float32.

    Call arguments:
        y_true: The logits of the teacher.
        y_pred: The logits of the student, of the same shape.
        sample_weight: Optional weights that broadcast to `(batch_size, ...)`.

    Returns:
        A scalar, or one loss a sample where `reduction` is `None`.

    Raises:
        ValueError: The temperature is not positive, or the shapes differ or are
            scalars.

    Input shape:
        `(batch_size, ..., classes)`, both.

    Output shape:
        `()`, or `(batch_size, ...)` where `reduction` is `None`.

    Reference:
        - G. Hinton, O. Vinyals, J. Dean, 2015, "Distilling the Knowledge in a Neural
          Network", https://arxiv.org/abs/1503.02531

    Example:
    >>> loss = Distillation(temperature=2.0)
    >>> teacher, student = [[0.0, 2.0], [1.0, 1.0]], [[2.0, 0.0], [1.0, 1.0]]
    >>> round(float(loss(teacher, student)), 4)
    0.9242
    """

    def __init__(
        self,
        temperature: float = 2.0,
        *,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "distillation",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.temperature = number(
            "temperature", temperature, "The logits are divided by it.", above=0
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns one loss a sample; use the loss as a function instead."""
        y_true, y_pred = tensors(y_true, y_pred)
        refuse_other_shape(y_true, y_pred)
        temperature = constant(self.temperature, at_least_float32(y_pred))
        teacher, student = (
            _log_softmax(at_least_float32(logits) / temperature)
            for logits in (y_true, y_pred)
        )  # (batch_size, ..., classes)
        # A probability that rounds to zero meets a finite difference.
        terms = keras.ops.exp(teacher) * (teacher - student)
        losses = keras.ops.square(temperature) * keras.ops.sum(terms, axis=-1)
        return keras.ops.cast(losses, y_pred.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal loss."""
        return {**super().get_config(), "temperature": self.temperature}


def _log_softmax(logits: Any) -> Any:
    return logits - keras.ops.logsumexp(logits, axis=-1, keepdims=True)
