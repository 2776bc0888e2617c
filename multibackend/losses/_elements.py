"""`ElementLoss`: a loss of a whole list or image, whose elements a mask hides.

Keras multiplies the losses of samples by the mask of the predictions. A list of
documents and an image have one loss, and their mask has one truth value a document or
pixel, so it must enter the computation.
"""

from __future__ import annotations

import math
from typing import Any

import keras

from multibackend._weighing import weighed
from multibackend.losses._shapes import tensors

__all__ = ["ElementLoss", "rows"]


class ElementLoss(keras.losses.Loss):
    """The base of losses whose samples are lists or images.

    A subclass defines `one_each(y_true, y_pred, kept)` and `like_elements(y_pred)`.
    `sample_weight` and `reduction` work as for any other loss, on one value a list or
    image; where all elements of one are hidden, its value must be 0.
    """

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Returns the loss of the batch, reduced."""
        like = self.like_elements(keras.ops.convert_to_tensor(y_pred, dtype=self.dtype))
        kept = rows(weighed(keras.ops.ones_like(like), y_pred))
        # The predictions go where Keras sees no mask on them to multiply samples by.
        given = {
            "y_true": keras.ops.convert_to_tensor(y_true, dtype=self.dtype),
            "y_pred": keras.ops.convert_to_tensor(y_pred, dtype=self.dtype),
            "kept": kept,
        }
        return super().__call__(given, kept, sample_weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns one loss a sample; use the loss as a function instead."""
        if isinstance(y_true, dict):
            given: dict[str, Any] = y_true
            return self.one_each(given["y_true"], given["y_pred"], given["kept"] > 0)
        y_true, y_pred = tensors(y_true, y_pred)
        like = rows(self.like_elements(y_pred))
        return self.one_each(y_true, y_pred, keras.ops.ones_like(like, dtype="bool"))

    def like_elements(self, y_pred: Any) -> Any:
        """A float tensor with one number for each element: `(batch_size, ...)`.

        Raises:
            ValueError: The predictions have another number of axes than they must.
        """
        raise NotImplementedError

    def one_each(self, y_true: Any, y_pred: Any, kept: Any) -> Any:
        """The losses of the samples, `(batch_size,)`.

        Args:
            y_true: The targets, a tensor.
            y_pred: The predictions, a tensor.
            kept: Which elements count, boolean `(batch_size, elements)`.
        """
        raise NotImplementedError


def rows(tensor: Any, *, behind: int = 0) -> Any:
    """The elements of each sample in one axis: `(batch_size, elements, ...)`.

    Args:
        tensor: Of shape `(batch_size, ..., *last)`.
        behind: How many axes stay as they are: the length of `last`.
    """
    if len(tensor.shape) == 2 + behind:
        return tensor
    batch, *sizes = keras.ops.shape(tensor)
    places, last = sizes[: len(sizes) - behind], sizes[len(sizes) - behind :]
    known = all(isinstance(size, int) for size in places)
    count = math.prod(places) if known else -1
    return keras.ops.reshape(tensor, (batch, count, *last))
