"""What a child does to recurrent layers changes nothing that they compute."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from multibackend.inputs import Working, normal, working
from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.narrow import narrowest
from multibackend.parity.checks.recurrent import compile_scans, recurrent_states
from multibackend.parity.checks.subject import Subject


def steps():
    return keras.ops.convert_to_tensor(normal(2, 5, 8, seed=1))


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.LSTM(4, return_sequences=True),
        lambda: keras.layers.GRU(4),
        lambda: keras.layers.Bidirectional(keras.layers.SimpleRNN(3)),
    ],
    ids=["LSTM", "GRU", "Bidirectional"],
)
def test_a_scan_that_is_compiled_once_gives_what_it_gave(make):
    layer = make()
    before = numbers(layer(steps()))
    mask = keras.ops.convert_to_tensor(np.arange(5)[None, :] < np.array([[3], [5]]))
    masked = numbers(layer(steps(), mask=mask))

    compile_scans(layer)

    assert np.array_equal(numbers(layer(steps())), before)
    assert np.array_equal(numbers(layer(steps(), mask=mask)), masked)
    assert not np.array_equal(before, masked)


def test_its_weights_are_read_at_every_call():
    layer = keras.layers.LSTM(4)
    _ = layer(steps())
    compile_scans(layer)
    before = numbers(layer(steps()))

    for weight in layer.weights:
        weight.assign(np.zeros(tuple(weight.shape), "float32"))

    assert np.any(before != 0)
    assert not np.any(numbers(layer(steps())))


def test_a_stateful_layer_still_remembers():
    layer = keras.layers.GRU(4, stateful=True)
    _ = layer(steps())
    layer.reset_state()
    compile_scans(layer)

    first, second = numbers(layer(steps())), numbers(layer(steps()))

    assert not np.array_equal(first, second)
    assert np.array_equal(numbers(recurrent_states(layer)[0]), second)


def subject(layer):
    with working(Working(name="m:a")):
        made = Subject("m:a", "layer", layer, Arguments((normal(4, 3),), {}))
        made.build()
    return made


def test_the_narrowest_dtype_is_that_of_any_layer_inside():
    plain = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(2)])
    half = keras.layers.Dense(2, dtype="mixed_bfloat16")
    mixed = keras.Sequential([keras.layers.Dense(2), half])

    assert narrowest(subject(plain)) == ""
    assert narrowest(subject(mixed)) == "bfloat16"
