"""What is written down is read back to the very bits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from multibackend.parity.reproduce.literals import LONGEST, array, drawn, value

DTYPES = ["float16", "float32", "float64", "int32", "uint8", "bool", "complex64"]


def read(text: str) -> np.ndarray:
    return np.asarray(eval(text, {"np": np, "complex": complex}))  # noqa: S307 - ours


# On a machine that is busy the first arrays take seconds, whatever they are.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(
            dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4)
        )
    )
)
def test_an_array_comes_back_to_the_bit(given_: np.ndarray) -> None:
    again = read(array(given_))

    assert again.dtype == given_.dtype
    assert again.shape == given_.shape
    assert np.array_equal(again, given_, equal_nan=given_.dtype.kind in "fc")
    if given_.dtype.kind == "f":
        kept = ~np.isnan(given_)  # the sign of a NaN means nothing
        assert np.array_equal(np.signbit(again[kept]), np.signbit(given_[kept]))


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_a_long_array_is_a_formula(dtype: str) -> None:
    long = drawn(np.full((LONGEST, 2), 7, dtype))
    text = array(long)

    assert len(text) < 100
    assert np.array_equal(read(text), long)


def test_a_long_array_of_any_numbers_is_refused() -> None:
    with pytest.raises(TypeError, match="too long to be written out"):
        _ = array(np.arange(LONGEST + 1, dtype="float32"))


def test_no_object_is_written() -> None:
    with pytest.raises(TypeError, match="has no literal"):
        _ = value({"a": [object()]})
    with pytest.raises(TypeError, match="has no literal"):
        _ = array(np.asarray([object()]))


def test_numbers_that_are_no_numbers_are_written_as_calls() -> None:
    text = value([math.inf, -math.inf, math.nan])

    assert text == "[float('inf'), float('-inf'), float('nan')]"
