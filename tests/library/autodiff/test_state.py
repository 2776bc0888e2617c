"""Variables that the differentiated function updates, and losses that it adds."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import (
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from multibackend.inputs import array

ops = keras.ops


def test_statistics_of_batch_normalization_survive(close):
    norm = keras.layers.BatchNormalization(momentum=0.9)
    norm.build((None, 2))
    x = array([[0.0, 1.0], [2.0, 5.0]])

    def loss(x):
        return ops.sum(norm(x, training=True) ** 3)

    value_and_grad(loss, variables=norm.trainable_variables)(x)
    close(norm.moving_mean, [0.1, 0.3])
    # Nested: the innermost run counts once, as a plain call would.
    grad(lambda x: ops.sum(grad(loss)(x)))(x)
    close(norm.moving_mean, [0.1 + 0.09, 0.3 + 0.27])


DERIVATIVES = {
    "grad": lambda f, x: grad(f)(x),
    "vjp": lambda f, x: vjp(f, x)[1](1.0),
    "jvp": lambda f, x: jvp(f, (x,), (x,)),
    "hvp": lambda f, x: hvp(f, (x,), (x,)),
    "jacobian": lambda f, x: jacobian(f)(x),
    "hessian": lambda f, x: hessian(f)(x),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_every_derivative_updates_the_state_once_as_a_call_does(name, close):
    norm = keras.layers.BatchNormalization(momentum=0.9)
    norm.build((None, 2))
    dropout = keras.layers.Dropout(0.5, seed=7)
    mean = keras.metrics.Mean()

    def loss(x):
        outputs = ops.sum(dropout(norm(x, training=True), training=True) ** 2)
        mean.update_state(x)
        return outputs

    x = array([[0.0, 1.0], [2.0, 5.0]])
    before = ops.convert_to_numpy(dropout.seed_generator.state)
    _ = DERIVATIVES[name](loss, x)
    close(norm.moving_mean, [0.1, 0.3])
    close(mean.result(), 2.0)
    close(mean.count, 2.0)  # rows, once
    after = ops.convert_to_numpy(dropout.seed_generator.state)
    assert not np.array_equal(before, after)


def test_a_pullback_sees_the_state_from_before_the_update(close):
    # PyTorch writes in place what the pullback still has to read.
    count = keras.Variable(array([1.0, 2.0]), trainable=False)

    def function(x):
        outputs = x * count
        count.assign_add(array([10.0, 10.0]))
        return outputs * count

    outputs, pullback = vjp(function, array([1.0, 1.0]))
    close(outputs, [11.0, 24.0])
    close(count, [11.0, 12.0])
    close(pullback(array([1.0, 1.0]))[0], [11.0, 24.0])
    close(count, [11.0, 12.0])


def test_the_state_of_a_seed_survives():
    dropout = keras.layers.Dropout(0.5, seed=7)
    slope = grad(lambda x: ops.sum(dropout(x, training=True)))
    ones = array(np.ones(64))
    first, second = (ops.convert_to_numpy(slope(ones)) for _ in range(2))
    assert set(np.unique(first)) == {0.0, 2.0}
    assert not np.array_equal(first, second)


def test_updates_are_dropped_when_the_function_raises(close):
    variable = keras.Variable(array([1.0]))

    def function(x):
        variable.assign_add(x)
        message = "on purpose"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="on purpose"):
        grad(function)(array([1.0]))
    close(variable, [1.0])


def test_losses_of_regularizers_can_be_differentiated(close):
    layer = keras.layers.Dense(
        1,
        kernel_initializer="ones",
        kernel_regularizer=keras.regularizers.L2(0.5),
        activity_regularizer=keras.regularizers.L2(0.5),
    )
    layer.build((None, 2))
    x = array([[1.0, 2.0]])

    def loss(x):
        return ops.sum(layer(x)) + sum(layer.losses)

    # outputs = 3: slope 1 of the sum, 3 of the activity, 1 of the kernel itself
    close(grad(loss, variables=[layer.kernel])(x)[0], [[1 + 3 + 1], [2 + 6 + 1]])
    close(grad(loss)(x), [[4.0, 4.0]])
