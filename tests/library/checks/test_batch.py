"""`batch` on one backend: rows for themselves, and layers that mix them."""

import keras
import numpy as np
import pytest

from multibackend.inputs import normal
from multibackend.parity.checks.answer import NotApplicableError


class Centered(keras.layers.Layer):
    """Takes away the mean of the batch."""

    def call(self, inputs):
        return inputs - keras.ops.mean(inputs, axis=0, keepdims=True)


class Neighbour(keras.layers.Layer):
    """Adds a little of the row before."""

    def call(self, inputs):
        return inputs + 1e-3 * keras.ops.roll(inputs, 1, axis=0)


def model():
    built = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    built.compile("sgd", "mse")
    return built, (normal(5, 3), normal(5, 2))


@pytest.mark.parametrize(
    "make",
    [
        lambda: (keras.layers.Dense(2), normal(2, 3)),
        lambda: (keras.layers.BatchNormalization(), normal(5, 3)),
        lambda: (keras.layers.LSTM(2, return_state=True), normal(4, 3, 2)),
        lambda: (keras.layers.Attention(), [normal(3, 4, 2), normal(3, 5, 2)]),
        model,
    ],
    ids=["dense", "batch normalization", "states", "attention", "model"],
)
def test_a_clean_layer_computes_each_row_for_itself(make, broken):
    assert broken("batch", make) == {}


@pytest.mark.parametrize("layer", [Centered, Neighbour])
def test_a_layer_that_looks_at_other_rows_is_found(layer, broken):
    assert broken("batch", lambda: (layer(), normal(4, 3)))


def test_the_even_rows_are_what_comes_back(ask):
    inputs = np.arange(12, dtype="float32").reshape(4, 3)
    answer = ask("batch", lambda: (keras.layers.Rescaling(2.0), inputs))

    (found,) = answer.outputs.values()
    assert found.tolist() == (2 * inputs[::2]).tolist()


@pytest.mark.parametrize(
    "make",
    [
        lambda: (keras.layers.Dense(2), normal(1, 3)),
        lambda: (keras.layers.Concatenate(axis=0), [normal(2, 3), normal(2, 3)]),
        lambda: (keras.layers.Concatenate(axis=0), [normal(1, 3), normal(2, 3)]),
    ],
    ids=["one row", "joined rows", "unlike rows"],
)
def test_without_rows_in_common_there_is_nothing_to_ask(make, ask):
    with pytest.raises(NotApplicableError):
        ask("batch", make)
