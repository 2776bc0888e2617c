"""The actor-critic example: the physics, what an action is worth, and who learns it."""

import keras
import numpy as np
import pytest

from multibackend.examples import actor_critic
from multibackend.examples._cart_pole import Carts


def test_a_pole_falls_away_from_the_push_and_the_cart_follows_it():
    carts = Carts(2, np.random.default_rng(0))
    carts.state = np.zeros((2, 4))
    assert not carts.push(np.asarray([True, False])).any()
    right, left = carts.state
    np.testing.assert_array_equal(right, -left)
    # From rest: M a = F - m l w' and (4/3) l w' = -a, with l half the length.
    turn = -(10 / 1.1) / (0.5 * (4 / 3 - 0.1 / 1.1))
    push = 10 / 1.1 - 0.1 * 0.5 * turn / 1.1
    expected = 0.02 * np.asarray([0, push, 0, turn])
    assert np.all(np.abs(right - expected) <= 8 * np.finfo(float).eps)


def test_a_fallen_pole_starts_anew_and_the_others_go_on():
    carts = Carts(3, np.random.default_rng(0))
    carts.state = np.asarray([[0, 0, 0.3, 0], [0, 0, 0, 0], [2.5, 0, 0, 0.0]])
    failed = carts.push(np.asarray([True, True, True]))
    assert failed.tolist() == [True, False, True]
    assert np.all(np.abs(carts.state[failed]) <= 0.05)


def test_what_came_of_an_action_ends_with_a_failure():
    failed = np.asarray([[False, True], [False, False]])
    last = np.asarray([0.5, 0.5], dtype="float64")
    end = 0.01 + 0.99 * 0.5
    expected = [[0.01 + 0.99 * end, 0.01], [end, end]]
    found = actor_critic.returns(failed, last)
    assert np.all(np.abs(found - expected) <= 4 * np.finfo(float).eps)


@pytest.mark.parametrize("better", [0.5, -0.5])
def test_a_better_action_becomes_more_probable_and_a_worse_one_less(better):
    model = actor_critic.agent(units=8)
    act, step = actor_critic.policy(model), actor_critic.stepper(model)
    state = np.random.default_rng(1).normal(size=(1, 4)).astype("float32")
    before, value = (keras.ops.convert_to_numpy(each) for each in act(state))
    for _ in range(3):
        _ = step(state, np.ones(1, "int32"), (value + better).astype("float32"))
    after, moved = (keras.ops.convert_to_numpy(each) for each in act(state))
    assert np.sign(after - before) == np.sign(better)
    assert np.sign(moved - value) == np.sign(better)
    assert step.notes == act.notes == []


def test_a_critic_that_was_right_does_not_move():
    """Without `stop_gradient`, the loss of the actor would pull the critic."""
    model = actor_critic.agent(units=8)
    state = np.random.default_rng(1).normal(size=(1, 4)).astype("float32")
    _, value = actor_critic.policy(model)(state)
    critic = model.layers[-1]
    before = critic.get_weights()
    step = actor_critic.stepper(model)
    _ = step(state, np.ones(1, "int32"), keras.ops.convert_to_numpy(value))
    for new, old in zip(critic.get_weights(), before, strict=True):
        np.testing.assert_array_equal(new, old)


def test_a_short_training_keeps_the_poles_up_for_longer():
    numbers = actor_critic.main(epochs=25, carts=32, steps=16)
    assert numbers["loss"].shape == numbers["failures"].shape == (25,)
    assert numbers["values"].shape == (32,)
    assert numbers["standing"] > 1.5 * numbers["standing_before"]
