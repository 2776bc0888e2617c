"""`config` on one backend: copies that do the same, and arguments that get lost."""

import keras
import pytest

from multibackend.inputs import normal
from multibackend.parity.checks.answer import NotApplicableError

KEPT = "the same"


class Scaled(keras.layers.Layer):
    """Multiplies by a number."""

    def __init__(self, factor=1.0, **given):
        super().__init__(**given)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Forgets(Scaled):
    """Leaves the number out of its configuration."""

    def get_config(self):
        return {k: v for k, v in super().get_config().items() if k != "factor"}


class Grows(Scaled):
    """Adds one to the number each time it is written."""

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "factor": config["factor"] + 1e-3})


class Silent(keras.layers.Layer):
    """Has no configuration."""

    def call(self, inputs):
        return inputs

    def get_config(self):
        message = "nothing to write"
        raise NotImplementedError(message)


class States(keras.layers.LSTM):
    """Forgets that it returns its states."""

    def get_config(self):
        return {**super().get_config(), "return_state": False}


class Momentum(keras.optimizers.SGD):
    """Forgets its momentum."""

    def get_config(self):
        return {**super().get_config(), "momentum": 0.0}


class Power(keras.losses.Loss):
    """The mean of a power of the error."""

    def __init__(self, power=2, **given):
        super().__init__(**given)
        self.power = power

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** self.power, axis=-1)


def cubed(x):
    return x**3


def model():
    inputs = keras.Input((3,))
    hidden = Scaled(2.0)(keras.layers.Dense(4, activation=cubed)(inputs))
    built = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    built.compile(keras.optimizers.Adam(0.1), "mse", metrics=["mae"])
    return built, (normal(4, 3), normal(4, 1))


CLEAN = {
    "Dense": lambda: (keras.layers.Dense(3, activation="relu"), normal(4, 2)),
    "Bidirectional": lambda: (
        keras.layers.Bidirectional(keras.layers.LSTM(2)),
        normal(2, 3, 4),
    ),
    "no bias": lambda: (keras.layers.Conv1D(3, 2, use_bias=False), normal(2, 4, 2)),
    "own class": lambda: (Scaled(3.0), normal(4, 2)),
    "inside a wrapper": lambda: (
        keras.layers.TimeDistributed(Scaled(3.0)),
        normal(2, 3, 4),
    ),
    "model": model,
    "loss": lambda: (keras.losses.LogCosh(), (normal(4, 2), normal(4, 2))),
    "metric": lambda: (
        keras.metrics.MeanSquaredError(),
        [(normal(4), normal(4)), (normal(4), normal(4))],
    ),
    "optimizer": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "optimizer with a schedule": lambda: keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(0.1, 10)
    ),
    "schedule": lambda: keras.optimizers.schedules.CosineDecay(0.1, 10, alpha=0.2),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_copy_of_a_clean_object_does_the_same(name, ask, broken):
    answer = ask("config", CLEAN[name])

    assert str(answer.outputs["config"]) == KEPT
    assert any(output.startswith("outputs") for output in answer.outputs)
    assert broken("config", CLEAN[name]) == {}


@pytest.mark.parametrize(
    "make",
    [
        lambda: (Forgets(3.0), normal(4, 2)),
        lambda: (Grows(3.0), normal(4, 2)),
        lambda: Momentum(0.1, momentum=0.9),
        lambda: (Power(3), (normal(4, 2), normal(4, 2))),
    ],
    ids=["dropped", "changed", "optimizer", "loss"],
)
def test_an_argument_that_gets_lost_changes_what_the_copy_does(make, broken):
    assert any(name.startswith("outputs") for name in broken("config", make))


def test_a_changed_setting_is_told_by_its_path(ask):
    answer = ask("config", lambda: (Grows(3.0), normal(4, 2)))

    assert str(answer.outputs["config"]) == "config/factor: 3.0 became 3.001"


def test_an_output_that_gets_lost_is_told(broken):
    found = broken("config", lambda: (States(2, return_state=True), normal(2, 3, 2)))

    assert found["structure"] == "*"


def test_a_lost_bias_is_told_by_the_weights(broken):
    class Plain(keras.layers.Dense):
        def get_config(self):
            return {**super().get_config(), "use_bias": False}

    found = broken("config", lambda: (Plain(3), normal(4, 2)))

    assert "bias" in found["weights"]
    assert any(name.startswith("outputs") for name in found)


@pytest.mark.parametrize(
    "make",
    [
        lambda: (Silent(), normal(4, 2)),
        lambda: (keras.layers.Lambda(lambda x: x + 1), normal(4, 2)),
    ],
    ids=["no configuration", "a lambda"],
)
def test_what_has_no_configuration_is_not_asked(make, ask):
    with pytest.raises(NotApplicableError):
        ask("config", make)
