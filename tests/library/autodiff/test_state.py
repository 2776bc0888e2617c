"""Variables that the differentiated function updates, and losses that it adds."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad, value_and_grad
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
