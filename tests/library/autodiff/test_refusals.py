"""What cannot be differentiated is refused, in the same words on every backend."""

from typing import Any

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad, hessian, hvp, jacobian, jvp, vjp
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


PAIR: Any = array([1.0, 2.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda f: grad(f)(PAIR),
        lambda f: hvp(f, (PAIR,), (PAIR,)),
        lambda f: hessian(f)(PAIR),
    ],
    ids=["grad", "hvp", "hessian"],
)
def test_only_a_scalar_has_a_gradient_and_a_hessian(call):
    with pytest.raises(ValueError, match=r"shape \(\), received shape \(2,\).*Reduce"):
        call(ops.square)


def two(x, y):
    return {"sum": x + y, "product": x * y}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: jvp(two, PAIR, (PAIR, PAIR)), r"tuple .* received ndarray. Write"),
        (lambda: jvp(two, (PAIR, PAIR), PAIR), r"`tangents` to be a tuple"),
        (lambda: jvp(two, (PAIR, PAIR), (PAIR,)), "tangents of the structure of"),
        (lambda: hvp(ops.sum, (PAIR,), ([PAIR],)), "tangents of the structure of"),
        (
            lambda: jvp(two, (PAIR, PAIR), (PAIR, array(1.0))),
            r"tangents of shape \(2,\), as the primals, received shape \(\)",
        ),
        (
            lambda: jvp(two, (PAIR, PAIR), (PAIR, np.array([1, 2]))),
            "tangents of dtype float32, .* received dtype int64. Cast",
        ),
        (
            lambda: jvp(two, (PAIR, PAIR), (PAIR, ops.cast(PAIR, "float16"))),
            "tangents of dtype float32, .* received dtype float16. Cast",
        ),
        (
            lambda: jvp(lambda: 1.0, (), [1.0], variables=[VARIABLE]),
            r"tangents of shape \(2,\), as the variables",
        ),
        (lambda: vjp(two, PAIR, PAIR)[1]((PAIR, PAIR)), "cotangents of the structure"),
        (
            lambda: vjp(two, PAIR, PAIR)[1]({"sum": PAIR, "product": 1.0}),
            r"cotangents of shape \(2,\), as the outputs, received shape \(\)",
        ),
        (lambda: vjp(ops.sum), "position from 0 on"),
        (lambda: vjp(ops.sum, np.array([1, 2], "int32")), "received dtype int32"),
        (lambda: vjp(lambda x: (x, None), PAIR), "to return tensors"),
        (lambda: jacobian(lambda x: ())(PAIR), "to return tensors"),
        (lambda: jvp(ops.argmax, (PAIR,), (PAIR,)), "floating-point, received dtype"),
        (lambda: vjp(ops.square, PAIR, has_aux=True), "return two things"),
    ],
    ids=[
        "no tuple of primals",
        "no tuple of tangents",
        "too few tangents",
        "another structure",
        "another shape",
        "integers",
        "half precision",
        "another shape of a variable",
        "another structure of outputs",
        "another shape of an output",
        "no primals",
        "an integer primal",
        "an output that is nothing",
        "no output",
        "an integer output",
        "no aux",
    ],
)
def test_wrong_directions_and_outputs_are_refused(call, message):
    with pytest.raises(ValueError, match=f"(?i){message}"):
        call()


@pytest.mark.parametrize("name", ["numpy", "openvino", "from_a_plugin"])
@pytest.mark.parametrize(
    "call",
    [
        lambda: grad(ops.sum)(PAIR),
        lambda: vjp(ops.sum, PAIR),
        lambda: jvp(ops.sum, (PAIR,), (PAIR,)),
        lambda: hvp(ops.sum, (PAIR,), (PAIR,)),
        lambda: jacobian(ops.sum)(PAIR),
        lambda: hessian(ops.sum)(PAIR),
    ],
    ids=["grad", "vjp", "jvp", "hvp", "jacobian", "hessian"],
)
def test_a_backend_that_cannot_differentiate_is_named(monkeypatch, name, call):
    monkeypatch.setattr(keras.config, "backend", lambda: name)
    with pytest.raises(BackendError, match=f"'{name}'.* torch, jax, tensorflow"):
        call()
