"""`GradientReversal` in the place it is made for, and its numbers bit by bit."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.layers import GradientReversal


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("factor", [1.0, 0.3, -2.0, 1e30])
def test_every_number_comes_out_as_it_is(factor, close):
    inputs = array([0.0, 1e-30, 0.1, -3.3e38, 7.0])
    close(GradientReversal(factor)(inputs), inputs, roundings=0)


@pytest.mark.parametrize("factor", [1.0, 0.25, -2.0, 0.0])
def test_the_gradient_is_turned_round_by_the_factor(factor, close):
    inputs, weights = normal(4, 3, seed=1), normal(4, 3, seed=2)
    layer = GradientReversal(factor)
    cotangents = keras.ops.convert_to_tensor(weights)
    slopes = grad(lambda x: keras.ops.sum(layer(x) * cotangents))(inputs)
    close(slopes, -factor * weights)


def test_the_head_learns_and_the_features_learn_against_it(close):
    """`y = b * r(a * x)` has the slopes `a * x` for `b`, and `-factor * b * x` for `a`."""
    layer = GradientReversal(0.5)

    def output(pair):
        a, b = pair
        return b * layer(a * 7.0)

    a, b = (keras.ops.convert_to_tensor(value) for value in (2.0, 3.0))
    of_a, of_b = grad(output)([a, b])
    close(of_a, -0.5 * 3 * 7, roundings=1)
    close(of_b, 2 * 7, roundings=1)


def test_two_reversals_are_none(close):
    inputs = normal(4, seed=1)
    twice = keras.Sequential([GradientReversal(), GradientReversal()])
    slopes = grad(lambda x: keras.ops.sum(keras.ops.square(twice(x))))(inputs)
    close(slopes, 2 * inputs)


def test_in_a_model_the_features_move_up_the_slope_of_the_loss():
    inputs, targets = normal(8, 3, seed=1), normal(8, 1, seed=2)

    def moved(*, turned):
        first = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
        turn = [GradientReversal()] if turned else []
        model = keras.Sequential([keras.Input((3,)), first, *turn])
        model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse")
        _ = model.fit(inputs, targets, batch_size=8, epochs=1, verbose=0)
        return first.kernel.numpy() - 1

    down, up = moved(turned=False), moved(turned=True)
    assert np.abs(down).max() > 1e-3
    assert np.abs(down + up).max() < 1e-6


def test_what_has_no_gradient_is_refused():
    with pytest.raises(ValueError, match="to be floats, received int32"):
        GradientReversal(dtype="int32")(np.arange(3, dtype="int32"))
    with pytest.raises(
        ValueError, match="`factor` to be a finite number, received nan"
    ):
        _ = GradientReversal(float("nan"))


def test_the_configuration_round_trip_keeps_the_factor():
    layer = GradientReversal(0.25, name="turn")
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is GradientReversal
    assert copy.get_config() == layer.get_config()
