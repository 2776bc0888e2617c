"""What is trained: five small models in Keras, their data, losses and optimizers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

__all__ = ["HEADS", "LAYERS", "TASKS", "Task", "named"]

#: The transformer.
LENGTH, WIDTH, HEADS, LAYERS, WORDS = 32, 64, 4, 4, 64
#: The LSTM.
STEPS, FEATURES, UNITS = 16, 8, 32


@dataclass(frozen=True)
class Task:
    """A model and what it is trained on; the native twins are written for its name.

    Attributes:
        name: The model.
        inputs: From a generator and a batch size to seeded inputs, `(batch, ...)`.
        outputs: The targets, likewise.
        layers: From symbolic inputs to symbolic outputs.
        classes: Whether the loss is the cross-entropy of classes; else a mean square.
        rate: The learning rate.
        adam: Whether Adam updates; else gradient descent.
    """

    name: str
    inputs: Callable[[Any, int], Any]
    outputs: Callable[[Any, int], Any]
    layers: Callable[[Any], Any]
    classes: bool = False
    rate: float = 1e-3
    adam: bool = True

    def batch(self, size: int) -> tuple[Any, Any]:
        """A batch of this size, the same each time."""
        rng = np.random.default_rng(0)
        return self.inputs(rng, size), self.outputs(rng, size)

    def model(self) -> Any:
        """The model, with the same weights each time."""
        keras.utils.set_random_seed(0)
        x, _ = self.batch(1)
        inputs = keras.Input(x.shape[1:], dtype=x.dtype.name)
        return keras.Model(inputs, self.layers(inputs))

    def loss(self) -> Any:
        """The loss of Keras."""
        if self.classes:
            return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return keras.losses.MeanSquaredError()

    def optimizer(self) -> Any:
        """The optimizer of Keras."""
        kind = keras.optimizers.Adam if self.adam else keras.optimizers.SGD
        return kind(self.rate)


def _floats(*shape: int) -> Callable[[Any, int], Any]:
    return lambda rng, size: rng.normal(size=(size, *shape)).astype("float32")


def _classes(count: int, *shape: int) -> Callable[[Any, int], Any]:
    return lambda rng, size: rng.integers(count, size=(size, *shape)).astype("int32")


def _linear(x: Any) -> Any:
    return keras.layers.Dense(1)(x)


def _mlp(x: Any) -> Any:
    x = keras.layers.Dense(128, activation="relu")(x)
    return keras.layers.Dense(1)(keras.layers.BatchNormalization()(x))


def _cnn(x: Any) -> Any:
    for channels in (16, 32):
        x = keras.layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
        x = keras.layers.MaxPooling2D()(x)
    return keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(x))


class _Places(keras.layers.Layer):
    """Adds a learned vector to each place."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.table = self.add_weight(shape=input_shape[1:], initializer="normal")

    def call(self, inputs: Any) -> Any:
        return inputs + self.table


def _transformer(x: Any) -> Any:
    layers = keras.layers
    x = _Places()(layers.Embedding(WORDS, WIDTH)(x))
    for _ in range(LAYERS):
        inner = layers.LayerNormalization()(x)
        attention = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
        x = x + attention(inner, inner, use_causal_mask=True)
        inner = layers.Dense(4 * WIDTH, activation="relu")(
            layers.LayerNormalization()(x)
        )
        x = x + layers.Dense(WIDTH)(inner)
    return layers.Dense(WORDS)(layers.LayerNormalization()(x))


def _lstm(x: Any) -> Any:
    return keras.layers.Dense(1)(keras.layers.LSTM(UNITS)(x))


TASKS = (
    Task("linear", _floats(2), _floats(1), _linear, rate=0.1, adam=False),
    Task("mlp", _floats(64), _floats(1), _mlp),
    Task("cnn", _floats(8, 8, 1), _classes(10), _cnn, classes=True),
    Task(
        "transformer",
        _classes(WORDS, LENGTH),
        _classes(WORDS, LENGTH),
        _transformer,
        classes=True,
    ),
    Task("lstm", _floats(STEPS, FEATURES), _floats(1), _lstm),
)


def named(name: str) -> Task:
    """The task of this name."""
    return next(task for task in TASKS if task.name == name)
