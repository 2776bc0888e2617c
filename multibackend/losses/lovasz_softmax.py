"""`LovaszSoftmax`: mean intersection over union, made trainable."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, known_size, one_of
from multibackend._precision import at_least_float32
from multibackend._shapes import alike
from multibackend.losses._elements import ElementLoss, rows
from multibackend.losses._lovasz import (
    extension,
    labels,
    refuse_rounded,
    void_label,
)

__all__ = ["LovaszSoftmax"]


@keras.saving.register_keras_serializable(package="multibackend")
class LovaszSoftmax(ElementLoss):
    """Computes the Lovasz extension of the Jaccard loss, averaged over classes.

    For each image and class, a pixel of the class with probability `p` has the error
    `1 - p`, any other pixel has the error `p`. Sorted by falling error, each is
    multiplied by what the Jaccard loss `1 - intersection / union` of the class grows by
    when this pixel turns wrong as well, and all are added. The loss of an image is the
    mean over its classes.

    The value does not depend on how pixels of equal error are sorted. The gradient at
    such ties is one of several; the first pixel is taken as the first.

    Pixels with the `ignore_index` do not count, nor those that a mask of the
    predictions `(batch_size, ...)` hides. An image of such pixels alone has loss 0 and
    counts in a mean.

    Args:
        classes: `"present"` for the mean over the classes that an image holds, `"all"`
            for the mean over all; a class that is absent costs its largest probability.
        from_logits: Whether a softmax over the last axis is taken first.
        ignore_index: The label of pixels that do not count, an integer; 255 in many
            data sets.
        reduction: How the losses of the images become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default. Half
            precision is computed in float32 and rounded at the end.

    Call arguments:
        y_true: The labels, from 0 to `classes - 1`, or `ignore_index`.
        y_pred: The probabilities, or logits.
        sample_weight: Optional weights of the images, `(batch_size,)`.

    Returns:
        A scalar, or one loss an image where `reduction` is `None`.

    Raises:
        ValueError: An argument is none of its choices, the shapes do not fit, or a
            label is none of the classes.

    Input shape:
        `y_true`: `(batch_size, ...)`, such as `(batch_size, height, width)`, or with a
        last axis of size 1. `y_pred`: `(batch_size, ..., classes)`.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        M. Berman, A. Rannen Triki and M. B. Blaschko, "The Lovasz-Softmax loss: a
        tractable surrogate for the optimization of the intersection-over-union measure
        in neural networks", 2018, https://arxiv.org/abs/1705.08790.

    Example:
    >>> loss = LovaszSoftmax()
    >>> round(float(loss([[0, 1]], [[[0.75, 0.25], [0.5, 0.5]]])), 4)
    0.4375
    """

    def __init__(
        self,
        *,
        classes: str = "present",
        from_logits: bool = False,
        ignore_index: int | None = None,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "lovasz_softmax",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.classes = one_of(
            "classes", classes, ("present", "all"), "It says what the mean is over."
        )
        self.from_logits = flag(
            "from_logits", from_logits, "It says whether a softmax is still due."
        )
        self.ignore_index = void_label(ignore_index, self.dtype)

    def like_elements(self, y_pred: Any) -> Any:
        """One number for each pixel."""
        y_pred = keras.ops.convert_to_tensor(y_pred)
        if len(y_pred.shape) < 3:
            message = (
                "Expected `y_pred` of shape (batch_size, ..., classes) with the pixels "
                f"of each image, received {tuple(y_pred.shape)}. It must have 3 axes or "
                "more."
            )
            raise ValueError(message)
        return y_pred[..., 0]

    def one_each(self, y_true: Any, y_pred: Any, kept: Any) -> Any:
        """Returns one loss an image."""
        y_true = _labels_of(y_true, y_pred)
        count = known_size(y_pred.shape, -1, "It is the number of classes: name it.")
        refuse_rounded("y_true", count - 1, self.dtype)
        y_pred = at_least_float32(y_pred)
        if self.from_logits:
            y_pred = keras.ops.softmax(y_pred, axis=-1)
        chances = keras.ops.swapaxes(rows(y_pred, behind=1), 1, 2)
        ids, kept = labels(rows(y_true), kept, count=count, void=self.ignore_index)
        classes = keras.ops.reshape(keras.ops.arange(count, dtype="int32"), (1, -1, 1))
        members = keras.ops.equal(keras.ops.expand_dims(ids, 1), classes)
        kept = keras.ops.expand_dims(kept, 1)  # (batch_size, 1, pixels)
        members = keras.ops.logical_and(members, kept)  # (batch_size, classes, pixels)
        errors = keras.ops.where(members, 1 - chances, chances)
        each = extension(errors, members, kept)  # (batch_size, classes)
        if self.classes == "all":
            return keras.ops.mean(each, axis=-1)
        present = keras.ops.cast(keras.ops.any(members, axis=-1), each.dtype)
        found = keras.ops.sum(present, axis=-1)
        found = keras.ops.where(found > 0, found, keras.ops.ones_like(found))
        return keras.ops.sum(each * present, axis=-1) / found

    def get_config(self) -> dict[str, Any]:
        """Returns every argument but the dtype, as Keras' losses do."""
        return {
            **super().get_config(),
            "classes": self.classes,
            "from_logits": self.from_logits,
            "ignore_index": self.ignore_index,
        }


def _labels_of(y_true: Any, y_pred: Any) -> Any:
    """The labels without a last axis of size 1, one for each pixel."""
    given, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if len(given) == len(pred) and given[-1] == 1:
        y_true = keras.ops.squeeze(y_true, axis=-1)
    true = tuple(y_true.shape)
    if not pred or not alike(true, pred[:-1]):
        message = (
            "Expected `y_true` of shape (batch_size, ...) and `y_pred` of shape "
            f"(batch_size, ..., classes), received {given} and {pred}. There must be one "
            "label for each pixel."
        )
        raise ValueError(message)
    return y_true
