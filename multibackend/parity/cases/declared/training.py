"""Cases: compiled models, trained with every optimizer and loss of the notes."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import array, integers, normal
from multibackend.parity.cases.case import case


def _dense(units: int, activation: str) -> Any:
    """One layer on 4 features: the smallest model that trains."""
    import keras

    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units, activation=activation)]
    )


def _shares(rows: int, classes: int, *, seed: int) -> Any:
    """Rows that sum to 1, drawn in float64: the same in every working dtype."""
    drawn = np.random.default_rng(seed).dirichlet(np.ones(classes), size=rows)
    return array(drawn, seed=seed)  # (rows, classes)


@case
def sgd_on_mean_squared_error() -> Any:
    import keras

    model = _dense(3, "linear")
    model.compile(keras.optimizers.SGD(0.05), loss=keras.losses.MeanSquaredError())
    return model, (normal(32, 4), normal(32, 3))


@case
def sgd_with_momentum_on_mean_squared_error() -> Any:
    import keras

    model = _dense(3, "tanh")
    model.compile(
        keras.optimizers.SGD(0.05, momentum=0.9),
        loss=keras.losses.MeanSquaredError(),
        metrics=[keras.metrics.MeanAbsoluteError(name="error")],
    )
    return model, (normal(32, 4), normal(32, 3))


@case
def rmsprop_on_binary_crossentropy() -> Any:
    import keras

    model = _dense(1, "sigmoid")
    model.compile(
        keras.optimizers.RMSprop(0.01),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=[
            keras.metrics.BinaryAccuracy(name="accuracy"),
            keras.metrics.AUC(name="auc"),
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
        ],
    )
    return model, (normal(32, 4), integers(32, 1, high=2))


@case
def adam_on_categorical_crossentropy() -> Any:
    import keras

    model = _dense(3, "softmax")
    model.compile(
        keras.optimizers.Adam(0.01),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    one_hot = np.eye(3, dtype="int32")[integers(32, high=3)]
    return model, (normal(32, 4), one_hot)


@case
def adagrad_on_sparse_categorical_crossentropy() -> Any:
    import keras

    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(4, 3, activation="silu"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    model.compile(
        keras.optimizers.Adagrad(0.05),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )
    return model, (normal(16, 6, 6, 1), integers(16, high=3))


@case
def rmsprop_with_momentum_on_kl_divergence() -> Any:
    import keras

    model = _dense(3, "softmax")
    model.compile(
        keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        loss=keras.losses.KLDivergence(),
    )
    return model, (normal(32, 4), _shares(32, 3, seed=1))


@case
def adam_on_cosine_similarity() -> Any:
    import keras

    model = _dense(3, "linear")
    model.compile(
        keras.optimizers.Adam(0.01, amsgrad=True),
        loss=keras.losses.CosineSimilarity(),
        metrics=[keras.metrics.CosineSimilarity(name="similarity")],
    )
    return model, (normal(32, 4), normal(32, 3))


@case
def adam_on_repeated_tokens() -> Any:
    """Each token is in a batch several times, so its gradient is a sum."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            keras.layers.Embedding(4, 3),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), loss="mean_squared_error")
    return model, (integers(16, 5, high=4), normal(16, 2))
