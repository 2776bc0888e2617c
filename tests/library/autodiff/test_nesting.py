"""Derivatives of derivatives, and derivatives inside of models."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad, hessian, hvp, jacobian, jvp, vjp
from multibackend.inputs import array, normal

ops = keras.ops


def test_derivatives_nest(close):
    cube = grad(lambda x: x**3)
    close(grad(cube)(array(2.0)), 12.0)
    close(grad(grad(cube))(array(2.0)), 6.0)
    close(grad(grad(grad(cube)))(array(2.0)), 0.0)


def test_the_inner_gradient_does_not_see_the_outer_argument(close):
    # d/dx [x * d/dy (x + y)] = d/dx x = 1; who confuses the two gets 2.
    def outer(x):
        return x * grad(lambda y: x + y)(array(1.0))

    close(grad(outer)(array(1.0)), 1.0)
    # The same tensor inside twice: only the argument counts.
    tensor = ops.convert_to_tensor(array(3.0))
    close(grad(lambda x: x * tensor)(tensor), 3.0)


def test_the_outer_gradient_sees_through_the_inner_one(close):
    # d/dx [d/dy (x^2 y)] = 2 x, through a closure
    def outer(x):
        return grad(lambda y: x**2 * y)(array(1.0))

    close(grad(outer)(array(3.0)), 6.0)


def test_gradients_over_variables_nest_in_gradients_over_arguments(close):
    weight = keras.Variable(array([1.0, 2.0]))

    def loss(x):
        return ops.sum(x * weight**3)

    def penalty(x):
        return ops.sum(grad(loss)(x) ** 2)  # the sum of weight^6

    close(grad(penalty, variables=[weight])(array([5.0, 7.0]))[0], [6.0, 192.0])

    def slope_of_weight(x):
        return ops.sum(grad(loss, variables=[weight])(x)[0])  # 3 x weight^2

    close(grad(slope_of_weight)(array([5.0, 7.0])), [3.0, 12.0])


def test_gradients_over_variables_nest_in_themselves(close):
    weight = keras.Variable(array([1.0, 2.0]))
    slope = grad(lambda: ops.sum(weight**3), variables=[weight])
    close(grad(lambda: ops.sum(slope()[0]), variables=[weight])()[0], [6.0, 12.0])


def test_a_gradient_inside_of_a_layer_trains_with_fit(close):
    # outputs = d/dx (w x)^2 = 2 w^2 x, so the loss has a gradient over w as well
    class Slope(keras.layers.Layer):
        def build(self, input_shape):
            self.weight = self.add_weight(shape=(), initializer="ones")

        def call(self, inputs):
            return grad(lambda x: ops.sum((self.weight * x) ** 2))(inputs)

    layer = Slope()
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(0.01), loss="mean_squared_error")
    model.fit(array([[1.0]]), array([[0.0]]), verbose=0)
    # d/dw (2 w^2)^2 = 16 w^3
    close(layer.weight, 1 - 0.01 * 16)


def cubes(x):
    return x**3


def slope_by_grad(x):
    return grad(lambda x: ops.sum(cubes(x)))(x)


def slope_by_vjp(x):
    return vjp(cubes, x)[1](ops.ones_like(x))[0]


def slope_by_jvp(x):
    return jvp(cubes, (x,), (ops.ones_like(x),))[1]


def slope_by_jacobian(x):
    return ops.sum(jacobian(cubes)(x), axis=0)


SLOPES = [slope_by_grad, slope_by_vjp, slope_by_jvp, slope_by_jacobian]


@pytest.mark.parametrize("inner", SLOPES)
def test_every_derivative_nests_in_every_other(inner, close):
    x, v = array([1.0, 2.0]), array([1.0, 10.0])
    close(grad(lambda x: ops.sum(inner(x)))(x), 6 * x)
    close(vjp(inner, x)[1](v)[0], 6 * x * v)
    close(jvp(inner, (x,), (v,))[1], 6 * x * v)
    close(jacobian(inner)(x), np.diag(6 * x))
    close(hvp(lambda x: ops.sum(inner(x)), (x,), (v,))[0], 6 * v)
    close(hessian(lambda x: ops.sum(inner(x)))(x), np.diag([6.0, 6.0]))


def test_second_derivatives_can_be_differentiated(close):
    x, v = array([1.0, 2.0]), array([1.0, 10.0])

    def quartic(x):
        return ops.sum(x**4)

    close(grad(lambda x: ops.sum(hvp(quartic, (x,), (v,))[0]))(x), 24 * x * v)
    close(grad(lambda x: ops.sum(hessian(quartic)(x)))(x), 24 * x)


def test_the_outer_derivative_sees_through_directions_as_well(close):
    x, v = array([1.0, 2.0]), array([1.0, 10.0])
    close(grad(lambda v: ops.sum(jvp(cubes, (x,), (v,))[1]))(v), 3 * x**2)
    close(grad(lambda v: ops.sum(vjp(cubes, x)[1](v)[0]))(v), 3 * x**2)


def test_a_residual_of_a_differential_equation_trains_its_weights(close):
    # u(t) = a sin(b t); the residual u'' + u = a (1 - b^2) sin(b t)
    a, b = keras.Variable(array(2.0)), keras.Variable(array(0.5))
    t = array([0.3, 0.7])

    def u(t):
        return a * ops.sin(b * t)

    def loss(t):
        bend = jvp(lambda t: jvp(u, (t,), (ops.ones_like(t),))[1], (t,), (t * 0 + 1,))
        return ops.sum((bend[1] + u(t)) ** 2)

    sine, cosine = np.sin(0.5 * t.astype("float64")), np.cos(0.5 * t.astype("float64"))
    residual = 2 * 0.75 * sine
    by_a = (2 * residual * 0.75 * sine).sum()
    by_b = (2 * residual * 2 * (0.75 * t * cosine - sine)).sum()
    slopes = grad(loss, variables=[a, b])(t)
    close(slopes[0], by_a)
    close(slopes[1], by_b)


def test_a_gradient_penalty_reaches_the_weights_of_a_model(close):
    # critic(x) = x @ w: its slope is w everywhere, so the penalty is (|w| - 1)^2
    critic = keras.layers.Dense(1, use_bias=False)
    critic.build((None, 2))
    critic.set_weights([array([[3.0], [4.0]])])

    def penalty(x):
        slopes = grad(lambda x: ops.sum(critic(x)))(x)
        return ops.mean((ops.norm(slopes, axis=-1) - 1) ** 2)

    slopes = grad(penalty, variables=critic.trainable_variables)(normal(5, 2))
    close(slopes[0], [[2 * 4 * 0.6], [2 * 4 * 0.8]])


@pytest.mark.skipif(
    keras.config.backend() != "torch",
    reason="only PyTorch chooses a fused kernel, which has no second derivative",
)
def test_attention_has_second_derivatives():
    x, v = normal(1, 4, 2, 8, seed=1), normal(1, 4, 2, 8, seed=2)

    def scalar(x):
        return ops.sum(ops.dot_product_attention(x, x, x) ** 2)

    product = ops.convert_to_numpy(hvp(scalar, (x,), (v,))[0])
    step = 2.0**-6
    above, below = (
        ops.convert_to_numpy(grad(scalar)(x + sign * step * v)) for sign in (1, -1)
    )
    # A central difference: wrong by about the square of the step.
    assert np.abs((above - below) / (2 * step) - product).max() < (
        64 * step**2 * np.abs(product).max()
    )


def test_a_gradient_works_inside_of_a_symbolic_call():
    slope = keras.layers.Lambda(grad(lambda x: ops.sum(x**2)))
    inputs = keras.Input((3,))
    assert keras.Model(inputs, slope(inputs)).output_shape == (None, 3)


@pytest.mark.skipif(
    keras.config.backend() != "torch", reason="only PyTorch can be told not to record"
)
def test_pytorch_differentiates_where_recording_is_off_and_hands_out_no_graph(close):
    import torch

    weight = keras.Variable(array([2.0]))
    with torch.no_grad():
        slope = grad(lambda x: ops.sum(weight * x**2))(array([3.0]))
    close(slope, [12.0])
    assert not slope.requires_grad
    # Recording again, the result depends on a weight outside: it stays in the graph.
    slope = grad(lambda x: ops.sum(weight * x**2))(array([3.0]))
    ops.sum(slope).backward()
    close(weight.value.grad, [6.0])
