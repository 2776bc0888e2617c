"""`save` on one backend: what is saved comes back to the bit, and what does not is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from multibackend.inputs import Working, normal, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks import save
from multibackend.parity.checks.answer import AbstainError
from multibackend.parity.checks.custom import custom_objects
from multibackend.parity.checks.table import Check
from multibackend.parity.run.once import Answer, build, run_once


class Shift(keras.layers.Layer):
    """Two weights of one shape that only their order tells apart."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=input_shape[-1:], name="scale")
        self.offset = self.add_weight(shape=input_shape[-1:], name="offset")

    def call(self, inputs):
        return inputs * self.scale + self.offset


class Swapped(Shift):
    def save_own_variables(self, store):
        store["0"], store["1"] = self.offset.numpy(), self.scale.numpy()


class Dropping(Shift):
    def save_own_variables(self, store):
        store["0"] = self.scale.numpy()

    def load_own_variables(self, store):
        self.scale.assign(store["0"])


class Forgetful(keras.optimizers.Adam):
    def save_own_variables(self, store):
        store["0"] = self.iterations.numpy()

    def load_own_variables(self, store):
        self.iterations.assign(store["0"])


class Widened(keras.layers.Layer):
    """Its config says nothing of its units."""

    def __init__(self, units=2, **given):
        super().__init__(**given)
        self.dense = keras.layers.Dense(units)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return super().get_config()


class Subclassed(keras.Model):
    """What it is made of has no config."""

    def __init__(self, layers):
        super().__init__()
        self.inner = layers

    def call(self, inputs):
        for layer in self.inner:
            inputs = layer(inputs)
        return inputs


def squared(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def compiled(model, optimizer: Any = "adam", loss: Any = "mse"):
    model.compile(optimizer, loss, metrics=["mae"])
    return model, (normal(4, 5), normal(4, 2))


def sequential(*layers):
    return keras.Sequential([keras.Input((5,)), *layers, keras.layers.Dense(2)])


def layer():
    return Shift(), normal(4, 5)


def narrow():
    return keras.layers.Dense(3, dtype="bfloat16"), normal(4, 5)


def recurrent():
    return keras.layers.LSTM(3), normal(4, 5, 2)


def normalization():
    return keras.layers.BatchNormalization(), normal(4, 5)


def functional():
    inputs = keras.Input((5,))
    return keras.Model(inputs, keras.layers.Dense(2)(inputs)), normal(4, 5)


def momentum():
    return compiled(sequential(), keras.optimizers.SGD(0.1, momentum=0.9))


def scheduled():
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    return compiled(sequential(), keras.optimizers.AdamW(rate))


def scaled():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    return compiled(sequential(), optimizer)


def own_objects():
    class Local(Shift):
        pass

    activation = keras.layers.Dense(5, activation=own_activation)
    return compiled(sequential(Local(), activation), loss=squared)


def own_activation(x):
    return keras.ops.tanh(x)


def subclassed():
    return compiled(Subclassed([Shift(), keras.layers.Dense(2)]))


SAVED = [
    layer,
    narrow,
    recurrent,
    normalization,
    functional,
    momentum,
    scheduled,
    scaled,
    own_objects,
    subclassed,
]


@pytest.fixture
def ask(tmp_path: Path):
    """Asks a case to save and to load what it saved."""

    def asked(function: Any, observe: Any = None, **state: Any) -> Answer:
        case = Case("m:case", function, __file__, 1)
        with working(Working(name="m:case")):
            subject = build(case)
        observe = observe or save.sending(tmp_path / "saved" / "stem")
        check = Check("save", save.KINDS, observe, save.applies, "numbers")
        with working(replace(Working(name="m:case"), **state)):
            return run_once(check, case, subject)

    return asked


def unlike(answer: Answer) -> set[str]:
    return {
        name
        for name, array in answer.outputs.items()
        if not np.array_equal(array, answer.expected[name])
    }


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize("function", SAVED)
def test_what_is_saved_comes_back_to_the_bit(function, ask) -> None:
    answer = ask(function)

    assert set(answer.outputs) == set(answer.expected)
    assert unlike(answer) == set()


def test_the_slots_of_a_model_come_back_and_its_steps_are_counted_on(ask) -> None:
    outputs = ask(momentum).outputs
    slots = {name: bits for name, bits in outputs.items() if name.startswith("slot")}

    assert outputs["slot bits/sgd/iteration"] == 7
    assert len(slots) == outputs["counts/slots"] == 4
    assert all(np.all(bits) for bits in slots.values())


def test_a_subclassed_model_keeps_its_slots_in_its_weights_file(
    ask, tmp_path: Path
) -> None:
    outputs = ask(subclassed).outputs

    assert [file.name for file in (tmp_path / "saved").iterdir()] == ["stem.weights.h5"]
    assert outputs["slot bits/adam/iteration"] == 7


def test_a_model_is_saved_whole(ask, tmp_path: Path) -> None:
    _ = ask(momentum)

    assert [file.name for file in (tmp_path / "saved").iterdir()] == ["stem.keras"]
    assert save.saved(tmp_path / "saved" / "stem") == tmp_path / "saved/stem.keras"
    assert save.saved(tmp_path / "saved" / "other") is None


def test_saving_leaves_the_subject_as_it_was() -> None:
    case = Case("m:case", momentum, __file__, 1)
    with working(Working(name="m:case")):
        subject = build(case)
        subject.rewind()
        variables = [*subject.target.weights, *subject.target.optimizer.variables]
        before = [variable.numpy() for variable in variables]
        _ = save.observe(subject)

    assert all(
        np.array_equal(variable.numpy(), value)
        for variable, value in zip(variables, before, strict=True)
    )


# ------------------------------------------------------------------- what is found


def test_weights_in_another_order_are_found(ask) -> None:
    assert {"weight bits/swapped/scale", "weight bits/swapped/offset"} <= unlike(
        ask(lambda: (Swapped(), normal(4, 5)))
    )


def test_a_weight_that_is_dropped_is_found(ask) -> None:
    found = unlike(ask(lambda: (Dropping(), normal(4, 5))))

    assert "weight bits/dropping/offset" in found
    assert "weight bits/dropping/scale" not in found


def test_slots_that_are_dropped_are_found_and_weights_are_not_blamed(ask) -> None:
    found = unlike(ask(lambda: compiled(sequential(), Forgetful())))

    assert found
    assert all(name.startswith("slot bits/") for name in found)


def test_an_argument_that_the_config_drops_is_raised_or_found(ask) -> None:
    """Keras says that a layer cannot take the weights of a wider one."""
    with pytest.raises(ValueError, match="shape"):
        _ = ask(lambda: compiled(sequential(Widened(3))))


def test_another_backends_file_is_compared_with_our_own_start(
    ask, tmp_path: Path
) -> None:
    """Nothing of the sender but its file is needed, and nothing else believed."""
    _ = ask(lambda: (Swapped(), normal(4, 5)))
    theirs = save.saved(tmp_path / "saved" / "stem")
    assert theirs is not None
    answer = ask(layer, save.receiving(theirs))

    assert {"weight bits/shift/scale", "weight bits/shift/offset"} <= unlike(answer)


def test_a_damaged_file_is_an_error_of_the_load(ask, tmp_path: Path) -> None:
    file = tmp_path / "stem.weights.h5"
    _ = file.write_bytes(b"no file of weights")

    with pytest.raises(OSError, match="signature"):
        _ = ask(layer, save.receiving(file))


# ----------------------------------------------------------------- what is not asked


def test_code_in_a_model_is_not_loaded_and_keras_reason_is_told(ask) -> None:
    code = keras.layers.Lambda(lambda x: 2 * x)

    with pytest.raises(AbstainError, match="deserialization of a `Lambda` layer"):
        _ = ask(lambda: compiled(sequential(code)))


@pytest.mark.parametrize("state", [{"twin": 1}, {"twin": 2}])
def test_moved_numbers_touch_no_file(state, ask, tmp_path: Path) -> None:
    answer = ask(momentum, **state)

    assert unlike(answer) == set()
    assert not (tmp_path / "saved").exists()


def test_the_bits_are_those_of_the_start_however_numbers_are_moved(ask) -> None:
    """A twin moves what is computed with; what must be loaded is one thing only."""
    still, moved = ask(momentum), ask(momentum, twin=1)

    for name, bits in still.expected.items():
        if "bits" in name:
            assert np.array_equal(bits, moved.expected[name])


def test_a_layer_without_weights_has_nothing_to_save() -> None:
    case = Case("m:case", lambda: (keras.layers.ReLU(), normal(4, 5)), __file__, 1)
    with working(Working(name="m:case")):
        assert not save.applies(build(case))


def test_only_the_users_own_classes_and_functions_are_named_to_keras() -> None:
    model, _ = own_objects()
    model.build((None, 5))

    assert set(custom_objects(model)) == {"Local", "own_activation", "squared"}
