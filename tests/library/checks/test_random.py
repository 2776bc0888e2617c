"""`random` on one backend: what is drawn, from which seeds, and what samples tell."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from multibackend.inputs import Working, normal, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks import random
from multibackend.parity.checks.answer import NotApplicableError, Related
from multibackend.parity.checks.seeds import seed_states
from multibackend.parity.checks.subject import Subject
from multibackend.parity.run.once import build

GENERATOR = keras.random.SeedGenerator(5)


def noisy(x: Any) -> Any:
    return x + keras.random.normal(keras.ops.shape(x), seed=GENERATOR)


class Stuck(keras.layers.Layer):
    """It moves its seed on, and draws by another that stands still."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.seed_generator = keras.random.SeedGenerator(3)

    def call(self, inputs: Any, training: bool = False) -> Any:
        _ = self.seed_generator.next()
        return inputs + keras.random.normal(keras.ops.shape(inputs), seed=3)


class Counting(keras.layers.Layer):
    """What it draws grows with every call: a state that training moves on."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.noise = keras.layers.GaussianNoise(1.0, seed=4)
        self.calls = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="calls"
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        self.calls.assign_add(1.0)
        return self.noise(inputs, training=training) * self.calls


def subject(target: Any, *inputs: Any) -> Subject:
    with working(Working("float32", 0, "m:a")):
        given = inputs or (normal(4, 16),)
        return build(Case("m:a", lambda: (target, *given), "m.py", 1))


def asked(built: Subject) -> dict[str, Any]:
    with working(Working("float32", 0, "m:a")):
        assert random.applies(built)
        found = random.observe(built)
    assert isinstance(found, Related)
    assert found.expected == {
        "repeats": True,
        "advances": {"seed": True, "outputs": True},
    }
    return found.observed


@pytest.mark.parametrize(
    "target",
    [
        keras.layers.Dense(3),
        keras.layers.Dropout(0.0),
        keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.0)]),
        keras.ops.tanh,
    ],
    ids=["dense", "no dropout", "a model without", "function"],
)
def test_what_draws_nothing_is_not_asked(target: Any) -> None:
    built = subject(target)

    with working(Working("float32", 0, "m:a")):
        assert not random.applies(built)


@pytest.mark.parametrize(
    "target",
    [
        keras.layers.Dropout(0.5),
        keras.layers.Dropout(0.5, seed=1),
        keras.layers.GaussianNoise(0.1),
        keras.Sequential([keras.layers.Dense(3), keras.layers.AlphaDropout(0.2)]),
        noisy,
    ],
    ids=["dropout", "dropout with a seed", "noise", "model", "function"],
)
def test_what_draws_repeats_by_its_seed_and_moves_on(target: Any) -> None:
    seen = asked(subject(target))

    assert seen["repeats"] is True
    assert seen["advances"] == {"seed": True, "outputs": True}


def test_the_samples_of_a_dropout_are_what_it_promises() -> None:
    seen = asked(subject(keras.layers.Dropout(0.25, seed=1), np.ones((4, 16), "f4")))

    elements = seen["sample elements"]
    assert elements.shape == (313, 64)
    assert elements.dtype == np.float32
    # 20,032 draws: five standard deviations are 0.015.
    assert abs(np.mean(elements == 0) - 0.25) < 0.015
    kept = elements[elements != 0]
    assert np.abs(kept * 0.75 - 1).max() < 1e-6
    assert seen["sample means along axis 0"].shape == (313, 16)
    assert seen["sample mean sizes along axis 1"].shape == (313, 4)
    assert seen["sample means"].shape == (313, 1)
    changes = np.unique(np.round(seen["sample changes"] * 0.75, 3))
    assert changes.tolist() == [-1, 0, 1]


def test_calls_are_independent_draws() -> None:
    """From one call to the next nothing is carried over but the seed."""
    elements = asked(subject(Counting()))["sample elements"]

    first, last = np.std(elements[:100]), np.std(elements[-100:])
    assert 0.9 < first / last < 1.1
    followers = np.corrcoef(elements[:-1].ravel(), elements[1:].ravel())[0, 1]
    fixed = np.corrcoef(elements[:-2].ravel(), elements[2:].ravel())[0, 1]
    assert abs(followers - fixed) < 0.05


def test_what_is_drawn_together_shows_in_the_means() -> None:
    ones = np.ones((2, 4, 4, 8), "float32")
    alone = asked(subject(keras.layers.Dropout(0.5, seed=1), ones))
    shared = asked(subject(keras.layers.SpatialDropout2D(0.5, seed=1), ones))

    name = "sample means along axis 1"
    assert np.std(shared[name]) > 1.9 * np.std(alone[name])
    assert np.std(shared["sample elements"]) == pytest.approx(
        np.std(alone["sample elements"]), rel=0.05
    )


def test_a_seed_that_stands_still_is_seen() -> None:
    seen = asked(subject(Stuck()))

    assert seen["advances"] == {"seed": True, "outputs": False}
    assert seen["repeats"] is True


def test_numbers_from_nowhere_do_not_repeat() -> None:
    rng = np.random.default_rng()

    class Unseeded(Stuck):
        def call(self, inputs: Any, training: bool = False) -> Any:
            _ = self.seed_generator.next()
            drawn = rng.normal(size=(4, 16)).astype("float32")
            return inputs + keras.ops.convert_to_tensor(drawn)

    seen = asked(subject(Unseeded()))

    assert seen["repeats"] is False


def test_large_outputs_are_sampled_at_the_same_places_in_every_call() -> None:
    places = np.arange(1.0, 100 * 64 + 1, dtype="float32").reshape(100, 64)

    seen = asked(subject(keras.layers.Dropout(0.5, seed=1), places))

    elements = seen["sample elements"]
    assert elements.shape == (128, 157)
    assert all(len(np.unique(column)) == 2 for column in elements.T)


def test_outputs_without_a_real_number_have_no_distribution() -> None:
    def complex_noise(x: Any) -> Any:
        return keras.ops.convert_to_numpy(noisy(x)).astype("complex64")

    built = subject(complex_noise)
    with working(Working("float32", 0, "m:a")):
        assert random.applies(built)
        with pytest.raises(NotApplicableError, match="no real number"):
            _ = random.observe(built)


def test_the_seeds_of_a_function_are_found_wherever_it_keeps_them() -> None:
    inside = keras.random.SeedGenerator(1)
    dropout = keras.layers.Dropout(0.5, seed=2)
    held = {"drop": [dropout]}

    def closed(x: Any) -> Any:
        return held["drop"][0](x + keras.random.normal((2,), seed=inside))

    assert seed_states(noisy) == [GENERATOR.state]
    found = seed_states(partial(closed, x=1))
    assert {id(state) for state in found} == {
        id(inside.state),
        id(dropout.seed_generator.state),
    }
    assert seed_states(keras.ops.tanh) == []
