"""`grad` and `value_and_grad`: the same promises kept on every backend."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad, value_and_grad
from multibackend.inputs import array, normal

ops = keras.ops


def softened(x, kernel):
    """A scalar with curvature in both arguments: the sum of `tanh(x @ kernel)`."""
    return ops.sum(ops.tanh(ops.matmul(x, kernel)))


def softened_slopes(x, kernel):
    """Both gradients of `softened`, by hand, in float64."""
    x, kernel = x.astype("float64"), kernel.astype("float64")
    slope = 1 - np.tanh(x @ kernel) ** 2
    return slope @ kernel.T, x.T @ slope


def central_differences(function, at, step=1e-6):
    """The gradient of a NumPy function, one element after the other."""
    slopes = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        move = np.zeros_like(at)
        move[index] = step
        slopes[index] = (function(at + move) - function(at - move)) / (2 * step)
    return slopes


def test_the_gradient_of_a_square_is_twice_the_number(close):
    close(grad(ops.square)(array(3.0)), 6.0)


def test_value_and_gradient_are_those_of_the_formula(close):
    x, kernel = normal(4, 3, seed=1), normal(3, 2, seed=2)
    value, slope = value_and_grad(softened)(x, kernel)
    close(value, np.tanh(x.astype("float64") @ kernel).sum())
    close(slope, softened_slopes(x, kernel)[0])


def test_gradients_agree_with_central_differences(float64):
    x, kernel = normal(4, 3, seed=1), normal(3, 2, seed=2)
    by_hand = central_differences(lambda k: np.tanh(x @ k).sum(), kernel)
    slope = ops.convert_to_numpy(grad(softened, 1)(x, kernel))
    assert slope.shape == by_hand.shape
    assert np.abs(slope - by_hand).max() < 1e-8


def test_float64_stays_float64(float64, close):
    x, kernel = normal(4, 3, seed=1), normal(3, 2, seed=2)
    for slope, by_hand in zip(
        grad(softened, (0, 1))(x, kernel), softened_slopes(x, kernel), strict=True
    ):
        close(slope, by_hand, dtype="float64")


def test_a_half_precision_argument_has_a_half_precision_gradient(close):
    x = ops.convert_to_tensor(array([1.0, 2.0]).astype("float16"))
    close(grad(lambda t: ops.sum(t * t))(x), [2.0, 4.0], dtype="float16")


def test_a_tuple_of_positions_gives_gradients_in_its_order(close):
    x, kernel = normal(4, 3, seed=1), normal(3, 2, seed=2)
    of_x, of_kernel = softened_slopes(x, kernel)
    slopes = grad(softened, (1, 0))(x, kernel)
    assert isinstance(slopes, tuple)
    close(slopes[0], of_kernel)
    close(slopes[1], of_x)
    (alone,) = grad(softened, (1,))(x, kernel)
    close(alone, of_kernel)


def test_a_nested_argument_has_a_gradient_of_its_structure(close):
    parts = {"a": array([1.0, 2.0]), "b": [array(3.0)]}
    slopes = grad(lambda p: ops.sum(ops.square(p["a"])) * p["b"][0])(parts)
    assert set(slopes) == {"a", "b"}
    close(slopes["a"], [6.0, 12.0])
    close(slopes["b"][0], 5.0)


def test_numpy_arguments_arrive_as_tensors_and_keywords_as_they_are():
    seen = {}

    def function(x, y, *, scale):
        seen.update(x=ops.is_tensor(x), y=ops.is_tensor(y), scale=scale)
        return ops.sum(x) * scale

    grad(function)(array([1.0]), np.array([1, 2]), scale=2)
    assert seen == {"x": True, "y": True, "scale": 2}


def test_the_callers_list_of_arguments_is_not_changed():
    x = array([1.0, 2.0])
    parts = [x]
    grad(lambda p: ops.sum(p[0]))(parts)
    assert parts[0] is x


@pytest.mark.parametrize(
    "function",
    [lambda x, y: ops.sum(y), lambda x, y: 3.0, lambda x, y: ops.sum(ops.ones(2))],
    ids=["another argument", "a Python number", "a constant tensor"],
)
def test_an_unused_argument_has_a_gradient_of_zeros(function, close):
    close(grad(function)(normal(2, 3), normal(2)), np.zeros((2, 3)))


def test_an_unused_variable_has_a_gradient_of_zeros(close):
    used, unused = keras.Variable(array([2.0])), keras.Variable(normal(3, 2))
    slopes = grad(lambda: ops.sum(used**2), variables=[used, unused])()
    assert isinstance(slopes, list)
    close(slopes[0], [4.0])
    close(slopes[1], np.zeros((3, 2)))


def test_gradients_over_variables_are_taken_at_their_present_value(close):
    variable = keras.Variable(array([1.0, 2.0]))
    slope_at = grad(lambda x: ops.sum(x * variable**2), variables=[variable])
    close(slope_at(array(3.0))[0], [6.0, 12.0])
    variable.assign(array([0.5, 1.0]))
    close(slope_at(array(3.0))[0], [3.0, 6.0])
    close(variable, [0.5, 1.0])


def test_a_variable_that_does_not_train_has_a_gradient_too(close):
    variable = keras.Variable(array([3.0]), trainable=False)
    close(grad(lambda: ops.sum(variable**2), variables=[variable])()[0], [6.0])


def test_the_gradient_of_a_lookup_is_dense(close):
    table = keras.layers.Embedding(4, 2, embeddings_initializer="ones")
    table.build()
    slopes = grad(
        lambda ids: ops.sum(table(ids) ** 2), variables=table.trainable_variables
    )(np.array([1, 1, 2], "int32"))
    close(slopes[0], [[0, 0], [4, 4], [2, 2], [0, 0]])


def test_aux_is_handed_through_whatever_it_is(close):
    def function(x):
        return ops.sum(x**2), {"doubled": 2 * x, "name": "aux"}

    (value, aux), slope = value_and_grad(function, has_aux=True)(array([1.0, 2.0]))
    close(value, 5.0)
    close(slope, [2.0, 4.0])
    close(aux["doubled"], [2.0, 4.0])
    assert aux["name"] == "aux"
    slope, aux = grad(function, has_aux=True)(array([1.0, 2.0]))
    close(slope, [2.0, 4.0])
    close(aux["doubled"], [2.0, 4.0])


def test_results_can_be_read_as_numpy_arrays():
    (value, aux), slope = value_and_grad(
        lambda x: (ops.sum(x**2), 2 * x), has_aux=True
    )(array([1.0]))
    assert [np.asarray(v).tolist() for v in (value, aux, slope)] == [1.0, [2.0], [2.0]]
