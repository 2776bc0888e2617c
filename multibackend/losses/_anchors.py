"""`AnchorLoss`: a loss for each sample that also reads the other samples of the batch."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._weighing import weighed
from multibackend.losses._shares import kept, present

__all__ = ["AnchorLoss"]


class AnchorLoss(keras.losses.Loss):
    """The base of losses that compare each sample, the anchor, with the others.

    Keras hands weights and masks to the reduction alone, where a padded row would still
    be what other anchors are compared with. Here a sample that is masked or has the
    weight zero is as if absent: it is no anchor, no positive and no negative. Any other
    weight multiplies the loss of its anchor only.

    A subclass defines `anchors(y_true, y_pred, here)`, which returns the losses
    `(batch_size,)`, zero for who is absent.
    """

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Returns the losses of the anchors, weighed and reduced."""
        with keras.name_scope(self.name):
            true = keras.ops.convert_to_tensor(y_true)
            pred = keras.ops.convert_to_tensor(y_pred, dtype=self.dtype)
            self.refuse(true, pred)
            # What the weights and the mask of `y_pred` are together, as Keras combines
            # them: (batch_size,), or (batch_size, 1) for weights of that shape.
            weights = weighed(keras.ops.ones_like(pred[..., 0]), y_pred, sample_weight)
            here = present(weights)
            losses = self.anchors(true, kept(pred, here), here)
            losses = keras.ops.cast(losses, self.dtype)
            return weighed(losses, y_pred, sample_weight, reduction=self.reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each anchor with every sample present."""
        true, pred = (keras.ops.convert_to_tensor(given) for given in (y_true, y_pred))
        self.refuse(true, pred)
        return self.anchors(true, pred, keras.ops.ones_like(pred[..., 0], dtype="bool"))

    def refuse(self, y_true: Any, y_pred: Any) -> None:
        """Raises `ValueError` where the shapes do not fit; a subclass defines it."""
        raise NotImplementedError

    def anchors(self, y_true: Any, y_pred: Any, here: Any) -> Any:
        """Returns the losses `(batch_size,)`; a subclass defines it.

        Args:
            y_true: As it was passed, in its own dtype.
            y_pred: The embeddings in the dtype of the loss, zero for who is absent.
            here: Which samples are present, booleans `(batch_size,)`.
        """
        raise NotImplementedError
