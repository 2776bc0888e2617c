"""`determinism` on one backend: equal bits twice, and what keeps a counter."""

import keras
import numpy as np
import pytest

from multibackend.inputs import integers, normal
from multibackend.parity.checks.determinism import _bits


class Counting(keras.layers.Layer):
    """Adds something that it counts beside its weights."""

    calls = 0

    def call(self, inputs):
        self.calls += 1
        return inputs + 1e-6 * self.calls


class Trained(Counting):
    """Counts in training only."""

    def call(self, inputs, training=False):
        return super().call(inputs) if training else inputs


def numpy_noise(x):
    noise = np.random.default_rng().normal(size=tuple(x.shape))
    return x + keras.ops.convert_to_tensor(noise.astype("float32"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: (keras.layers.Dense(2), normal(4, 3)),
        lambda: (keras.layers.Dropout(0.5), normal(4, 3)),
        lambda: (keras.layers.GaussianNoise(0.5, seed=3), normal(4, 3)),
        lambda: (keras.layers.BatchNormalization(), normal(4, 3)),
        lambda: (keras.layers.Dense(2, dtype="mixed_bfloat16"), normal(4, 3)),
        lambda: (keras.losses.MeanSquaredError(), (normal(4, 3), normal(4, 3))),
        lambda: (keras.metrics.MeanSquaredError(), [(normal(4), normal(4))] * 2),
        lambda: (keras.ops.sort, integers(9, high=5)),
        lambda: (lambda x: x + keras.random.normal((3,)), normal(3)),
    ],
    ids=[
        "dense",
        "dropout",
        "noise",
        "batch normalization",
        "bfloat16",
        "loss",
        "metric",
        "integers",
        "a draw",
    ],
)
def test_the_same_start_gives_the_same_bits(make, broken):
    assert broken("determinism", make) == {}


def test_training_is_asked_where_it_differs(ask):
    answer = ask("determinism", lambda: (keras.layers.Dropout(0.5), normal(4, 3)))

    assert set(answer.outputs) == {"inference", "training"}


def test_what_differs_is_told_with_its_place(broken):
    found = broken("determinism", lambda: (Trained(), normal(4, 3)))

    assert list(found) == ["training"]
    assert found["training"].startswith("12 of 12 elements of outputs, first outputs[0")


@pytest.mark.parametrize("layer", [Counting, Trained])
def test_a_hidden_counter_is_found(layer, broken):
    assert broken("determinism", lambda: (layer(), normal(4, 3)))


def test_a_draw_without_a_seed_is_found(broken):
    assert broken("determinism", lambda: (numpy_noise, normal(8)))


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        (np.array([1.0, -0.0], "float32"), [0x3F800000, 0x80000000]),
        (np.array([[2.0]], "float64"), [[0x4000000000000000]]),
        (np.array([1j], "complex64"), [0x3F800000 << 32]),
        (np.array([1.0], "complex128"), [[0x3FF0000000000000, 0]]),
        (np.array([3], "int32"), [3]),
        (None, None),
    ],
    ids=["float32", "float64", "complex64", "complex128", "int32", "nothing"],
)
def test_floats_become_whole_numbers_of_their_bits(value, bits):
    found = _bits(value)

    assert (found if found is None else found.tolist()) == bits


def test_bfloat16_has_bits_too():
    tensor = keras.ops.cast(keras.ops.ones((2,)), "bfloat16")

    assert _bits(tensor).tolist() == [0x3F80, 0x3F80]
