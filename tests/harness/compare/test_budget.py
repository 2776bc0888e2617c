"""The error that rounding may cause: every term of the formula, with its number."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from multibackend.parity.compare.budget import C, K, budget, common, roundoff

SINGLE, DOUBLE = 2.0**-23, 2.0**-52


def allowed(referee: Any, spread: Any = None, noises: Any = (), **changes: Any) -> Any:
    given: dict[str, Any] = {"precision": "float32", "dtype": "float32"} | changes
    moved = None if spread is None else np.asarray(spread)
    return budget(np.asarray(referee), moved, [np.asarray(n) for n in noises], **given)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float32", SINGLE),
        ("float64", DOUBLE),
        ("float16", 2.0**-10),
        (ml_dtypes.bfloat16, 2.0**-7),
        (ml_dtypes.float8_e4m3fn, 2.0**-3),
        ("complex64", SINGLE),
        ("complex128", DOUBLE),
    ],
)
def test_a_roundoff_is_the_step_behind_1(dtype: Any, expected: float) -> None:
    assert roundoff(dtype) == expected


def test_what_does_not_move_may_be_off_by_k_steps() -> None:
    assert allowed([1.0, -2.0, 0.5]) == pytest.approx(
        [K * SINGLE, 2 * K * SINGLE, K * SINGLE / 2], rel=1e-12
    )


def test_the_referee_itself_may_be_off_by_k_steps_of_float64() -> None:
    assert allowed([1.0, -2.0], precision="float64", dtype="float64") == pytest.approx(
        [K * DOUBLE, 2 * K * DOUBLE], rel=1e-12
    )


def test_an_element_that_moves_may_be_off_by_c_times_its_move_and_their_mean() -> None:
    # The root mean square of 3e-6 and 4e-6 is 5e-6 / sqrt(2).
    mean = 5e-6 / np.sqrt(2)

    assert allowed([0.0, 0.0], [3e-6, -4e-6]) == pytest.approx(
        [C * (3e-6 + mean), C * (4e-6 + mean)], rel=1e-12
    )


def test_in_float64_the_moves_count_for_less_by_the_ratio_of_the_roundoffs() -> None:
    wide = allowed([0.0], [1e-6], precision="float64", dtype="float64")

    assert wide == pytest.approx([C * 2e-6 * 2.0**-29], rel=1e-12)


def test_a_zero_that_is_noise_in_float32_gets_the_noise_as_its_budget() -> None:
    """A gradient that is exactly zero in float64 moves nowhere there."""
    found = allowed([0.0], [0.0], [[1e-7]])

    # Its own noise, and the typical one.
    assert found == pytest.approx([2 * C * 1e-7], rel=1e-12)


def test_of_what_is_mostly_noise_the_noisiest_backend_counts() -> None:
    """A bias before a batch normalization under Adam: noise over noise, on all alike."""
    one = allowed([0.0], [0.0], [[1e-8], [1e-8], [1e-6]])

    assert one == pytest.approx([2 * C * 1e-6], rel=1e-12)


def test_one_noisy_backend_of_three_does_not_raise_the_budget() -> None:
    quiet = allowed([1.0], [0.0], [[1e-7], [1e-7], [1e-7]])
    noisy = allowed([1.0], [0.0], [[1e-7], [10.0], [1e-7]])

    assert noisy == quiet


def test_one_noisy_backend_of_two_does_not_raise_the_budget() -> None:
    quiet = allowed([1.0], [0.0], [[1e-7], [1e-7]])
    noisy = allowed([1.0], [0.0], [[10.0], [1e-7]])

    assert noisy == quiet


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16])
def test_a_narrow_output_may_be_off_by_k_of_its_own_steps(dtype: Any) -> None:
    assert allowed([1.0], dtype=dtype) == pytest.approx([K * roundoff(dtype)])


def test_a_wide_output_of_a_float32_run_is_judged_as_float32() -> None:
    assert allowed([1.0], dtype="float64") == allowed([1.0], dtype="float32")


def test_a_shared_error_is_added_as_it_is() -> None:
    assert allowed([0.0, 0.0], shared=np.array([0.0, 1e-3])) == pytest.approx(
        [0.0, 1e-3], abs=1e-30
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_leaves_the_others_their_budget(value: float) -> None:
    assert allowed([value, 1.0], [value, 1e-7])[1] == pytest.approx(
        C * 2e-7 + K * SINGLE, rel=1e-6
    )


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (3,), (2, 3)])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_every_element_has_a_budget_above_zero(
    shape: tuple[int, ...], precision: str
) -> None:
    """A budget of zero makes a ratio of 0 / 0."""
    zeros = np.zeros(shape)
    found = allowed(zeros, zeros, [zeros], precision=precision, dtype=precision)

    assert np.shape(found) == shape
    assert np.all(np.asarray(found) > 0)


def test_one_backend_shares_its_error_with_nobody() -> None:
    assert np.all(common([np.array([5.0])]) == 0)
    assert np.all(common([]) == 0)


def test_of_two_errors_the_smaller_is_shared_in_each_element() -> None:
    shared = common([np.array([5.0, 1.0]), np.array([2.0, 3.0])])

    assert np.asarray(shared).tolist() == [2.0, 1.0]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_largest_of_three_errors_is_never_shared(place: int) -> None:
    errors = [np.array([1e-7]), np.array([1e-7]), np.array([1e-7])]
    errors[place] = np.array([9.0])

    assert np.asarray(common(errors)).tolist() == [1e-7]
