"""What cannot be differentiated is refused, in the same words on every backend."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.errors import BackendError
from multibackend.inputs import array

ops = keras.ops
VARIABLE = keras.Variable(np.ones(2, "float32"))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x, r"scalar of shape \(\), received shape \(2,\)"),
        (lambda x: None, "a scalar, received NoneType"),
        (lambda x: (ops.sum(x), x), "has_aux=True"),
        (
            lambda x: ops.cast(ops.sum(x), "int32"),
            "floating-point, received dtype int32",
        ),
    ],
    ids=["not scalar", "nothing", "a tuple", "an integer"],
)
def test_a_function_that_returns_no_float_scalar_is_refused(function, message):
    with pytest.raises(ValueError, match=message):
        grad(function)(array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"argnums": -1}, "position from 0 on"),
        ({"argnums": 0.5}, "position from 0 on"),
        ({"argnums": (0, 0)}, "different ones"),
        ({"argnums": ()}, "position from 0 on"),
        ({"argnums": 1, "variables": [VARIABLE]}, "received both"),
        ({"variables": []}, "call it once on data"),
        ({"variables": [np.ones(2)]}, "to be Keras variables"),
        ({"variables": [VARIABLE, VARIABLE]}, "each variable once"),
        (
            {"variables": [keras.Variable(np.ones(2, "int32"), trainable=False)]},
            "floating-point, received dtype int32",
        ),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused_at_once(arguments, message):
    with pytest.raises(ValueError, match=message):
        _ = grad(ops.sum, **arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grad(ops.sum)(np.array([1, 2], "int32")), "received dtype int32"),
        (lambda: grad(ops.sum, 1)(array([1.0])), "at least 2 positional"),
        (
            lambda: grad(ops.sum, has_aux=True)(array([1.0])),
            r"return `\(scalar, aux\)`",
        ),
    ],
    ids=["integers", "too few", "no aux"],
)
def test_wrong_calls_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("name", ["numpy", "openvino", "from_a_plugin"])
def test_a_backend_that_cannot_differentiate_is_named(monkeypatch, name):
    monkeypatch.setattr(keras.config, "backend", lambda: name)
    with pytest.raises(BackendError, match=f"'{name}'.* torch, jax, tensorflow"):
        grad(ops.sum)(array([1.0]))
