"""`Perplexity`: among how many equally likely tokens a model seems to choose."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag
from multibackend.metrics._samples import labelled

__all__ = ["Perplexity"]


@keras.saving.register_keras_serializable(package="multibackend")
class Perplexity(keras.metrics.Metric):
    """Computes the exponential of the mean negative log-likelihood of the true tokens.

    `exp(-sum(w * log p(token)) / sum(w))` over all tokens so far, each with its weight
    `w`. A token of probability 0 makes it infinite: nothing is clipped. The result is 0,
    which no model reaches, while nothing is counted.

    Batches add up: any split gives the same result up to rounding, which a mean of
    perplexities does not.

    Args:
        from_logits: Whether predictions are logits and not probabilities.
        ignore_class: The id of tokens that do not count, such as padding, or `None`. It
            may be outside of the classes.
        name: The name of the metric.
        dtype: The dtype of the computation; `keras.config.floatx()` by default.

    Call arguments:
        y_true: The ids of the tokens.
        y_pred: Probabilities or logits. Their Keras mask leaves tokens out.
        sample_weight: Optional weights, whose axes are the first ones of `y_true`. A
            token of weight 0 may have any id.

    Returns:
        A scalar, 1 or more.

    Raises:
        ValueError: An argument is none of the above, the shapes do not fit, or an id is
            outside of the classes, which is seen where the tensors have values; while a
            graph is traced, such a token does not count.

    Input shape:
        `y_true`: `(batch_size, ...)`, or `(batch_size, ..., 1)`. `y_pred`:
        `(batch_size, ..., classes)`, with two classes or more.

    Output shape:
        `()`.

    Reference:
        Frederick Jelinek, Robert L. Mercer, Lalit R. Bahl, James K. Baker, 1977.
        Perplexity, a measure of the difficulty of speech recognition tasks.
        https://doi.org/10.1121/1.2016299

    Example:
    >>> metric = Perplexity(ignore_class=0)
    >>> metric.update_state(
    ...     [[1, 2, 0]], [[[0.1, 0.5, 0.4], [0.3, 0.2, 0.5], [1, 0, 0]]]
    ... )
    >>> round(float(metric.result()), 4)
    2.0
    """

    def __init__(
        self,
        *,
        from_logits: bool = False,
        ignore_class: int | None = None,
        name: str | None = "perplexity",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.from_logits = flag(
            "from_logits", from_logits, "It says whether predictions are logits."
        )
        if ignore_class is not None and type(ignore_class) is not int:
            message = (
                "Expected `ignore_class` to be an integer or None, received "
                f"{ignore_class!r}. It is the id of tokens that do not count."
            )
            raise ValueError(message)
        self.ignore_class = ignore_class
        self.total = self.add_variable(
            shape=(), initializer="zeros", dtype=self.dtype, name="total"
        )
        self.count = self.add_variable(
            shape=(), initializer="zeros", dtype=self.dtype, name="count"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds the tokens of a batch."""
        labels, scores, weights = labelled(
            y_true, y_pred, sample_weight, self.dtype, ignored=self.ignore_class
        )
        if scores.shape[-1] == 1:
            message = (
                "Expected `y_pred` with a last axis of two classes or more, received "
                "one number a token. It holds a number for each possible token."
            )
            raise ValueError(message)
        places = keras.ops.expand_dims(labels, -1)
        own = keras.ops.take_along_axis(scores, places, axis=-1)[:, 0]  # (tokens,)
        if self.from_logits:
            surprise = keras.ops.subtract(keras.ops.logsumexp(scores, axis=-1), own)
        else:
            surprise = keras.ops.negative(keras.ops.log(own))
        # Padding may be infinitely surprising, or no number.
        zeros = keras.ops.zeros_like(surprise)
        counted = keras.ops.not_equal(weights, 0)
        terms = keras.ops.where(counted, weights * surprise, zeros)
        self.total.assign_add(keras.ops.sum(terms))
        self.count.assign_add(keras.ops.sum(weights))

    def result(self) -> Any:
        """Returns the perplexity of all tokens so far."""
        mean = keras.ops.divide_no_nan(self.total, self.count)
        some = keras.ops.not_equal(self.count, 0)
        return keras.ops.where(some, keras.ops.exp(mean), keras.ops.zeros_like(mean))

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal metric."""
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
        }
