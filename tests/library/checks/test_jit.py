"""`jit` on one backend: what is compiled is compiled, and a fault of tracing is found."""

from __future__ import annotations

import importlib

import keras
import numpy as np
import pytest

from multibackend.inputs import Working, integers, normal, uniform, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks import jit
from multibackend.parity.checks.answer import AbstainError
from multibackend.parity.checks.framework import framework
from multibackend.parity.run.once import build

BACKEND = keras.config.backend()
FRAMEWORK = importlib.import_module(BACKEND)


def tracing(x):
    """Whether a compiler looks on, as each framework tells its users."""
    if BACKEND == "torch":
        return FRAMEWORK.compiler.is_compiling()
    if BACKEND == "jax":
        return isinstance(x, FRAMEWORK.core.Tracer)
    return not FRAMEWORK.executing_eagerly()


class Shift(keras.layers.Layer):
    """Adds a weight."""

    def build(self, input_shape):
        self.offset = self.add_weight(shape=input_shape[-1:], name="offset")

    def call(self, inputs):
        return inputs + self.offset


class Whispering(Shift):
    """Answers differently when a compiler looks on."""

    def call(self, inputs):
        return super().call(inputs) + (1 if tracing(inputs) else 0)


class Branching(Shift):
    """Asks for a number that no compiler has yet."""

    def call(self, inputs):
        if float(keras.ops.sum(inputs)) > 0:
            return super().call(inputs)
        return inputs


def asked(function, *, twin=0, dtype="float32"):
    """What `jit` yields for a case, as NumPy arrays."""
    with working(Working(dtype, twin, "case")):
        subject = build(Case("case", function, "", 0))
        subject.rewind()
        found = jit.observe(subject)
    to_numpy = keras.ops.convert_to_numpy
    return (
        keras.tree.map_structure(to_numpy, found.observed),
        keras.tree.map_structure(to_numpy, found.expected),
    )


@pytest.fixture
def compiled(monkeypatch):
    """The names of the compilers that were asked."""
    names = []

    def counting(name, compiler):
        def counted(function):
            names.append(name)
            return compiler(function)

        return counted

    every = framework().COMPILERS
    counted = {
        name: (t, counting(name, compiler)) for name, (t, compiler) in every.items()
    }
    monkeypatch.setattr(framework(), "COMPILERS", counted)
    return names


def test_a_layer_answers_the_same_compiled(close):
    observed, expected = asked(lambda: (Shift(), normal(2, 3)))

    assert set(observed) == set(expected) == {"compiled", "fused"}
    for name, value in expected.items():
        close(observed[name], value)


def test_a_layer_that_answers_differently_when_traced_is_found():
    observed, expected = asked(lambda: (Whispering(), normal(2, 3)))

    for name, value in expected.items():
        assert np.abs(observed[name] - value).min() > 0.5


def test_a_refusal_is_told_in_one_line_and_is_no_answer():
    with pytest.raises(AbstainError, match=r"^(jax|tf|torch)\..* refuses: ") as refusal:
        _ = asked(lambda: (Branching(), uniform(2, 3, low=1)))

    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_metric_counts_its_batches_inside_the_compiled_function(close):
    batches = [(integers(4, 3, high=2), uniform(4, 3)) for _ in range(2)]

    observed, expected = asked(lambda: (keras.metrics.BinaryAccuracy(), batches))

    assert len(expected["compiled"]) == 2
    for got, want in zip(observed["fused"], expected["fused"], strict=True):
        close(got, want)


def test_plain_numbers_come_out_as_tensors():
    observed, expected = asked(lambda: (lambda x: (x, 3), normal(2)))

    assert observed["compiled"][1].dtype == expected["compiled"][1].dtype
    assert int(observed["compiled"][1]) == 3


def test_twins_compile_nothing(compiled):
    observed, expected = asked(lambda: (Shift(), normal(2, 3)), twin=1)

    assert compiled == []
    assert np.array_equal(observed["compiled"], expected["compiled"])


def test_the_slow_compilers_are_left_out_in_float64(compiled, float64):
    observed, expected = asked(lambda: (Shift(), normal(2, 3)), dtype="float64")

    assert compiled == ([] if BACKEND == "torch" else ["compiled"])
    assert observed["compiled"].dtype == np.float64
    assert np.abs(observed["compiled"] - expected["compiled"]).max() < 1e-15


@pytest.mark.skipif(BACKEND != "torch", reason="only dynamo goes on in plain Python")
def test_a_graph_break_does_not_pass_as_compiled():
    apart = FRAMEWORK.compiler.disable(lambda x: x * 2)

    with pytest.raises(AbstainError, match="refuses"):
        _ = asked(lambda: (lambda x: apart(x + 1) + 1, normal(2)))
