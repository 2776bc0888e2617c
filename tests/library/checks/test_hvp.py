"""`hvp` against second derivatives worked out by hand in NumPy."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from multibackend.inputs import Working, normal, seed_of, tokens, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks import hvp
from multibackend.parity.checks.gradient import gradients
from multibackend.parity.run.once import build


class Wave(keras.layers.Layer):
    """`sin(x @ w)`: its Hessian is known."""

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 3), name="kernel")

    def call(self, inputs):
        return keras.ops.sin(keras.ops.matmul(inputs, self.kernel))


def drawn(salt, shape):
    """The numbers that a salt stands for, as the suite draws them."""
    values = np.random.default_rng(seed_of(salt)).normal(size=shape)
    return values.astype(np.float32).astype(np.float64)


def observed(function, *, name="case"):
    """What `hvp` yields for a case, as NumPy arrays."""
    with working(Working(name=name)):
        subject = build(Case(name, function, "", 0))
        assert hvp.applies(subject)
        subject.rewind()
        found = hvp.observe(subject)
    return subject, keras.tree.map_structure(keras.ops.convert_to_numpy, found)


def wave_by_hand(subject):
    """The second derivative of `sum(c * sin(x @ w))` along `(dw, dx)`."""
    x = np.asarray(subject.raw.args[0], np.float64)
    w = subject.target.kernel.numpy().astype(np.float64)
    c = drawn("cotangent case 0", (4, 3))
    dw = drawn("direction case wave/kernel", w.shape)
    dx = drawn("direction case input 0", x.shape)
    z, dz = x @ w, dx @ w + x @ dw
    outer, moved = c * np.cos(z), -c * np.sin(z) * dz
    return {
        "wave/kernel": x.T @ moved + dx.T @ outer,
        "input 0": moved @ w.T + outer @ dw.T,
    }


def test_the_product_is_the_hessian_times_the_direction(close):
    subject, found = observed(lambda: (Wave(), normal(4, 5, seed=1)))

    expected = wave_by_hand(subject)
    assert set(found) == set(expected)
    for name, value in expected.items():
        close(found[name], value, roundings=64)


def test_in_float64_the_product_is_that_of_float64(float64):
    """A second derivative that fell back to float32 would judge nobody."""
    with working(Working("float64", name="case")):
        subject = build(Case("case", lambda: (Wave(), normal(4, 5, seed=1)), "", 0))
        found = hvp.observe(subject)

    for name, value in wave_by_hand(subject).items():
        got = keras.ops.convert_to_numpy(found[name])
        assert got.dtype == np.float64
        assert np.abs(got - value).max() < 1e-12


def test_what_the_scalar_is_linear_in_has_zeros_of_its_shape():
    _, found = observed(
        lambda: (keras.layers.Embedding(7, 3), tokens(2, 4, vocabulary=7))
    )

    (product,) = found.values()
    assert product.shape == (7, 3)
    assert not product.any()


def test_an_unused_input_has_zeros_of_its_shape():
    def first(a, b):
        return keras.ops.sin(a) + 0 * keras.ops.cast(b[0, 0] > 9, a.dtype)

    _, found = observed(lambda: (first, normal(2, 3), normal(4, 5)))

    assert found["input 0"].any()
    assert found["input 1"].shape == (4, 5)
    assert not found["input 1"].any()


@pytest.mark.parametrize(
    "function",
    [
        lambda: (keras.ops.logical_not, np.array([True, False])),
        lambda: (keras.ops.argmax, normal(2, 3)),
        lambda: (lambda x: keras.ops.one_hot(x, 3), np.array([1, 2])),
    ],
    ids=["no floats at all", "no float output", "no float input"],
)
def test_there_is_nothing_to_ask_without_a_float_to_differentiate(function):
    with working(Working(name="case")):
        subject = build(Case("case", function, "", 0))

        assert not hvp.applies(subject)


def test_a_twin_moves_the_direction_too():
    """Else the spread would not know what the direction's own rounding may do."""

    def products(twin):
        with working(Working(name="case", twin=twin)):
            subject.rewind()
            return keras.ops.convert_to_numpy(hvp.observe(subject)["input 0"])

    with working(Working(name="case")):
        subject = build(Case("case", lambda: (lambda x: x**2, normal(3)), "", 0))

    assert np.array_equal(products(0), products(0))
    assert not np.array_equal(products(0), products(1))


@keras.ops.custom_gradient
def _square(x):
    """`x**2` whose gradient is right, and whose gradient's gradient is not."""

    def backward(*args, upstream=None):
        upstream = args[0] if upstream is None else upstream
        return upstream * 2 * keras.ops.stop_gradient(x)

    return x**2, backward


def test_a_fault_of_the_second_order_alone_is_seen_here_and_in_no_gradient():
    def function():
        return _square, normal(3, seed=1)

    def right():
        return (lambda x: x**2), normal(3, seed=1)

    found, expected = (observed(f)[1]["input 0"] for f in (function, right))
    with working(Working(name="case")):
        first, same = (
            keras.ops.convert_to_numpy(
                gradients(build(Case("case", f, "", 0)))[1]["input 0"]
            )
            for f in (function, right)
        )

    assert np.array_equal(first, same)
    assert not found.any()
    assert expected.all()
