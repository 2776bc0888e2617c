"""`dtype` on one backend: what each variant computes in shows, and so does a fault."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from multibackend.inputs import Working, array, integers, normal, uniform, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks import dtype
from multibackend.parity.run.once import build

HALF = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class Shift(keras.layers.Layer):
    """Adds a weight."""

    def build(self, input_shape):
        self.offset = self.add_weight(shape=input_shape[-1:], name="offset")

    def call(self, inputs):
        return inputs + keras.ops.cast(self.offset, self.compute_dtype)


class Fixed(Shift):
    """Hands out float32, whatever it is asked for."""

    def call(self, inputs):
        return keras.ops.cast(super().call(inputs), "float32")


class Promoting(Shift):
    """A constant of `floatx` widens what it touches."""

    def call(self, inputs):
        return keras.ops.multiply(
            super().call(inputs), keras.ops.convert_to_tensor([0.5])
        )


class Careless(Shift):
    """Wrong by a hundredth in half precision alone."""

    def call(self, inputs):
        outputs = super().call(inputs)
        return outputs * 1.01 if self.compute_dtype in HALF.values() else outputs


def asked(function, *, twin=0, working_dtype="float32"):
    """The outputs, what is expected of them, and the dtypes computed in."""
    with working(Working(working_dtype, twin, "case")):
        subject = build(Case("case", function, "", 0))
        subject.rewind()
        found = dtype.observe(subject)
    to_numpy = keras.ops.convert_to_numpy
    return (
        keras.tree.map_structure(to_numpy, found.observed),
        keras.tree.map_structure(to_numpy, found.expected),
        found.compute,
    )


def far(observed, expected, name):
    """The largest error of a variant, relative to the largest number."""
    error = observed[name].astype("float64") - expected[name].astype("float64")
    return np.abs(error).max() / np.abs(expected[name]).max()


def test_a_layer_hands_out_its_compute_dtype_within_its_rounding():
    observed, expected, compute = asked(lambda: (Shift(), normal(4, 3)))

    told = {name: value.dtype.name for name, value in observed.items()}
    assert told == {**HALF, "float16 inputs": "float32", "float64": "float64"}
    assert {name: compute[name] for name in HALF} == HALF
    assert compute.get("float16 inputs") is None
    for name, most in {
        "mixed_float16": 2e-3,
        "mixed_bfloat16": 2e-2,
        "float16 inputs": 1e-6,
        "float64": 1e-6,
    }.items():
        assert far(observed, expected, name) < most


@pytest.mark.parametrize("faulty", [Fixed, Promoting])
def test_a_dtype_that_is_hard_coded_or_promoted_shows_in_the_outputs(faulty):
    observed, _, _ = asked(lambda: (faulty(), normal(4, 3)))

    assert {observed[name].dtype.name for name in HALF} == {"float32"}


def test_a_fault_of_half_precision_alone_is_beyond_its_rounding():
    observed, expected, _ = asked(lambda: (Careless(), normal(4, 3)))

    assert far(observed, expected, "mixed_float16") > 5e-3
    assert far(observed, expected, "float64") < 1e-6


def test_half_precision_inputs_are_expected_as_rounded():
    """Else the rounding of the inputs would count as the layer's error."""
    third = 1 / 3

    observed, expected, _ = asked(lambda: (Shift(), array([[third, third]])))

    plain, rounded = expected["float64"], expected["float16 inputs"]
    moved = np.float16(third).astype("float64") - np.float32(third)
    assert np.abs((rounded - plain) - moved).max() < 1e-7
    assert far(observed, expected, "float16 inputs") < 1e-6


def test_what_a_case_draws_for_itself_is_drawn_again_alike():
    """A case built again under another policy starts from the same numbers."""

    def function():
        layer = Shift()
        layer.constant = normal(3)
        layer.call = lambda inputs: (
            inputs + keras.ops.cast(layer.constant, inputs.dtype)
        )
        return layer, normal(4, 3)

    observed, expected, _ = asked(function)

    assert far(observed, expected, "mixed_float16") < 2e-3


@pytest.mark.parametrize(
    "function",
    [
        lambda: (keras.losses.MeanSquaredError(), (normal(4, 3), normal(4, 3))),
        lambda: (
            keras.metrics.BinaryAccuracy(),
            [(integers(4, 3, high=2), uniform(4, 3))],
        ),
    ],
    ids=["loss", "metric"],
)
def test_a_loss_and_a_metric_answer_in_floatx(function):
    observed, _, _ = asked(function)

    leaves = keras.tree.flatten(observed)
    assert set(observed) == {*HALF, "float64"}
    assert {leaf.dtype.name for leaf in leaves} == {"float32"}


def test_a_function_computes_in_what_it_is_handed():
    observed, expected, compute = asked(lambda: (keras.ops.sin, normal(4, 3)))

    told = {name: value.dtype.name for name, value in observed.items()}
    assert told == {"float16 inputs": "float16", "bfloat16 inputs": "bfloat16"}
    assert compute == told
    assert far(observed, expected, "float16 inputs") < 2e-3


def test_the_policy_is_put_back_even_where_a_layer_refuses():
    class Refusing(Shift):
        def call(self, inputs):
            if self.compute_dtype == "float16":
                message = "no half precision here"
                raise ValueError(message)
            return super().call(inputs)

    before = keras.config.dtype_policy().name
    with pytest.raises(ValueError, match="no half precision"):
        _ = asked(lambda: (Refusing(), normal(4, 3)))

    assert keras.config.dtype_policy().name == before


def test_a_twin_and_the_referee_run_plain():
    """They say how `expected` moves; what came out is asked of the base run alone."""
    observed, expected, _ = asked(lambda: (Shift(), normal(4, 3)), twin=1)

    assert {value.dtype.name for value in observed.values()} == {"float32"}
    for name, value in expected.items():
        assert np.array_equal(observed[name], value)


def test_the_referee_runs_in_float64(float64):
    _, expected, _ = asked(lambda: (Shift(), normal(4, 3)), working_dtype="float64")

    assert {value.dtype.name for value in expected.values()} == {"float64"}
