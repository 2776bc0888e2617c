"""Cases: the losses, metrics and optimizers of the notes, each by itself.

Probabilities and classes are drawn in float64 and rounded by `array`, so that they are
the same numbers in every working dtype. Classes are integers: a metric compares them
exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, integers, normal, uniform
from multibackend.parity.cases.case import case

Array = npt.NDArray[Any]


def _shares(rows: int, classes: int, *, seed: int) -> Array:
    """Probabilities that sum to 1 and stay well above 0, shape `(rows, classes)`."""
    drawn = np.random.default_rng(seed).dirichlet(np.full(classes, 5.0), size=rows)
    return array(drawn, seed=seed)


def _one_hot(rows: int, classes: int) -> Array:
    return np.eye(classes, dtype="int32")[integers(rows, high=classes)]


def _wide(values: Any) -> Array:
    return np.asarray(values, dtype=np.float64)


# Losses, each with its formula in float64.


def _mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    return np.mean((_wide(y_true) - _wide(y_pred)) ** 2)


@case(reference=_mean_squared_error)
def mean_squared_error() -> Any:
    import keras

    return keras.losses.MeanSquaredError(), (normal(8, 3), normal(8, 3))


def _binary_crossentropy(y_true: Any, y_pred: Any) -> Any:
    y, p = _wide(y_true), _wide(y_pred)
    return -np.mean(y * np.log(p) + (1 - y) * np.log1p(-p))


@case(reference=_binary_crossentropy)
def binary_crossentropy() -> Any:
    import keras

    predictions = uniform(16, 1, low=0.05, high=0.95)
    return keras.losses.BinaryCrossentropy(), (integers(16, 1, high=2), predictions)


def _binary_crossentropy_of_scores(y_true: Any, y_pred: Any) -> Any:
    y, score = _wide(y_true), _wide(y_pred)
    return np.mean(np.logaddexp(0, score) - y * score)


@case(reference=_binary_crossentropy_of_scores)
def binary_crossentropy_of_scores() -> Any:
    import keras

    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return loss, (integers(16, 1, high=2), normal(16, 1, std=3.0))


def _categorical_crossentropy(y_true: Any, y_pred: Any) -> Any:
    y, p = _wide(y_true), _wide(y_pred)
    shares = p / p.sum(axis=-1, keepdims=True)
    return -np.mean((y * np.log(shares)).sum(axis=-1))


@case(reference=_categorical_crossentropy)
def categorical_crossentropy() -> Any:
    import keras

    loss = keras.losses.CategoricalCrossentropy()
    return loss, (_one_hot(8, 4), _shares(8, 4, seed=1))


def _smoothed(y_true: Any, y_pred: Any) -> Any:
    y = _wide(y_true)
    return _categorical_crossentropy(y * 0.9 + 0.1 / y.shape[-1], y_pred)


@case(reference=_smoothed)
def categorical_crossentropy_with_label_smoothing() -> Any:
    import keras

    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    return loss, (_one_hot(8, 4), _shares(8, 4, seed=2))


def _sparse_of_scores(y_true: Any, y_pred: Any) -> Any:
    scores = _wide(y_pred)
    top = scores.max(axis=-1, keepdims=True)
    whole = top[:, 0] + np.log(np.exp(scores - top).sum(axis=-1))  # log-sum-exp
    return np.mean(whole - scores[np.arange(len(scores)), np.asarray(y_true)])


@case(reference=_sparse_of_scores)
def sparse_categorical_crossentropy_of_scores() -> Any:
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return loss, (integers(8, high=4), normal(8, 4, std=3.0))


def _sparse(y_true: Any, y_pred: Any) -> Any:
    return _sparse_of_scores(y_true, np.log(_wide(y_pred)))


@case(reference=_sparse)
def sparse_categorical_crossentropy() -> Any:
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy()
    return loss, (integers(8, high=4), _shares(8, 4, seed=3))


def _kl_divergence(y_true: Any, y_pred: Any) -> Any:
    y, p = _wide(y_true), _wide(y_pred)
    return np.mean((y * np.log(y / p)).sum(axis=-1))


@case(reference=_kl_divergence)
def kl_divergence() -> Any:
    import keras

    return keras.losses.KLDivergence(), (_shares(8, 4, seed=4), _shares(8, 4, seed=5))


def _cosine_similarity(y_true: Any, y_pred: Any) -> Any:
    y, p = _wide(y_true), _wide(y_pred)
    lengths = np.linalg.norm(y, axis=-1) * np.linalg.norm(p, axis=-1)
    return -np.mean((y * p).sum(axis=-1) / lengths)


@case(reference=_cosine_similarity)
def cosine_similarity() -> Any:
    import keras

    return keras.losses.CosineSimilarity(), (normal(8, 4), normal(8, 4))


# Metrics, each on two batches: the second adds to the state of the first.


@case
def categorical_accuracy() -> Any:
    import keras

    batches = [(_one_hot(8, 3), normal(8, 3)), (_one_hot(5, 3), normal(5, 3))]
    return keras.metrics.CategoricalAccuracy(), batches


@case
def sparse_categorical_accuracy() -> Any:
    import keras

    batches = [(integers(8, high=3), normal(8, 3)), (integers(5, high=3), normal(5, 3))]
    return keras.metrics.SparseCategoricalAccuracy(), batches


def _two_binary_batches() -> list[tuple[Array, Array]]:
    return [(integers(n, 1, high=2), uniform(n, 1)) for n in (16, 9)]


@case
def binary_accuracy() -> Any:
    import keras

    return keras.metrics.BinaryAccuracy(), _two_binary_batches()


@case
def auc() -> Any:
    import keras

    return keras.metrics.AUC(), _two_binary_batches()


@case
def precision() -> Any:
    import keras

    return keras.metrics.Precision(), _two_binary_batches()


@case
def recall() -> Any:
    import keras

    return keras.metrics.Recall(), _two_binary_batches()


# Optimizers.


@case
def sgd() -> Any:
    import keras

    return keras.optimizers.SGD(0.01)


@case
def sgd_with_momentum() -> Any:
    import keras

    return keras.optimizers.SGD(0.01, momentum=0.9)


@case
def rmsprop() -> Any:
    import keras

    return keras.optimizers.RMSprop(0.01)


@case
def adam() -> Any:
    import keras

    return keras.optimizers.Adam(0.01)


@case
def adagrad() -> Any:
    import keras

    return keras.optimizers.Adagrad(0.01)
