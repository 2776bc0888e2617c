"""Similarities and distances of all pairs of rows, with gradients at every point."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._precision import constant

__all__ = [
    "MASKED",
    "distances",
    "normalized",
    "off_diagonal",
    "pairs",
    "same_label",
    "squared_distances",
    "surprise",
]

#: A logit so low that its exponential is zero, and finite: differences stay numbers.
MASKED = -1e30

# The square of the shortest length that has a direction, as in torch's `normalize`.
_SHORT = 1e-24


def normalized(x: Any) -> Any:
    """Rows of length 1. A zero row stays zero, and its gradient is zero too."""
    squares = keras.ops.sum(keras.ops.square(x), axis=-1, keepdims=True)
    long = keras.ops.greater(squares, constant(_SHORT, squares))
    # The root is taken of the second `where`: at zero it has no derivative.
    safe = keras.ops.where(long, squares, keras.ops.ones_like(squares))
    return keras.ops.where(
        long, x / keras.ops.sqrt(safe), keras.ops.zeros_like(x)
    )  # (batch_size, dim)


def squared_distances(x: Any, y: Any) -> Any:
    """The squared Euclidean distance of each row of `x` to each of `y`, `(n, m)`.

    By `|x|^2 + |y|^2 - 2 x.y`, which needs no tensor of `n * m * dim` numbers. Rows
    are moved to the mean first, which changes no distance: what is rounded is then as
    small as the data allow. A distance near zero may come out slightly negative, and
    its derivatives are right.
    """
    both = keras.ops.concatenate([x, y], axis=0)
    middle = keras.ops.stop_gradient(keras.ops.mean(both, axis=0, keepdims=True))
    x, y = x - middle, y - middle
    dots = keras.ops.matmul(x, keras.ops.transpose(y))  # (n, m)
    lengths_x = keras.ops.sum(keras.ops.square(x), axis=-1, keepdims=True)  # (n, 1)
    lengths_y = keras.ops.sum(keras.ops.square(y), axis=-1)[None, :]  # (1, m)
    return lengths_x + lengths_y - 2.0 * dots


def distances(x: Any) -> Any:
    """The Euclidean distance of each row to each, `(n, n)`.

    Where two rows agree up to rounding it is zero, and so is its gradient: the root has
    no derivative there.
    """
    squares = squared_distances(x, x)
    lengths = keras.ops.stop_gradient(
        keras.ops.sum(
            keras.ops.square(x - keras.ops.mean(x, 0, keepdims=True)), axis=-1
        )
    )
    dtype = keras.backend.standardize_dtype(x.dtype)
    rounding = constant(8 * _epsilon(dtype), x) * (lengths[:, None] + lengths[None, :])
    apart = keras.ops.logical_and(
        keras.ops.greater(squares, rounding), off_diagonal(squares)
    )
    safe = keras.ops.where(apart, squares, keras.ops.ones_like(squares))
    return keras.ops.where(apart, keras.ops.sqrt(safe), keras.ops.zeros_like(safe))


def _epsilon(dtype: str) -> float:
    return 2.0**-52 if dtype == "float64" else 2.0**-23


def off_diagonal(square: Any) -> Any:
    """Where a row meets another row, as a boolean matrix like `square`."""
    places = keras.ops.arange(keras.ops.shape(square)[0])
    return keras.ops.not_equal(places[:, None], places[None, :])


def surprise(logits: Any, positive: Any, compared: Any) -> Any:
    """How surprising the positives of each row are among all that are compared, `(n,)`.

    Args:
        logits: `(n, m)`.
        positive: Where a row should find its like, booleans; they are compared too. A
            row with several has the mean over them, a row with none has zero.
        compared: Where the softmax of a row is taken over, booleans.
    """
    masked = keras.ops.where(compared, logits, constant(MASKED, logits))
    total = keras.ops.logsumexp(masked, axis=-1, keepdims=True)  # (n, 1)
    found = keras.ops.where(positive, total - logits, keras.ops.zeros_like(logits))
    count = keras.ops.sum(keras.ops.cast(positive, logits.dtype), axis=-1)
    return keras.ops.sum(found, axis=-1) / keras.ops.maximum(count, 1.0)


def pairs(present: Any) -> Any:
    """Where both rows of a pair are present, `(n, n)`, from booleans `(n,)`."""
    return keras.ops.logical_and(present[:, None], present[None, :])


def same_label(y_true: Any, y_pred: Any) -> Any:
    """Where two rows have one label, as a boolean matrix `(batch_size, batch_size)`.

    Args:
        y_true: Labels, `(batch_size,)` or `(batch_size, 1)`, in a dtype of their own:
            half precision does not tell 2049 from 2048.
        y_pred: The embeddings that they belong to.

    Raises:
        ValueError: They are no row or column of labels, or of another batch size.
    """
    shape, rows = tuple(y_true.shape), y_pred.shape[0]
    fits = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
    if not fits or (None not in (shape[0], rows) and shape[0] != rows):
        told = "batch_size" if rows is None else rows
        message = (
            f"Expected `y_true` of shape ({told},) or ({told}, 1), received {shape}. "
            "It holds one label for each embedding."
        )
        raise ValueError(message)
    labels = keras.ops.reshape(y_true, (-1,))
    return keras.ops.equal(labels[:, None], labels[None, :])
