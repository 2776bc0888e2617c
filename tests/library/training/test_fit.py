"""`fit`, `evaluate` and `predict` do what Keras' own do, by compiled steps."""

from typing import Any

import keras
import numpy as np
import pytest

from multibackend import training
from tests.library.training.conftest import classifier

_WAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plainly": ({}, {}),
    "with validation": ({}, {"validation_split": 0.25, "validation_freq": 2}),
    "with weights": ({"weighted_metrics": ["accuracy"]}, {"sample_weight": "rows"}),
    "with class weights": ({}, {"class_weight": {0: 2.0, 1: 0.5}}),
}


@pytest.mark.parametrize("way", _WAYS)
def test_fit_is_that_of_keras(way, data, alike):
    compiled, given = _WAYS[way]
    x, y = data
    given = {"epochs": 2, "batch_size": 16, "shuffle": False, "verbose": 0, **given}
    if given.get("sample_weight") == "rows":
        given["sample_weight"] = np.linspace(0, 2, len(x)).astype("float32")
    ours, theirs = (
        classifier(cls, **compiled) for cls in (training.Model, keras.Model)
    )

    alike(ours.fit(x, y, **given).history, theirs.fit(x, y, **given).history)
    assert ours.notes == []


def test_evaluate_and_predict_are_those_of_keras(data, alike):
    x, y = data
    ours, theirs = (classifier(cls) for cls in (training.Model, keras.Model))
    found, expected = (
        model.evaluate(x, y, batch_size=16, verbose=0, return_dict=True)
        for model in (ours, theirs)
    )

    alike(found, expected)
    alike({"y": ours.predict(x, verbose=0)}, {"y": theirs.predict(x, verbose=0)})
    alike({"batch": ours.train_on_batch(x, y)}, {"batch": theirs.train_on_batch(x, y)})


def _scaled():
    return keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.1), initial_scale=8.0, dynamic_growth_steps=2
    )


_OPTIMIZERS = {
    "accumulating": lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    "scaling": _scaled,
    "clipping": lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.05),
}


@pytest.mark.parametrize("name", _OPTIMIZERS)
def test_an_optimizer_that_branches_trains_as_it_does_in_keras(name, data, alike):
    x, y = data
    given = {"epochs": 2, "batch_size": 8, "shuffle": False, "verbose": 0}
    ours, theirs = (
        classifier(cls, _OPTIMIZERS[name]()) for cls in (training.Model, keras.Model)
    )

    alike(ours.fit(x, y, **given).history, theirs.fit(x, y, **given).history)
    assert ours.notes == []


def test_half_precision_trains_with_a_scaled_loss(data):
    x, y = data
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = classifier(training.Model, keras.optimizers.SGD(0.1))
        history = model.fit(x, y, epochs=3, verbose=0).history
    finally:
        keras.config.set_dtype_policy("float32")

    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert history["loss"][-1] < history["loss"][0]
    assert model.notes == []


def test_a_step_of_one_s_own_is_written_once(data):
    """The label is smoothed in the step, which calls nothing of a framework."""

    class Smoothed(training.Model):
        def train_step(self, data):
            x, y = data

            def loss_of():
                logits = self(x, training=True)
                soft = 0.9 * keras.ops.one_hot(y, 3) + 0.1 / 3
                every = keras.ops.log_softmax(logits) * soft
                return -keras.ops.mean(keras.ops.sum(every, axis=-1))

            from multibackend.autodiff import value_and_grad

            variables = self.trainable_variables
            loss, grads = value_and_grad(loss_of, variables=variables)()
            training.apply(self.optimizer, grads, variables)
            return {"smooth": loss}

    x, y = data
    model = classifier(Smoothed, metrics=[])
    seen = []
    told = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(logs["smooth"]))
    )
    model.fit(x, y, epochs=3, batch_size=40, verbose=0, callbacks=[told])

    assert seen[0] > seen[1] > seen[2]
    assert model.notes == []


def test_several_steps_at_once_are_the_same_steps(data, alike):
    x, y = data
    given = {"epochs": 2, "batch_size": 8, "shuffle": False, "verbose": 0}
    one, two = (
        classifier(training.Model, steps_per_execution=steps) for steps in (1, 2)
    )

    alike(two.fit(x, y, **given).history, one.fit(x, y, **given).history)


def test_callbacks_may_stop_and_change_the_rate(data):
    x, y = data
    model = classifier(training.Model)
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1e3)
    slower = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = model.fit(x, y, epochs=9, verbose=0, callbacks=[stop, slower])

    assert len(history.history["loss"]) == 2
    # The rate is part of the state, not of the graph.
    assert history.history["learning_rate"] == pytest.approx([0.05, 0.025])


def test_the_order_of_an_epoch_follows_from_its_seed(data, alike):
    """So that a run that is taken up again sees what it would have seen."""
    x, y = data
    whole, parts = (classifier(training.Model) for _ in range(2))
    expected = whole.fit(x, y, epochs=2, verbose=0, shuffle=7, batch_size=16).history
    first = parts.fit(x, y, epochs=1, verbose=0, shuffle=7, batch_size=16).history
    second = parts.fit(
        x, y, epochs=2, initial_epoch=1, verbose=0, shuffle=7, batch_size=16
    ).history

    alike({k: first[k] + second[k] for k in expected}, expected)


def test_a_model_that_is_not_compiled_says_so(data):
    inputs = keras.Input((4,))
    with pytest.raises(ValueError, match="compiled model"):
        training.Model(inputs, inputs).fit(*data)


def test_a_saved_model_loads_as_it_was(data, tmp_path):
    x, y = data
    model = classifier(training.Model)
    model.fit(x, y, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    assert isinstance(loaded, training.Model)
    assert np.array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert loaded.fit(x, y, epochs=1, verbose=0).history["loss"]


def test_a_functional_model_leaves_the_class_as_it_is():
    """Keras changes the bases of the class itself, and subclasses break."""
    inputs = keras.Input((4,))
    _ = training.Model(inputs, inputs)

    class Own(training.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    assert Own()(np.ones((2, 4), "float32")).shape == (2, 1)
