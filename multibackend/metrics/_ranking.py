"""Documents in the order of their scores, for the metrics of retrieval."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._shapes import alike
from multibackend.metrics._samples import mask_of, weights_of

__all__ = ["ranked", "rows_of_queries"]


def rows_of_queries(
    y_true: Any, y_pred: Any, sample_weight: Any, dtype: Any
) -> tuple[Any, Any, Any, Any]:
    """Relevances, scores, which documents there are, and the weights of the queries.

    Args:
        y_true: Relevances `(queries, documents)`; a negative one marks padding.
        y_pred: Scores, of the same shape. Their Keras mask marks padding too.
        sample_weight: `None`, or one weight a query.
        dtype: The float dtype of relevances and weights.

    Returns:
        Relevances, zero where there is no document; scores in a dtype that holds them
        all, so that none become equal; booleans; and weights `(queries,)`.

    Raises:
        ValueError: The shapes do not fit.
    """
    relevance = keras.ops.convert_to_tensor(y_true)
    scores = keras.ops.convert_to_tensor(y_pred)
    shapes = tuple(relevance.shape), tuple(scores.shape)
    fits = len(shapes[0]) == 2 and alike(*shapes)
    if not fits:
        message = (
            "Expected `y_true` and `y_pred` of one shape (queries, documents), received "
            f"{shapes[0]} and {shapes[1]}. Pad queries with fewer documents by negative "
            "relevances."
        )
        raise ValueError(message)
    relevance = keras.ops.cast(relevance, dtype)
    ones = keras.ops.ones_like(relevance)
    there = keras.ops.logical_and(
        keras.ops.greater_equal(relevance, 0),
        keras.ops.not_equal(mask_of(y_pred, ones), 0),
    )
    relevance = keras.ops.where(there, relevance, keras.ops.zeros_like(relevance))
    return relevance, _wide(scores), there, weights_of(sample_weight, ones[:, 0])


def _wide(scores: Any) -> Any:
    """The scores in a dtype that every backend sorts and subtracts."""
    dtype = keras.backend.standardize_dtype(scores.dtype)
    wider = {"float16": "float32", "bfloat16": "float32", "bool": "int32"}
    wider |= dict.fromkeys(("uint8", "uint16", "int8", "int16"), "int32")
    return keras.ops.cast(scores, wider[dtype]) if dtype in wider else scores


def ranked(scores: Any, there: Any, *values: Any) -> tuple[Any, ...]:
    """The ranks of documents from the highest score on, and their values in that order.

    Of equal scores the lower index comes first. Keras' `argsort` keeps the order of
    equals on each backend, and its `top_k` does not.

    Args:
        scores: `(queries, documents)`.
        there: Booleans; other documents have rank 0, and no document counts them.
        *values: Tensors of that shape to be put in order.

    Returns:
        The ranks, 1 for the first, in the dtype of the first of the values; then the
        values.
    """
    zero = keras.ops.zeros_like(scores)
    # Zero minus the scores, and not their negation: -0.0 would come before 0.0.
    order = keras.ops.argsort(keras.ops.subtract(zero, scores), axis=-1)
    kept = keras.ops.take_along_axis(
        keras.ops.cast(there, values[0].dtype), order, axis=-1
    )
    ranks = keras.ops.multiply(keras.ops.cumsum(kept, axis=-1), kept)
    return (
        ranks,
        *(keras.ops.take_along_axis(value, order, axis=-1) for value in values),
    )
