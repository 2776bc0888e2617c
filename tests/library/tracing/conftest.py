"""A small model with everything that a step may change, twice: compiled and not."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from multibackend import jit
from multibackend.autodiff import value_and_grad
from multibackend.weights import seed_weights


def trainer(optimizer=None, *, compiled=True, **options):
    """A model with statistics and noise, its optimizer, a metric, and a step."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=3),
            keras.layers.GaussianNoise(0.1, seed=4),
            keras.layers.Dense(1),
        ]
    )
    seed_weights(model)
    optimizer = optimizer or keras.optimizers.Adam(0.01)
    optimizer.build(model.trainable_variables)
    mean = keras.metrics.Mean()

    def loss_of(x, y):
        return keras.ops.mean(keras.ops.square(model(x, training=True) - y))

    def step(x, y):
        variables = model.trainable_variables
        loss, grads = value_and_grad(loss_of, variables=variables)(x, y)
        optimizer.apply(grads, variables)
        mean.update_state(loss)
        return {"loss": loss, "mean": mean.result()}

    return SimpleNamespace(
        model=model,
        optimizer=optimizer,
        mean=mean,
        plain=step,
        step=jit(step, **options) if compiled else step,
    )


def state(made):
    """Every variable of a trainer, as NumPy arrays by path without counters."""
    owners = (made.model, made.optimizer, made.mean)
    return [
        keras.ops.convert_to_numpy(variable.value)
        for owner in owners
        for variable in owner.variables
    ]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 4)).astype("float32")
    return x, x[:, :1] - x[:, 1:2]
