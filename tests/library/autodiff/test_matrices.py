"""`jacobian` and `hessian`: every pair of an output and an input, on every backend."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import hessian, hvp, jacobian, jvp
from multibackend.inputs import array, normal

ops = keras.ops


def test_the_jacobian_of_a_softmax_is_the_covariance_of_its_draw(close):
    x = normal(5, seed=1)
    p = np.exp(x.astype("float64"))
    p /= p.sum()
    close(jacobian(ops.softmax)(x), np.diag(p) - np.outer(p, p))


def test_the_hessian_of_a_quadratic_form_is_its_matrix(close):
    matrix = normal(4, 4, seed=2)
    symmetric = matrix.astype("float64") + matrix.T
    form = hessian(lambda x: ops.dot(x, ops.matmul(matrix, x)))
    close(form(normal(4, seed=3)), symmetric)


def test_outputs_come_first_and_inputs_second(close):
    def function(x, y):
        return {"outer": ops.outer(x, y["b"]), "first": x[0]}

    x, y = array([1.0, 2.0]), {"b": array([3.0, 4.0, 5.0])}
    blocks = jacobian(function, (1, 0))(x, y)
    assert set(blocks) == {"outer", "first"}
    assert isinstance(blocks["outer"], tuple)
    # d(x_i b_j)/db_k = x_i [j = k], of shape (2, 3, 3); d/dx_k = b_j [i = k]
    close(blocks["outer"][0]["b"], x[:, None, None] * np.eye(3))
    close(blocks["outer"][1], np.eye(2)[:, None, :] * y["b"][:, None])
    close(blocks["first"][0]["b"], np.zeros(3))
    close(blocks["first"][1], [1.0, 0.0])


def test_a_hessian_of_nested_inputs_holds_every_pair(close):
    p = {"a": array([1.0, 2.0]), "b": array(3.0)}
    blocks = hessian(lambda p: p["b"] ** 2 * ops.sum(p["a"] ** 3))(p)
    close(blocks["a"]["a"], np.diag([6.0 * 9, 12.0 * 9]))
    close(blocks["a"]["b"], [18.0, 72.0])
    close(blocks["b"]["a"], [18.0, 72.0])
    close(blocks["b"]["b"], 18.0)


def test_one_argument_gives_one_block_and_a_tuple_a_tuple(close):
    close(jacobian(lambda x: x**2)(array(3.0)), 6.0)
    (block,) = jacobian(lambda x: x**2, (0,))(array([3.0]))
    close(block, [[6.0]])
    ((block,),) = hessian(lambda x: x**2, (0,))(array(3.0))
    close(block, 2.0)


def test_matrices_over_variables(close):
    first, second = keras.Variable(array([1.0, 2.0])), keras.Variable(array(3.0))
    both = [first, second]
    of_first, of_second = jacobian(lambda x: x * first**2 * second, variables=both)(
        array([1.0, 10.0])
    )
    close(of_first, [[6.0, 0.0], [0.0, 120.0]])
    close(of_second, [1.0, 40.0])
    blocks = hessian(lambda: ops.sum(first**2) * second, variables=both)()
    assert isinstance(blocks, list)
    close(blocks[0][0], 6 * np.eye(2))
    close(blocks[0][1], [2.0, 4.0])
    close(blocks[1][1], 0.0)


@pytest.mark.parametrize("shape", [(0,), (2, 0)], ids=str)
def test_nothing_has_a_jacobian_of_nothing(shape, close):
    close(jacobian(lambda x: x**2)(array(np.zeros(shape))), np.zeros(2 * shape))
    blocks = jacobian(lambda x: ops.zeros(shape) * ops.sum(x))(array([1.0, 2.0]))
    close(blocks, np.zeros((*shape, 2)))


def test_many_outputs_are_no_different_from_few(close):
    # TensorFlow goes another way from 33 rows on.
    for size in (1, 32, 33):
        x = normal(size, seed=size)
        close(jacobian(lambda x: x**2)(x), np.diag(2 * x.astype("float64")))


def test_aux_is_handed_through(close):
    matrix, aux = jacobian(lambda x: (x**2, "aux"), has_aux=True)(array([3.0]))
    close(matrix, [[6.0]])
    assert aux == "aux"
    matrix, aux = hessian(lambda x: (x**2, 2 * x), has_aux=True)(array(3.0))
    close(matrix, 2.0)
    close(aux, 6.0)


def test_products_are_the_matrices_times_the_direction(float64):
    x, v = normal(6, seed=5), normal(6, seed=6)
    kernel = normal(6, 4, seed=7)

    def outputs(x):
        return ops.tanh(ops.matmul(x, kernel))

    def scalar(x):
        return ops.sum(outputs(x) ** 2)

    def bound(matrix):  # a sum of six products, each of some dozen operations
        return 64 * np.finfo("float64").eps * np.abs(matrix).sum() * np.abs(v).max()

    matrix = ops.convert_to_numpy(jacobian(outputs)(x))
    product = ops.convert_to_numpy(jvp(outputs, (x,), (v,))[1])
    assert np.abs(matrix @ v - product).max() <= bound(matrix)
    matrix = ops.convert_to_numpy(hessian(scalar)(x))
    product = ops.convert_to_numpy(hvp(scalar, (x,), (v,))[0])
    assert np.abs(matrix @ v - product).max() <= bound(matrix)
    assert np.abs(matrix - matrix.T).max() <= bound(matrix)
