"""A whole training step as one graph: the same numbers, state and random stream."""

import warnings

import keras
import numpy as np
import pytest

from tests.library.tracing.conftest import state, trainer

# Backward passes are summed in another order: a few roundings a step.
_ROUNDINGS = 64

_ALL = {
    "sgd": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.01),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    "adagrad": lambda: keras.optimizers.Adagrad(0.05),
    "adadelta": lambda: keras.optimizers.Adadelta(0.5),
    "lion": lambda: keras.optimizers.Lion(0.01),
    "ftrl": lambda: keras.optimizers.Ftrl(0.05),
    "clipped": lambda: keras.optimizers.Adam(0.01, clipnorm=0.1),
    "schedule": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.CosineDecay(0.1, 4)
    ),
    "average": lambda: keras.optimizers.SGD(0.05, use_ema=True),
}


# PyTorch's optimizers are code of their own, which writes in place; the others' are ours
# in common, and JAX takes seconds to run one eagerly.
_ELSEWHERE = ("adam", "schedule", "average")
_OPTIMIZERS = _ALL if keras.config.backend() == "torch" else _ELSEWHERE


def _array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def _near(actual, expected):
    for got, want in zip(actual, expected, strict=True):
        assert got.shape == want.shape
        assert got.dtype == want.dtype
        if got.dtype.kind != "f":
            assert np.array_equal(got, want)
            continue
        bound = _ROUNDINGS * np.finfo(got.dtype).eps * max(1, np.abs(want).max())
        assert np.abs(got - want).max() <= bound


@pytest.mark.parametrize("name", _OPTIMIZERS)
def test_a_compiled_step_does_what_the_step_does(name, data):
    """Weights, slots, statistics, seeds and the metric, after each of four steps."""
    compiled = trainer(_ALL[name]())
    plain = trainer(_ALL[name](), compiled=False)

    for _ in range(4):
        got, want = compiled.step(*data), plain.step(*data)
        _near(map(_array, got.values()), map(_array, want.values()))
        _near(state(compiled), state(plain))

    assert compiled.step.notes == []
    assert compiled.step.traces == 1


def test_noise_differs_from_step_to_step(data):
    """A seed that was read while tracing would give the same mask each time."""
    made = trainer(keras.optimizers.SGD(0.0))

    losses = [float(made.step(*data)["loss"]) for _ in range(4)]

    assert len(set(losses)) == 4


def test_a_layer_without_a_seed_draws_anew():
    keras.utils.set_random_seed(7)
    dropout = keras.layers.Dropout(0.5)
    made = trainer()
    made.model.add(dropout)
    made.optimizer.build(made.model.trainable_variables)
    x = np.ones((64, 4), "float32")

    drawn = [
        keras.ops.convert_to_numpy(made.step(x, x[:, :1])["loss"]) for _ in range(3)
    ]

    assert len({float(each) for each in drawn}) == 3


def test_an_optimizer_that_leaves_the_framework_runs_without_a_graph(data):
    """Keras' Nadam on PyTorch computes in NumPy on the way (3.15.1)."""
    made, plain = (trainer(keras.optimizers.Nadam(0.01)) for _ in range(2))
    with warnings.catch_warnings():
        # That it runs eagerly, and Keras' own about NumPy.
        warnings.simplefilter("ignore")
        for _ in range(2):
            made.step(*data)
            plain.plain(*data)

    assert len(made.step.notes) == (keras.config.backend() == "torch")
    _near(state(made), state(plain))
