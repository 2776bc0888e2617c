"""Derivatives of derivatives, and derivatives inside of models."""

import keras
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array

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
