"""Lists of documents: their relevance, their scores, and which places are filled."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._precision import at_least_float32
from multibackend.losses._elements import ElementLoss

__all__ = ["ListLoss"]


class ListLoss(ElementLoss):
    """The base of losses of lists; a subclass defines `one_a_list`."""

    def like_elements(self, y_pred: Any) -> Any:
        """One number for each place of each list."""
        y_pred = _places(keras.ops.convert_to_tensor(y_pred))
        if len(y_pred.shape) != 2:
            message = (
                "Expected `y_pred` of shape (batch_size, documents), or with a last "
                f"axis of size 1, received {tuple(y_pred.shape)}. A list is a row."
            )
            raise ValueError(message)
        return y_pred

    def one_each(self, y_true: Any, y_pred: Any, kept: Any) -> Any:
        """Returns one loss a list."""
        relevance, scores = (
            at_least_float32(_places(given)) for given in (y_true, y_pred)
        )
        _refuse_other_shape(tuple(y_true.shape), tuple(y_pred.shape), relevance, scores)
        filled = keras.ops.logical_and(relevance >= 0, kept)
        zeros = keras.ops.zeros_like(scores)
        return self.one_a_list(
            keras.ops.where(filled, relevance, zeros),
            keras.ops.where(filled, scores, zeros),
            filled,
        )

    def one_a_list(self, relevance: Any, scores: Any, filled: Any) -> Any:
        """The losses of the lists, `(batch_size,)`.

        Args:
            relevance: Zero or more, `(batch_size, documents)`; 0 at padding.
            scores: Of the same shape; 0 at padding.
            filled: True where a document is.
        """
        raise NotImplementedError


def _places(tensor: Any) -> Any:
    """`(batch, documents)`: a model's scores come with a last axis of size 1."""
    column = len(tensor.shape) == 3 and tensor.shape[-1] == 1
    return keras.ops.squeeze(tensor, axis=-1) if column else tensor


def _refuse_other_shape(true: Any, pred: Any, relevance: Any, scores: Any) -> None:
    pairs = zip(relevance.shape, scores.shape, strict=False)
    if len(relevance.shape) != 2 or any(
        r is not None and s is not None and r != s for r, s in pairs
    ):
        message = (
            "Expected `y_true` and `y_pred` of one shape (batch_size, documents), or "
            f"with a last axis of size 1, received {true} and {pred}. Pad the lists to "
            "one length, with a relevance below 0."
        )
        raise ValueError(message)
