"""What `compile` takes: an optimizer, a loss and metrics, by name or as objects.

A name means the object with its defaults, so both give the same numbers. Who wants
another setting, such as SGD's momentum, makes the object.

    KERAS_BACKEND=jax python -m multibackend.examples.compiling
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.inputs import array
from multibackend.weights import seed_weights

__all__ = ["LOSSES", "METRICS", "OPTIMIZERS", "RECIPES", "Recipe", "main", "train"]

Array = npt.NDArray[Any]

OPTIMIZERS: dict[str, Any] = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adagrad": keras.optimizers.Adagrad,
}
LOSSES: dict[str, Any] = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "kl_divergence": keras.losses.KLDivergence,
    "cosine_similarity": keras.losses.CosineSimilarity,
}
METRICS: dict[str, Any] = {
    "binary_accuracy": keras.metrics.BinaryAccuracy,
    "auc": keras.metrics.AUC,
    "precision": keras.metrics.Precision,
    "recall": keras.metrics.Recall,
    "categorical_accuracy": keras.metrics.CategoricalAccuracy,
    "sparse_categorical_accuracy": keras.metrics.SparseCategoricalAccuracy,
}


@dataclass(frozen=True)
class Recipe:
    """An optimizer, a loss and metrics that fit the last layer and the targets.

    Attributes:
        optimizer: A name in `OPTIMIZERS`.
        loss: A name in `LOSSES`.
        activation: Of the only layer.
        targets: The form of the targets, see `data`.
        metrics: Names in `METRICS`.
        settings: What the optimizer is told; a name can say none of it.
    """

    optimizer: str
    loss: str
    activation: str
    targets: str
    metrics: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict[str, float])

    def by_name(self) -> dict[str, Any]:
        """Arguments of `compile`, as names."""
        return {
            "optimizer": self.optimizer,
            "loss": self.loss,
            "metrics": list(self.metrics),
        }

    def by_object(self) -> dict[str, Any]:
        """Arguments of `compile`, as new objects: a model keeps its own.

        A metric made without a name counts up in one process (`auc`, `auc_1`), and
        so would its key in `History`; hence the name.
        """
        return {
            "optimizer": OPTIMIZERS[self.optimizer](**self.settings),
            "loss": LOSSES[self.loss](),
            "metrics": [METRICS[name](name=name) for name in self.metrics],
        }


RECIPES: dict[str, Recipe] = {
    "regression": Recipe("sgd", "mean_squared_error", "linear", "numbers"),
    "regression with momentum": Recipe(
        "sgd",
        "mean_squared_error",
        "linear",
        "numbers",
        settings={"learning_rate": 0.01, "momentum": 0.9},
    ),
    "two classes": Recipe(
        "rmsprop",
        "binary_crossentropy",
        "sigmoid",
        "zeros and ones",
        ("binary_accuracy", "auc", "precision", "recall"),
    ),
    "one-hot classes": Recipe(
        "adam",
        "categorical_crossentropy",
        "softmax",
        "one-hot",
        ("categorical_accuracy",),
    ),
    "integer classes": Recipe(
        "adagrad",
        "sparse_categorical_crossentropy",
        "softmax",
        "integers",
        ("sparse_categorical_accuracy",),
    ),
    "shares": Recipe("adam", "kl_divergence", "softmax", "shares"),
    "directions": Recipe("rmsprop", "cosine_similarity", "linear", "numbers"),
}


def data(targets: str) -> tuple[Array, Array]:
    """Draws 96 points and their targets in the form asked for.

    Classes stay integers: a metric compares them exactly.
    """
    rng = np.random.default_rng(10)
    points = rng.normal(size=(96, 4))
    scores = points @ rng.normal(size=(4, 3))  # (points, classes)
    classes = scores.argmax(axis=1).astype("int32")  # (points,)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    forms: dict[str, Array] = {
        "numbers": array(scores, seed=2),  # (points, 3)
        "zeros and ones": (classes == 0).astype("int32")[:, None],  # (points, 1)
        "one-hot": np.eye(3, dtype="int32")[classes],  # (points, classes)
        "integers": classes,
        "shares": array(shares, seed=3),  # (points, classes), each row sums to 1
    }
    return array(points, seed=1), forms[targets]


def train(recipe: Recipe, compiled: Mapping[str, Any], epochs: int) -> Array:
    """Trains one layer and returns its history, shape `(epochs, 1 + metrics)`."""
    x, y = data(recipe.targets)
    units = 1 if recipe.targets == "zeros and ones" else 3
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units, activation=recipe.activation)]
    )
    seed_weights(model)  # the same start on every backend
    model.compile(**compiled)
    history = model.fit(x, y, batch_size=32, epochs=epochs, shuffle=False, verbose=0)
    columns = [history.history[key] for key in ("loss", *recipe.metrics)]
    return np.stack(columns, axis=1)


def main(epochs: int = 2, recipes: Iterable[str] = tuple(RECIPES)) -> dict[str, Array]:
    """Trains each recipe by name and by object.

    Args:
        epochs: How often the 96 points are seen.
        recipes: Which of `RECIPES` to train.

    Returns:
        Histories of shape `(epochs, 1 + metrics)`, the loss first: for each recipe
        `<recipe>, by object`, and `<recipe>, by name` where a name says it all.
    """
    numbers: dict[str, Array] = {}
    for name in recipes:
        recipe = RECIPES[name]
        if not recipe.settings:
            numbers[f"{name}, by name"] = train(recipe, recipe.by_name(), epochs)
        numbers[f"{name}, by object"] = train(recipe, recipe.by_object(), epochs)
    return numbers


if __name__ == "__main__":
    for what, history in main().items():
        shown = ", ".join(f"{value:+.6f}" for value in history[-1])
        print(f"{what:<36} {shown}")
