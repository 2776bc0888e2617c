"""A plain model gets compiled steps by one line."""

import keras
import numpy as np
import pytest

from multibackend import training
from tests.library.training.conftest import classifier


def test_a_wrapped_model_trains_the_one_inside(data, alike):
    x, y = data
    plain, inner = (classifier(keras.Model) for _ in range(2))
    given = {"epochs": 2, "shuffle": False, "verbose": 0}
    model = training.wrap(inner)

    alike(model.fit(x, y, **given).history, plain.fit(x, y, **given).history)
    assert model.optimizer is inner.optimizer
    assert np.array_equal(model.predict(x, verbose=0), inner.predict(x, verbose=0))
    assert model.notes == []


def test_a_model_that_is_not_built_yet_is_built(data):
    x, _ = data
    model = training.wrap(keras.Sequential([keras.layers.Dense(3, activation="tanh")]))
    model.compile(optimizer="adam", loss="mse")

    assert len(model.fit(x, x[:, :3], epochs=2, verbose=0).history["loss"]) == 2


def test_a_step_for_one_backend_is_refused():
    class Own(keras.Model):
        def train_step(self, *args):
            return {}

    with pytest.raises(ValueError, match="Subclass"):
        training.wrap(Own())


def test_a_layer_is_no_model():
    with pytest.raises(ValueError, match="received Dense"):
        training.wrap(keras.layers.Dense(1))
