"""`mask` on one backend: masks handed on by hand, and layers that drop or ignore them."""

import keras
import numpy as np
import pytest

from multibackend.inputs import mask as padding
from multibackend.inputs import normal, tokens
from multibackend.parity.cases.case import arguments
from multibackend.parity.checks.answer import NotApplicableError

layers = keras.layers


class Average(layers.Layer):
    """The mean over the steps that the mask keeps."""

    def __init__(self, **given):
        super().__init__(**given)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            mask = keras.ops.ones(inputs.shape[:2])
        kept = keras.ops.expand_dims(keras.ops.cast(mask, inputs.dtype), -1)
        return keras.ops.sum(inputs * kept, axis=1) / keras.ops.sum(kept, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None


class Ignores(Average):
    """Takes a mask, and averages over all steps."""

    def call(self, inputs, mask=None):
        return keras.ops.mean(inputs, axis=1)


class Leaks(layers.Layer):
    """Lets a little of every step into every other."""

    def __init__(self, **given):
        super().__init__(**given)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        return inputs + 1e-3 * keras.ops.mean(inputs, axis=1, keepdims=True)


class Drops(layers.Dense):
    """Hands no mask on."""

    def compute_mask(self, inputs, previous_mask=None):
        return None


class Inverts(layers.Dense):
    """Hands on the opposite of the mask."""

    def compute_mask(self, inputs, previous_mask=None):
        return None if previous_mask is None else keras.ops.logical_not(previous_mask)


class Statistics(layers.BatchNormalization):
    """Takes the statistics of masked steps in training too."""

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=training)


def sequential(*stack):
    def case():
        model = keras.Sequential(list(stack))
        model.compile("sgd", "mse")
        return model, (normal(3, 5, 2), normal(3, 1))

    return case


CLEAN = {
    "LSTM": lambda: (layers.LSTM(5, return_sequences=True), normal(3, 5, 2)),
    "LSTM of one output": lambda: (layers.LSTM(5), normal(3, 5, 2)),
    "GRU with a state": lambda: (
        layers.GRU(4),
        arguments(normal(3, 5, 2), initial_state=normal(3, 4)),
    ),
    "SimpleRNN": lambda: (layers.SimpleRNN(4, dropout=0.5), normal(3, 5, 2)),
    "Bidirectional": lambda: (layers.Bidirectional(layers.GRU(2)), normal(3, 5, 2)),
    "TimeDistributed": lambda: (
        layers.TimeDistributed(layers.Dense(2)),
        normal(3, 5, 2),
    ),
    "pooling": lambda: (layers.GlobalAveragePooling1D(), normal(3, 5, 2)),
    "BatchNormalization": lambda: (layers.BatchNormalization(), normal(3, 5, 2)),
    "Attention": lambda: (layers.Attention(), [normal(3, 5, 2), normal(3, 4, 2)]),
    "Attention with keys": lambda: (
        layers.AdditiveAttention(),
        [normal(3, 5, 2), normal(3, 4, 2), normal(3, 4, 2)],
    ),
    "MultiHeadAttention": lambda: (
        layers.MultiHeadAttention(2, 3),
        arguments(normal(3, 5, 4), normal(3, 4, 4)),
    ),
    "own mask": lambda: (
        layers.LSTM(2),
        arguments(normal(3, 5, 2), mask=padding(3, 5)),
    ),
    "own layer": lambda: (Average(), normal(3, 5, 2)),
}

FAULTY = {
    "ignored": lambda: (Ignores(), normal(3, 5, 2)),
    "leaking": lambda: (Leaks(), normal(3, 5, 2)),
    "in training": lambda: (Statistics(), normal(3, 5, 2)),
}


@pytest.mark.parametrize("name", CLEAN)
def test_masked_steps_change_nothing_in_a_clean_layer(name, broken):
    assert broken("mask", CLEAN[name]) == {}


@pytest.mark.parametrize("name", FAULTY)
def test_a_layer_that_reads_masked_steps_is_found(name, broken):
    found = broken("mask", FAULTY[name])

    assert found
    assert all(output.startswith("altered") for output in found)


def test_the_mask_of_a_sequence_arrives_at_the_next_layer(ask):
    """And what is masked is not compared: only what is visible has values."""
    answer = ask("mask", lambda: (layers.Dense(3), normal(3, 5, 2)))

    mask = answer.outputs["propagated/0"]
    assert mask.shape == (3, 5)
    assert mask[:, 0].all()
    assert not mask[0, -1]
    assert ((answer.outputs["outputs/0"] != 0).all(axis=-1) == mask).all()


def test_a_dropped_mask_is_told_and_so_is_an_inverted_one(ask):
    def propagated(layer):
        return ask("mask", lambda: (layer(3), normal(3, 5, 2))).outputs["propagated/0"]

    kept = propagated(layers.Dense)
    assert str(propagated(Drops)) == "none"
    assert (propagated(Inverts) == ~kept).all()


def test_a_mask_of_the_case_is_taken_as_it_is(ask):
    given = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], "bool")
    answer = ask(
        "mask",
        lambda: (
            layers.LSTM(2, return_sequences=True),
            arguments(normal(2, 4, 3), mask=given),
        ),
    )

    assert (answer.outputs["propagated/0"] == given).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: (layers.Masking(-1.0), normal(3, 5, 2)),
        lambda: (layers.Embedding(9, 2, mask_zero=True), tokens(3, 5, vocabulary=9)),
    ],
    ids=["Masking", "Embedding"],
)
def test_a_layer_that_makes_masks_gets_the_value_that_means_masked(make, ask):
    mask = ask("mask", make).outputs["propagated/0"]

    assert mask.dtype == np.bool_
    assert mask.shape == (3, 5)
    assert not mask[0, -1]


def test_altered_steps_of_a_model_are_compared_across_backends_alone(ask):
    """A convolution inside may read its neighbours by right."""
    answer = ask(
        "mask", sequential(layers.Conv1D(2, 2), layers.LSTM(2), layers.Dense(1))
    )

    assert answer.expected == {}
    assert "altered/0" in answer.outputs


def test_a_masking_model_is_asked_from_end_to_end(ask):
    answer = ask(
        "mask", sequential(layers.Masking(), layers.LSTM(2, return_sequences=True))
    )

    assert not answer.outputs["propagated/0"][0, -1]
    assert "altered/0" not in answer.outputs


@pytest.mark.parametrize(
    "make",
    [
        lambda: (layers.Softmax(), normal(3, 5, 2)),
        lambda: (layers.Dense(2), normal(3, 5)),
        lambda: (layers.Dense(2), normal(3, 1, 5)),
        lambda: (layers.Flatten(), normal(3, 5, 2)),
        lambda: (layers.Embedding(9, 2), tokens(3, 5, vocabulary=9)),
        lambda: (
            layers.GlobalAveragePooling1D(data_format="channels_first"),
            normal(3, 5, 2),
        ),
    ],
    ids=["Softmax", "no steps", "one step", "no support", "tokens", "channels first"],
)
def test_where_nothing_can_be_masked_nothing_is_asked(make, ask):
    with pytest.raises(NotApplicableError):
        ask("mask", make)
