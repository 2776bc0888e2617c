"""`LovaszHinge`: intersection over union of two classes, made trainable."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._precision import at_least_float32
from multibackend.losses._elements import ElementLoss, rows
from multibackend.losses._lovasz import extension, labels, void_label
from multibackend.losses._shapes import refuse_other_shape

__all__ = ["LovaszHinge"]


@keras.saving.register_keras_serializable(package="multibackend")
class LovaszHinge(ElementLoss):
    """Computes the Lovasz extension of the Jaccard loss, of the hinge errors.

    For each image, with `error = 1 - y_pred * (2 * y_true - 1)`, the pixels are sorted
    by falling error. The loss is the sum of `max(error, 0)` times what the Jaccard loss
    `1 - intersection / union` of class 1 grows by when this pixel turns wrong as well.
    In an image without class 1 that is the largest error alone.

    The value does not depend on how pixels of equal error are sorted. The gradient at
    such ties is one of several; the first pixel is taken as the first.

    Pixels with the `ignore_index` do not count, nor those that a mask of the
    predictions, of the shape of `y_true`, hides. An image of such pixels alone has
    loss 0 and counts in a mean.

    Args:
        ignore_index: The label of pixels that do not count, an integer.
        reduction: How the losses of the images become one, as in `keras.Loss`.
        name: The name of the loss.
        dtype: The dtype of the computation; `keras.config.floatx()` by default. Half
            precision is computed in float32 and rounded at the end.

    Call arguments:
        y_true: The labels, 0 or 1 or `ignore_index`.
        y_pred: The logits, positive for class 1.
        sample_weight: Optional weights of the images, `(batch_size,)`.

    Returns:
        A scalar, or one loss an image where `reduction` is `None`.

    Raises:
        ValueError: The shapes differ, or a label is another.

    Input shape:
        `(batch_size, ...)`, both, such as `(batch_size, height, width)`.

    Output shape:
        `()`, or `(batch_size,)` where `reduction` is `None`.

    Reference:
        M. Berman, A. Rannen Triki and M. B. Blaschko, "The Lovasz-Softmax loss: a
        tractable surrogate for the optimization of the intersection-over-union measure
        in neural networks", 2018, https://arxiv.org/abs/1705.08790.

    Example:
    >>> loss = LovaszHinge()
    >>> round(float(loss([[1.0, 0.0]], [[0.5, -1.0]])), 4)
    0.5
    """

    def __init__(
        self,
        *,
        ignore_index: int | None = None,
        reduction: Any = "sum_over_batch_size",
        name: str | None = "lovasz_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.ignore_index = void_label(ignore_index, self.dtype)

    def like_elements(self, y_pred: Any) -> Any:
        """The logits: one for each pixel."""
        y_pred = keras.ops.convert_to_tensor(y_pred)
        if len(y_pred.shape) < 2:
            message = (
                "Expected `y_pred` of shape (batch_size, ...) with the pixels of each "
                f"image, received {tuple(y_pred.shape)}. It must have 2 axes or more."
            )
            raise ValueError(message)
        return y_pred

    def one_each(self, y_true: Any, y_pred: Any, kept: Any) -> Any:
        """Returns one loss an image."""
        refuse_other_shape(y_true, y_pred)
        logits = at_least_float32(rows(y_pred))  # (batch_size, pixels)
        ids, kept = labels(rows(y_true), kept, count=2, void=self.ignore_index)
        signs = keras.ops.cast(2 * ids - 1, logits.dtype)
        return extension(1 - logits * signs, ids > 0, kept)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument but the dtype, as Keras' losses do."""
        return {**super().get_config(), "ignore_index": self.ignore_index}
