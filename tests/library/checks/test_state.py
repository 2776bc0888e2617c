"""`state` on one backend: what calls leave behind, worked out by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from multibackend.inputs import Working, array, normal, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks import state
from multibackend.parity.checks.answer import Related
from multibackend.parity.run.once import build


class Average(keras.layers.Layer):
    """Keeps a moving average of its inputs."""

    def build(self, input_shape):
        self.mean = self.add_weight(
            shape=input_shape[-1:], name="mean", trainable=False, initializer="zeros"
        )

    def call(self, inputs, training=False):
        if training:
            self.keep(keras.ops.mean(inputs, axis=0))
        return inputs - self.mean

    def keep(self, mean):
        self.mean.assign(0.5 * self.mean + 0.5 * mean)


class Forgetful(Average):
    """Does not keep it."""

    def keep(self, mean):
        pass


class Total(keras.metrics.Metric):
    """Adds up what it is shown."""

    def __init__(self, **given):
        super().__init__(**given)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, y_true, y_pred):
        self.total.assign_add(keras.ops.sum(y_pred))

    def result(self):
        return self.total + 0


class Sticky(Total):
    """Does not start anew."""

    def reset_state(self):
        pass


def subject_of(function):
    subject = build(Case("case", function, "", 0))
    subject.rewind()
    return subject


def asked(function):
    """What `state` yields for a case, as NumPy arrays."""
    with working(Working(name="case")):
        subject = subject_of(function)
        assert state.applies(subject)
        subject.rewind()
        found = state.observe(subject)
    to_numpy = keras.ops.convert_to_numpy
    if isinstance(found, Related):
        return subject, *(
            keras.tree.map_structure(to_numpy, part)
            for part in (found.observed, found.expected)
        )
    return subject, keras.tree.map_structure(to_numpy, found), {}


def test_a_moving_average_moves_with_each_training_call_alone(close):
    subject, found, _ = asked(lambda: (Average(), normal(4, 3)))

    (start,) = (s.value.astype("float64") for s in subject.starts)
    mean = np.asarray(subject.raw.args[0], "float64").mean(axis=0)
    close(found["inference"]["call 2"]["average/mean"], start)
    close(found["training"]["call 1"]["average/mean"], (start + mean) / 2)
    close(found["training"]["call 2"]["average/mean"], (start + 3 * mean) / 4)


def test_an_average_that_is_not_kept_is_where_it_started():
    _, found, _ = asked(lambda: (Forgetful(), normal(4, 3)))
    _, right, _ = asked(lambda: (Average(), normal(4, 3)))

    forgotten = found["training"]["call 2"]["forgetful/mean"]
    assert np.array_equal(forgotten, found["inference"]["call 1"]["forgetful/mean"])
    kept = right["training"]["call 2"]["average/mean"]
    assert np.abs(forgotten - kept).min() > 1e-3


def test_a_recurrent_layer_remembers_and_forgets_on_demand():
    _, found, _ = asked(
        lambda: (keras.layers.SimpleRNN(2, stateful=True), normal(2, 3, 4))
    )

    first, second = (
        found["inference"][f"call {call}"]["simple_rnn/rnn_state"] for call in (1, 2)
    )
    assert first.any()
    assert not np.array_equal(first, second)
    assert not found["reset"]["state"]["simple_rnn/rnn_state"].any()


def test_recurrent_layers_are_found_inside_models_and_layers():
    class Around(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = keras.layers.SimpleRNN(2, stateful=True)

        def call(self, inputs):
            return self.inner(inputs)

    def model():
        made = keras.Sequential(
            [
                keras.Input(batch_shape=(2, 3, 4)),
                keras.layers.SimpleRNN(2, stateful=True),
            ]
        )
        made.compile("sgd", "mse")
        return made, (normal(2, 3, 4), normal(2, 2))

    for function in (lambda: (Around(), normal(2, 3, 4)), model):
        _, found, _ = asked(function)
        (kept,) = found["reset"]["state"].values()
        assert kept.shape == (2, 2)
        assert not kept.any()


@pytest.mark.parametrize(
    "function",
    [
        lambda: (keras.layers.Dense(2), normal(2, 3)),
        lambda: (keras.layers.Dropout(0.5), normal(2, 3)),
        lambda: (keras.layers.LSTM(2), normal(2, 3, 4)),
    ],
    ids=["no state", "a seed only", "a state of one call only"],
)
def test_there_is_nothing_to_ask_where_nothing_is_left_behind(function):
    with working(Working(name="case")):
        assert not state.applies(subject_of(function))


def test_a_metric_tells_its_variables_after_every_batch(close):
    batches = [(array([0.0]), array([number])) for number in (1.5, 2.0)]

    _, observed, expected = asked(lambda: (Total(), batches))

    close(observed["batches"]["batch 1"]["total/total"], 1.5)
    close(observed["batches"]["batch 2"]["total/total"], 3.5)
    close(observed["after reset"], 1.5)
    close(expected["after reset"], 1.5)


def test_a_metric_that_is_not_reset_does_not_give_its_first_result_again():
    batches = [(array([0.0]), array([number])) for number in (1.5, 2.0)]

    _, observed, expected = asked(lambda: (Sticky(), batches))

    assert float(observed["after reset"]) - float(expected["after reset"]) == 3.5
