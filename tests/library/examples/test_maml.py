"""MAML: the outer gradient goes through the inner one, and adapting pays."""

import keras
import numpy as np
import pytest

from multibackend import jit
from multibackend.examples import maml
from multibackend.examples._stateless import network

HALF = maml.SHOTS


def numpy_of(tensors):
    return [keras.ops.convert_to_numpy(tensor) for tensor in tensors]


@jit
def adapted(weights, x, y):
    return maml.adapt(weights, x, y)


@jit
def loss_after(weights, x, y):
    """The mean error on the second half of the points after a step on the first."""
    own = maml.adapt(weights, x[:, :HALF], y[:, :HALF])
    return keras.ops.mean(maml.errors(own, x[:, HALF:], y[:, HALF:]))


@jit
def errors_before_and_after(weights, x, y):
    own = maml.adapt(weights, x, y)
    return [maml.errors(w, x, y) for w in (weights, own)]


@pytest.mark.usefixtures("float64")
def test_the_compiled_step_descends_the_slope_of_the_error_after_the_inner_step():
    weights = network(width=6)
    x, y = maml.waves(4, 2 * HALF, seed=3)
    before = numpy_of(weights)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(weights)
    step = maml.learner(weights, optimizer)
    loss = float(step(x, y))
    slopes = [a - b for a, b in zip(before, numpy_of(weights), strict=True)]
    assert step.notes == []

    # The slope along a line, by central differences: an outer gradient that took the
    # inner one for a constant (first-order MAML) is off by several per cent.
    eps = np.finfo(np.float64).eps
    rng = np.random.default_rng(0)
    line = [rng.normal(size=w.shape) for w in before]
    length = np.sqrt(sum(np.sum(d**2) for d in line))
    h = np.cbrt(eps) / length
    ahead, behind = (
        float(loss_after([w + s * d for w, d in zip(before, line, strict=True)], x, y))
        for s in (h, -h)
    )
    along = sum(np.sum(s * d) for s, d in zip(slopes, line, strict=True))
    steepest = np.sqrt(sum(np.sum(s**2) for s in slopes)) * length
    assert abs((ahead - behind) / (2 * h) - along) <= 1000 * eps ** (2 / 3) * steepest
    assert abs(loss - float(loss_after(before, x, y))) <= 64 * eps * loss


@pytest.mark.usefixtures("float64")
def test_a_task_adapts_the_same_alone_and_among_others(close):
    weights = network(width=6)
    x, y = maml.waves(3, maml.SHOTS, seed=4)
    weights = numpy_of(weights)
    together = numpy_of(adapted(weights, x, y))
    alone = numpy_of(adapted(weights, x[1:2], y[1:2]))
    for one, among in zip(alone, together, strict=True):
        close(one[0], among[1], dtype="float64")


def test_an_inner_step_lowers_the_error_of_each_task_on_its_points():
    weights = numpy_of(network(width=6))
    x, y = maml.waves(5, maml.SHOTS, seed=5)
    before, after = numpy_of(errors_before_and_after(weights, x, y))
    assert before.shape == after.shape == (5,)
    assert np.all(after < before)


def test_meta_learned_weights_gain_more_by_adapting_than_joint_ones():
    numbers = maml.main(epochs=3, steps=40, tasks=8)
    assert len(numbers["loss"]) == len(numbers["joint_loss"]) == 3
    assert numbers["loss"][-1] < numbers["loss"][0]
    assert numbers["factor"] > max(1, numbers["joint_factor"])
    assert numbers["factor"] == numbers["before"] / numbers["after"]


def test_both_losses_are_drawn():
    figure_module = pytest.importorskip(
        "matplotlib.figure", reason="Matplotlib is not installed"
    )
    figure = figure_module.Figure()
    maml.plot({"loss": np.ones(2), "joint_loss": np.ones(3)}, figure)
    assert [len(line.get_ydata()) for line in figure.axes[0].lines] == [2, 3]
