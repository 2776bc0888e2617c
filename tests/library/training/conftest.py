"""A small classifier, made of any class of model, and data for it."""

import keras
import numpy as np
import pytest

from multibackend.weights import seed_weights


def classifier(cls, optimizer=None, **compiled):
    """The same start whatever the class."""
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(6, activation="tanh")(inputs)
    hidden = keras.layers.BatchNormalization()(hidden)
    model = cls(inputs, keras.layers.Dense(3)(hidden))
    seed_weights(model)
    model.compile(
        optimizer=optimizer or keras.optimizers.SGD(0.1),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        **{"metrics": ["accuracy"], **compiled},
    )
    return model


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 4)).astype("float32")
    return x, x.argmax(axis=1).astype("int32") % 3


@pytest.fixture
def alike():
    """Two dictionaries of numbers, equal up to a few roundings of float32."""

    def check(got, want):
        assert got.keys() == want.keys()
        for name, expected in want.items():
            actual = np.asarray(got[name], "float64")
            expected = np.asarray(expected, "float64")  # noqa: PLW2901 - as an array
            bound = 64 * np.finfo("float32").eps * max(1, np.abs(expected).max())
            assert actual.shape == expected.shape, name
            assert np.abs(actual - expected).max() <= bound, name

    return check
