"""Derivatives inside of compiled functions and of `vectorized_map`."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from multibackend.inputs import array, normal

ops = keras.ops
BACKEND = keras.config.backend()

KERNEL = normal(3, 2, seed=1)
ROWS, DIRECTIONS = normal(4, 3, seed=2), normal(4, 3, seed=3)


def outputs(x):
    return ops.tanh(ops.matmul(x, KERNEL))


def scalar(x):
    return ops.sum(outputs(x) ** 3)


def penalty(x):
    return ops.sum(grad(scalar)(x) ** 2)


#: Of a point and a direction, each of shape (3,).
DERIVATIVES = {
    "value_and_grad": lambda x, v: value_and_grad(scalar)(x),
    "vjp": lambda x, v: vjp(outputs, x)[1](v[:2])[0],
    "jvp": lambda x, v: jvp(outputs, (x,), (v,))[1],
    "hvp": lambda x, v: hvp(scalar, (x,), (v,))[0],
    "jacobian": lambda x, v: jacobian(outputs)(x),
    "hessian": lambda x, v: hessian(scalar)(x),
    "nested": lambda x, v: grad(penalty)(x),
}


def compilers():
    """This backend's ways to compile a function of tensors, by name."""
    if BACKEND == "jax":
        import jax

        return {"jit": jax.jit}
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return {
            "graph": lambda f: tf.function(f, autograph=False),
            "xla": lambda f: tf.function(f, autograph=False, jit_compile=True),
        }
    return {"graph": traced_by_torch}


def traced_by_torch(function):
    from torch.fx.experimental.proxy_tensor import make_fx

    def run(*tensors):
        tracer = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)
        return tracer(*tensors)(*tensors)

    return run


def flat(results):
    return [ops.convert_to_numpy(leaf) for leaf in keras.tree.flatten(results)]


def agree(actual, expected):
    """Compares two ways of computing the same few dozen operations."""
    for got, want in zip(flat(actual), flat(expected), strict=True):
        assert got.shape == want.shape
        assert got.dtype == want.dtype
        bound = 64 * np.finfo(want.dtype).eps * max(1, np.abs(want).max())
        assert np.abs(got - want).max() <= bound


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("way", compilers())
def test_a_compiled_derivative_is_the_derivative(way, name):
    tensors = [ops.convert_to_tensor(t) for t in (ROWS[0], DIRECTIONS[0])]
    compiled = compilers()[way](DERIVATIVES[name])
    agree(compiled(*tensors), DERIVATIVES[name](*tensors))


@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_vectorized_derivative_is_that_of_each_row(name):
    rows, directions = map(ops.convert_to_tensor, (ROWS, DIRECTIONS))
    together = ops.vectorized_map(
        lambda pair: DERIVATIVES[name](*pair), (rows, directions)
    )
    each = [
        flat(DERIVATIVES[name](row, direction))
        for row, direction in zip(ROWS, DIRECTIONS, strict=True)
    ]
    agree(together, [np.stack(parts) for parts in zip(*each, strict=True)])


def test_a_vectorized_derivative_can_be_differentiated(close):
    rows = array([[1.0, 2.0], [3.0, 4.0]])

    def summed(rows):
        slopes = ops.vectorized_map(grad(lambda row: ops.sum(row**3)), rows)
        return ops.sum(slopes)

    close(grad(summed)(rows), 6 * rows)
    weight = keras.Variable(array([1.0, 2.0]))

    def weighted(rows):
        slopes = ops.vectorized_map(
            grad(lambda row: ops.sum(row**2 * weight**3)), ops.convert_to_tensor(rows)
        )
        return ops.sum(slopes)

    close(grad(weighted, variables=[weight])(rows)[0], [2 * 4 * 3.0, 2 * 6 * 12.0])


def test_aux_passes_a_vectorized_derivative(close):
    def function(row):
        value, slope = value_and_grad(
            lambda x: (ops.sum(x**2), {"doubled": 2 * x, "name": "aux"}), has_aux=True
        )(row)
        assert value[1]["name"] == "aux"
        return value[1]["doubled"] + slope

    rows = array([[1.0, 2.0], [3.0, 4.0]])
    close(ops.vectorized_map(function, ops.convert_to_tensor(rows)), 4 * rows)


@pytest.mark.parametrize("way", compilers())
def test_a_custom_gradient_counts_in_a_compiled_jvp(way, close):
    @ops.custom_gradient
    def doubled(x):
        def slope(*args, upstream=None):
            return (args[0] if upstream is None else upstream) * 5

        return 2 * x, slope

    x = ops.convert_to_tensor(array([1.0, 2.0]))
    compiled = compilers()[way](lambda x: jvp(doubled, (x,), (x,))[1])
    close(compiled(x), [5.0, 10.0])


def test_a_recurrent_layer_has_a_compiled_hessian():
    # The second derivative of a loop: TensorFlow cannot vectorize it.
    layer = keras.layers.SimpleRNN(2)
    layer.build((1, 2, 2))
    x = ops.convert_to_tensor(normal(1, 2, 2, seed=4))
    _, compile_it = sorted(compilers().items())[0]

    def scalar(x):
        return ops.sum(layer(x) ** 2)

    agree(compile_it(hessian(scalar))(x), hessian(scalar)(x))
