"""`vjp`, `jvp` and `hvp`: derivatives times a direction, the same on every backend."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad, hvp, jvp, vjp
from multibackend.inputs import array, normal

ops = keras.ops


def layer(x, kernel):
    """`tanh(x @ kernel)`, of shape (batch, units)."""
    return ops.tanh(ops.matmul(x, kernel))


def pushed(x, kernel, x_tangent, kernel_tangent):
    """The derivative of `layer` in one direction, by hand, in float64."""
    x, kernel = x.astype("float64"), kernel.astype("float64")
    slope = 1 - np.tanh(x @ kernel) ** 2
    return slope * (x_tangent @ kernel + x @ kernel_tangent)


def pulled(x, kernel, cotangent):
    """The cotangents of both arguments of `layer`, by hand, in float64."""
    x, kernel = x.astype("float64"), kernel.astype("float64")
    slope = cotangent * (1 - np.tanh(x @ kernel) ** 2)
    return slope @ kernel.T, x.T @ slope


X, KERNEL = normal(4, 3, seed=1), normal(3, 2, seed=2)
X_TANGENT, KERNEL_TANGENT = normal(4, 3, seed=3), normal(3, 2, seed=4)
COTANGENT = normal(4, 2, seed=5)


@ops.custom_gradient
def square_of_steep_slope(x):
    """`x^2`, which claims a slope of `5 x`."""

    def slope(*args, upstream=None):
        return (args[0] if upstream is None else upstream) * 5 * x

    return x**2, slope


def test_jvp_is_the_derivative_in_one_direction(close):
    outputs, tangents = jvp(layer, (X, KERNEL), (X_TANGENT, KERNEL_TANGENT))
    close(outputs, np.tanh(X.astype("float64") @ KERNEL))
    close(tangents, pushed(X, KERNEL, X_TANGENT, KERNEL_TANGENT))


def test_vjp_pulls_a_cotangent_back_to_every_argument(close):
    outputs, pullback = vjp(layer, X, KERNEL)
    close(outputs, np.tanh(X.astype("float64") @ KERNEL))
    cotangents = pullback(COTANGENT)
    assert isinstance(cotangents, tuple)
    for cotangent, by_hand in zip(
        cotangents, pulled(X, KERNEL, COTANGENT), strict=True
    ):
        close(cotangent, by_hand)


def test_a_pullback_may_be_called_again_and_is_linear(close):
    _, pullback = vjp(layer, X, KERNEL)
    once, twice = pullback(COTANGENT)[0], pullback(2 * COTANGENT)[0]
    close(twice, 2 * ops.convert_to_numpy(once).astype("float64"))


def test_forward_and_backward_are_adjoint(float64):
    # <cotangent, J tangent> = <J^T cotangent, tangent>
    x, kernel = normal(4, 3, seed=1), normal(3, 2, seed=2)
    x_tangent, kernel_tangent = normal(4, 3, seed=3), normal(3, 2, seed=4)
    cotangent = normal(4, 2, seed=5)
    tangents = jvp(layer, (x, kernel), (x_tangent, kernel_tangent))[1]
    of_x, of_kernel = vjp(layer, x, kernel)[1](cotangent)
    tangents, of_x, of_kernel = map(ops.convert_to_numpy, (tangents, of_x, of_kernel))
    terms = [tangents * cotangent, -of_x * x_tangent, -of_kernel * kernel_tangent]
    # Sums of 8 to 12 products, each of some ten operations.
    bound = 64 * np.finfo("float64").eps * sum(np.abs(term).sum() for term in terms)
    assert abs(sum(term.sum() for term in terms)) <= bound


def test_hvp_is_the_derivative_of_the_gradient_with_mixed_terms(close):
    # f = sum(x^3 y): the Hessian is [[6 x y, 3 x^2], [3 x^2, 0]]
    x, y = array([1.0, 2.0]), array([3.0, -1.0])
    v, w = array([1.0, 10.0]), array([0.5, 2.0])
    product = hvp(lambda x, y: ops.sum(x**3 * y), (x, y), (v, w))
    assert isinstance(product, tuple)
    close(product[0], 6 * x * y * v + 3 * x**2 * w)
    close(product[1], 3 * x**2 * v)


def test_arguments_outputs_and_directions_may_be_nested(close):
    def function(p, q):
        return {"product": p["a"] * p["b"][0], "sum": [ops.sum(p["a"]) + q]}

    p = {"a": array([1.0, 2.0]), "b": [array(3.0)]}
    direction = {"a": array([1.0, -1.0]), "b": [array(0.5)]}
    outputs, tangents = jvp(function, (p, 2.0), (direction, 4.0))
    close(outputs["product"], [3.0, 6.0])
    close(tangents["product"], [3.5, -2.0])
    close(tangents["sum"][0], 4.0)
    outputs, pullback = vjp(function, p, 2.0)
    of_p, of_q = pullback({"product": array([1.0, 10.0]), "sum": [100.0]})
    close(of_p["a"], [103.0, 130.0])
    close(of_p["b"][0], 21.0)
    close(of_q, 100.0)


def test_directions_take_the_dtype_of_what_they_point_from(close):
    x = ops.convert_to_tensor(array([1.0, 2.0]).astype("float16"))
    wide = np.array([1.0, 10.0], "float64")
    outputs, tangents = jvp(lambda t: t * t, (x,), (wide,))
    close(outputs, [1.0, 4.0], dtype="float16")
    close(tangents, [2.0, 40.0], dtype="float16")
    close(vjp(lambda t: t * t, x)[1](wide)[0], [2.0, 40.0], dtype="float16")
    close(hvp(lambda t: ops.sum(t**3), (x,), (wide,))[0], [6, 120], dtype="float16")


def test_what_has_no_influence_gives_zeros(close):
    x, y = array([1.0, 2.0]), array(3.0)
    _, tangents = jvp(lambda x, y: {"x": x, "none": 4.0}, (x, y), (x, y))
    close(tangents["none"], 0.0)
    of_x, of_y = vjp(lambda x, y: 2 * x, x, y)[1](x)
    close(of_x, [2.0, 4.0])
    close(of_y, 0.0)
    linear = hvp(lambda x, y: ops.sum(x) + y, (x, y), (x, y))
    close(linear[0], [0.0, 0.0])
    close(linear[1], 0.0)


def test_an_argument_that_is_returned_counts_for_itself(close):
    x = ops.convert_to_tensor(array([1.0, 2.0]))
    (alone,) = vjp(lambda x: (x, x), x)[1]((array([1.0, 2.0]), array([10.0, 20.0])))
    close(alone, [11.0, 22.0])
    first, second = vjp(lambda a, b: a, x, x)[1](x)
    close(first, [1.0, 2.0])
    close(second, [0.0, 0.0])


def test_aux_is_handed_through(close):
    def function(x):
        return ops.sum(x**3), {"doubled": 2 * x, "name": "aux"}

    x = array([1.0, 2.0])
    for results in (
        vjp(function, x, has_aux=True),
        jvp(function, (x,), (x,), has_aux=True),
        hvp(function, (x,), (x,), has_aux=True),
    ):
        aux = results[-1]
        close(aux["doubled"], [2.0, 4.0])
        assert aux["name"] == "aux"


def test_variables_have_directions_too(close):
    first, second = keras.Variable(array([1.0, 2.0])), keras.Variable(array(3.0))
    both = [first, second]

    def function(x, note):
        assert note == "anything"
        return x * first**3 * second

    x = array([1.0, -1.0])
    directions = [array([1.0, 1.0]), array(1.0)]
    outputs, pullback = vjp(function, x, "anything", variables=both)
    close(outputs, [3.0, -24.0])
    of_first, of_second = pullback(array([1.0, 1.0]))
    close(of_first, [9.0, -36.0])
    close(of_second, 1.0 - 8.0)
    _, tangents = jvp(function, (x, "anything"), directions, variables=both)
    close(tangents, [9.0 + 1.0, -36.0 - 8.0])
    product = hvp(
        lambda *a: ops.sum(function(*a)), (x, "anything"), directions, variables=both
    )
    assert isinstance(product, list)
    close(product[0], [18.0 + 3.0, -36.0 - 12.0])
    close(product[1], 3.0 - 12.0)


def test_stopped_gradients_stay_stopped(close):
    x = array([1.0, 2.0])

    def half(x):
        return x * ops.stop_gradient(x)

    close(jvp(half, (x,), (x,))[1], x * x)
    close(vjp(half, x)[1](x)[0], x * x)
    close(hvp(lambda x: ops.sum(x * half(x)), (x,), (x,))[0], 2 * x * x)


def test_a_custom_gradient_counts_forward_backward_and_twice(close):
    x, v = array([1.0, 2.0]), array([10.0, 20.0])
    close(vjp(square_of_steep_slope, x)[1](v)[0], 5 * x * v)
    outputs, tangents = jvp(square_of_steep_slope, (x,), (v,))
    close(outputs, x**2)
    close(tangents, 5 * x * v)
    close(hvp(lambda x: ops.sum(square_of_steep_slope(x)), (x,), (v,))[0], 5 * v)
    # and inside of another derivative
    slope = grad(lambda x: ops.sum(jvp(square_of_steep_slope, (x,), (v,))[1]))
    close(slope(x), 5 * v)


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (ops.hard_sigmoid, lambda x: np.full_like(x, 1 / 6)),
        (ops.sort, np.ones_like),
        (ops.cumsum, lambda x: None),
        (lambda x: ops.take(x, [1, 1]), lambda x: None),
    ],
    ids=["hard_sigmoid", "sort", "cumsum", "take"],
)
def test_operations_that_are_hard_to_differentiate_twice_have_a_jvp(
    function, slope, close
):
    x, v = array([0.25, 0.5]), array([1.0, 10.0])
    expected = slope(x)
    # The others are linear: what they do to the direction.
    by_hand = ops.convert_to_numpy(function(v)) if expected is None else expected * v
    close(jvp(function, (x,), (v,))[1], by_hand)
