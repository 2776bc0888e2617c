"""One output against the truth: which difference, where, how large."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from multibackend.parity.compare.measure import Measured, Standard, measure


def measured(received: Any, expected: Any, **changes: Any) -> Measured:
    standard = Standard(np.asarray(expected), **changes)
    return measure(np.asarray(received), standard, backend="jax", output="kernel")


def float32(*values: Any) -> Any:
    return np.array(values, "float32")


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (float32(1, 2, 3), [1.0, 2.0, 3.0]),
        (np.float32(0.1), 0.1),
        (np.zeros((2, 0, 3), "float32"), np.zeros((2, 0, 3))),
        (np.nextafter(float32(1, -1, 1e-30), np.float32(9)), [1.0, -1.0, 1e-30]),
        ([1, 2], [1, 2]),
        ([True, False], [True, False]),
        (["a", "b"], ["a", "b"]),
        (np.array([0.1 + 0.2j], "complex64"), [0.1 + 0.2j]),
        (np.array([0.1, 300.0], "float16"), [0.1, 300.0]),
        (np.array([0.1, 300.0], ml_dtypes.bfloat16), [0.1, 300.0]),
        (np.array([0.1, 3.0], ml_dtypes.float8_e4m3fn), [0.1, 3.0]),
        (float32(np.nan, 1), [np.nan, 1.0]),
        # What float64 holds and float32 or float16 cannot.
        (float32(np.inf, 1e-46), [1e39, 1e-46]),
        (np.array([np.inf, -np.inf], "float16"), [1e5, -1e5]),
    ],
    ids=str,
)
def test_what_rounding_alone_explains_is_no_difference(
    received: Any, expected: Any
) -> None:
    found = measured(received, expected)

    assert found.difference is None
    assert found.ratio <= 1


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinity_on_both_sides_is_no_difference(value: float) -> None:
    assert measured(float32(value, 1), [value, 1.0]).difference is None


@pytest.mark.parametrize(
    ("received", "expected", "kind", "index"),
    [
        (float32(1, 2, 3.1), [1.0, 2.0, 3.0], "value", (2,)),
        (float32(1, -2), [1.0, 2.0], "value", (1,)),
        (np.float32(2), 1.0, "value", ()),
        (float32([1, 2], [3, 5]), [[1.0, 2.0], [3.0, 4.0]], "value", (1, 1)),
        ([1, 2, 4], [1, 2, 3], "value", (2,)),
        (7, 8, "value", ()),
        ([True, True], [True, False], "value", (1,)),
        (["a", "c"], ["a", "b"], "value", (1,)),
        (np.array([1 + 2j], "complex64"), [1 - 2j], "value", (0,)),
        (np.array([1, 1.5], ml_dtypes.bfloat16), [1.0, 1.0], "value", (1,)),
        (float32(1, np.nan), [1.0, 2.0], "nonfinite", (1,)),
        (float32(1, 2), [1.0, np.nan], "nonfinite", (1,)),
        (float32(np.inf, 1), [2.0, 1.0], "nonfinite", (0,)),
        (float32(3e38, 1), [np.inf, 1.0], "nonfinite", (0,)),
        (float32(np.inf, 1), [-np.inf, 1.0], "nonfinite", (0,)),
        (float32(np.inf, 1), [np.nan, 1.0], "nonfinite", (0,)),
        (np.array([np.nan], ml_dtypes.bfloat16), [1.0], "nonfinite", (0,)),
        (np.array([complex(1, np.nan)], "complex64"), [1 + 2j], "nonfinite", (0,)),
    ],
    ids=str,
)
def test_a_planted_fault_is_found_with_its_kind_and_place(
    received: Any, expected: Any, kind: str, index: tuple[int, ...]
) -> None:
    found = measured(received, expected)

    assert found.difference is not None
    assert (found.difference.kind, found.difference.index) == (kind, index)
    assert (found.difference.backend, found.difference.output) == ("jax", "kernel")
    assert found.difference.precision == "float32"
    assert found.ratio > 1


@pytest.mark.parametrize("other", [-np.inf, complex(0, np.inf), complex(0, -np.inf)])
def test_a_complex_infinity_has_a_direction(other: complex) -> None:
    received = np.array([other], "complex64")
    found = measured(received, np.array([complex(np.inf, 0)]))

    assert found.difference is not None
    assert found.difference.kind == "nonfinite"


@pytest.mark.parametrize(
    "value", [complex(np.inf, 0), complex(0, -np.inf), complex(np.nan, 1)]
)
def test_a_complex_infinity_on_both_sides_is_no_difference(value: complex) -> None:
    received = np.array([value, 1], "complex64")

    assert measured(received, np.array([value, 1])).difference is None


def test_the_worst_element_is_the_one_furthest_beyond_its_budget() -> None:
    """The largest error stands at a large number, where more is allowed."""
    found = measured(float32(1e6 + 10, 1 + 1e-4), [1e6, 1.0])

    assert found.difference is not None
    assert found.difference.index == (1,)
    assert found.error == pytest.approx(1e-4, rel=1e-2)
    assert found.ratio == pytest.approx(found.error / found.budget)
    assert found.difference.detail == "2 of 2 elements"


def test_a_difference_shows_both_sides_with_the_digits_that_differ() -> None:
    received = np.array([0.1 + 1e-15])
    found = measured(received, [0.1], precision="float64")

    assert found.difference is not None
    assert float(found.difference.received) == received[0]
    assert float(found.difference.expected) == 0.1
    assert found.difference.precision == "float64"


def test_the_referee_is_judged_by_the_float64_budget() -> None:
    off = np.array([1 + 1e-12])

    assert measured(off, [1.0], precision="float64").difference is not None
    assert measured(off.astype("float32"), [1.0]).difference is None


def test_a_shared_error_excuses_as_much_and_no_more() -> None:
    shared = np.array([1e-3, 1e-3])

    assert measured(float32(1.001, 1), [1.0, 1.0], shared=shared).difference is None
    assert measured(float32(1.003, 1), [1.0, 1.0], shared=shared).difference is not None


def test_a_shared_nan_excuses_nothing() -> None:
    shared = np.array([np.nan, 0.0])
    found = measured(float32(np.nan, 1.1), [np.nan, 1.0], shared=shared)

    assert found.difference is not None
    assert found.difference.index == (1,)


@pytest.mark.parametrize(
    ("expected", "steps"), [(1.0, 4), (1.5, 4), (-1024.0, 3), (3e-5, 7)]
)
def test_an_error_is_told_in_units_in_the_last_place(
    expected: float, steps: int
) -> None:
    """The steps from one float32 to the next are counted independently, by NumPy."""
    start = np.float32(expected)
    received = start
    for _ in range(steps):
        received = np.nextafter(received, np.float32(np.inf) * np.sign(start))

    found = measured(
        [received], [float(start)], spread=np.zeros(1), precision="float64"
    )

    assert found.difference is not None
    assert found.difference.ulps == steps
