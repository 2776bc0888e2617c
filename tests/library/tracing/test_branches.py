"""Branches on the value of a tensor: the graph goes the way that the function would."""

import keras
import numpy as np
import pytest

from multibackend import jit


@pytest.fixture
def counted():
    """Adds on every third call, doubles on the others, and returns what it did."""
    calls = keras.Variable(0, dtype="int32", trainable=False)
    total = keras.Variable(1.0)

    @jit(strict=True)
    def step(x):
        calls.assign_add(1)
        before = total + 0.0
        # `before` is made above the branch and used below it.
        new = keras.ops.cond(
            keras.ops.equal(calls % 3, 0), lambda: total + x, lambda: total * 2.0
        )
        total.assign(new)
        return new - before

    return step, total


def test_each_call_goes_its_own_way(counted):
    step, total = counted
    found = [float(step(np.float32(10))) for _ in range(6)]

    # 1 -> 2 -> 4 -> 14 -> 28 -> 56 -> 66
    assert found == [1.0, 2.0, 10.0, 14.0, 28.0, 10.0]
    assert float(total.numpy()) == 66.0
    assert step.traces == 1


def test_branches_inside_branches():
    @jit(strict=True)
    def sign(x):
        return keras.ops.cond(
            x > 0,
            lambda: keras.ops.cond(x > 10, lambda: x * 0 + 2, lambda: x * 0 + 1),
            lambda: x * 0 - 1,
        )

    assert [float(sign(np.float32(x))) for x in (20, 3, -3)] == [2.0, 1.0, -1.0]


def test_a_loop_until_a_tensor_is_large_gives_the_same_with_a_graph_or_without():
    """PyTorch has no graph for it: how often it goes round is not known."""

    @jit
    def grown(x):
        return keras.ops.while_loop(lambda y: y < 100.0, lambda y: (y * 2.0,), (x,))[0]

    if keras.config.backend() == "torch":
        with pytest.warns(RuntimeWarning, match="loops until"):
            found = float(grown(np.float32(3)))
    else:
        found = float(grown(np.float32(3)))

    assert found == 192.0
