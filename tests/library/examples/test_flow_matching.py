"""The flow matching example: the solver has its order, the field its mean velocity."""

import keras
import numpy as np
import pytest

from multibackend.examples import flow_matching
from multibackend.examples._moons import moons

RNG = np.random.default_rng(2)
NOISE = RNG.normal(size=(16, 2)).astype("float32")
MOON = (np.arange(16) % 2)[:, None].astype("float32")


def growth(inputs):
    """The field `(1 + 2 t) x + moon`."""
    place, time, moon = inputs
    return (1 + 2 * time) * place + moon


def exact():
    """`x' = (1 + 2 t) x + moon` from 0 to 1, in 20,000 small steps."""
    x, h = NOISE.astype("float64"), 1 / 20_000
    for k in range(20_000):
        t = (k + 0.5) * h
        slope = growth([x, t - h / 2, MOON])
        x = x + h * growth([x + h / 2 * slope, t, MOON])
    return x


@pytest.mark.parametrize(("midpoint", "order"), [(False, 1), (True, 2)])
def test_the_error_falls_with_the_order_of_the_rule(midpoint, order):
    goal = exact()
    errors = []
    for steps in (4, 8, 16):
        sample = flow_matching.sampler(growth, steps, midpoint=midpoint)
        found = keras.ops.convert_to_numpy(sample(NOISE, MOON))
        assert sample.notes == []
        errors.append(np.abs(found - goal).max())
    rates = np.log2(np.asarray(errors[:-1]) / errors[1:])
    assert np.all(rates > order - 0.4)
    assert np.all(rates < order + 0.4)


def test_the_solver_takes_places_and_conditions_of_any_size():
    noise, condition = RNG.normal(size=(4, 5)), RNG.normal(size=(4, 3))

    def slope(inputs):
        place, time, condition = inputs
        return 0 * place + 2 * time + keras.ops.sum(condition, axis=1, keepdims=True)

    inputs = noise.astype("float32"), condition.astype("float32")
    found = keras.ops.convert_to_numpy(flow_matching.sampler(slope)(*inputs))
    # `x' = 2 t + c` is solved exactly by the midpoint rule.
    expected = noise + 1 + condition.sum(axis=1, keepdims=True)
    assert found.shape == (4, 5)
    assert np.abs(found - expected).max() <= 64 * np.finfo(np.float32).eps


def test_the_velocity_depends_on_place_time_and_every_column_of_the_condition():
    model = flow_matching.field(units=8, size=3, conditions=4)
    inputs = [RNG.normal(size=(6, n)).astype("float32") for n in (3, 1, 4)]
    before = keras.ops.convert_to_numpy(model(inputs))
    assert before.shape == (6, 3)
    for which, values in enumerate(inputs):
        for column in range(values.shape[1]):
            changed = [v.copy() for v in inputs]
            changed[which][:, column] += 0.3
            after = keras.ops.convert_to_numpy(model(changed))
            assert np.all(after != before), (which, column)


def test_each_batch_gets_noise_and_times_of_its_own():
    calls = []
    step = flow_matching.with_noise(
        lambda *batch: calls.append(batch), np.random.default_rng(0)
    )
    points, condition = np.zeros((1000, 3)), np.ones((1000, 2))
    for _ in range(2):
        _ = step(points, condition)
    for noise, seen, told, time in calls:
        assert seen is points
        assert told is condition
        assert noise.shape == (1000, 3)
        assert abs(noise.mean()) < 0.1
        assert abs(noise.std() - 1) < 0.1
        assert time.shape == (1000, 1)
        assert 0 <= time.min() < 0.01
        assert 0.99 < time.max() <= 1
        assert abs(time.mean() - 0.5) < 0.05
    for first, second in zip(calls[0][::3], calls[1][::3], strict=True):
        assert not np.any(first == second)


def test_the_loss_is_the_distance_from_the_difference_of_both_ends():
    model = flow_matching.field(units=4)
    points = RNG.normal(size=(16, 2)).astype("float32")
    time = RNG.uniform(size=(16, 1)).astype("float32")
    place = (1 - time) * NOISE + time * points
    velocity = keras.ops.convert_to_numpy(model([place, time, MOON]))
    expected = np.mean((velocity.astype("float64") - (points - NOISE)) ** 2)
    step = flow_matching.stepper(model)
    losses = [float(step(NOISE, points, MOON, time)) for _ in range(5)]
    assert step.notes == []
    assert abs(losses[0] - expected) <= 64 * np.finfo(np.float32).eps * expected
    assert np.all(np.diff(losses) < 0)


def test_the_moons_are_two_half_circles_around_the_middle():
    points, moon = moons(2000, np.random.default_rng(0))
    assert points.dtype == moon.dtype == keras.config.floatx()
    assert np.all(np.abs(points.mean(axis=0)) < 0.1)
    upper, lower = (points[moon[:, 0] == k] for k in (0, 1))
    assert upper[:, 0].mean() < lower[:, 0].mean()
    assert upper[:, 1].mean() > lower[:, 1].mean()


def test_a_short_training_brings_noise_closer_to_the_moons():
    numbers = flow_matching.main(epochs=12, samples=2048, tests=200)
    assert numbers["loss"].shape == (12,)
    assert numbers["loss"][-1] < numbers["loss"][0]
    assert numbers["midpoint"] < numbers["noise"] / 2
    assert numbers["data"] < numbers["midpoint"]
    assert numbers["points"].shape == (200, 2)
