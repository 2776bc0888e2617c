"""How far twins move, and the proof that a float64 run is one."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from multibackend.parity.run.moves import PROOF_STEP, responds, widened

STEP = 2.0**-24


def narrow(values: Any) -> Any:
    """What float32 inside makes of float64 values."""
    return np.asarray(values).astype("float32").astype("float64")


def moved_by(step: float, *, through: Any = np.asarray) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    start = rng.normal(size=50)
    signs = rng.integers(0, 2, size=50) * 2 - 1
    return {"y": through(np.tanh(through(start * (1 + step * signs))))}


def asked(through: Any) -> bool:
    still, far, near = (moved_by(s, through=through) for s in (0.0, STEP, PROOF_STEP))
    return responds(still, widened({}, still, far), near)


def test_a_float64_run_answers_a_move_that_float32_cannot_see() -> None:
    assert asked(np.asarray)


def test_a_run_that_is_float32_inside_does_not() -> None:
    assert not asked(narrow)


def test_a_run_that_answers_a_tiny_move_by_a_whole_float32_step_is_none() -> None:
    still = {"y": np.ones(4)}
    spread = {"y": np.full(4, 6e-8)}

    assert not responds(still, spread, {"y": np.ones(4) + 6e-8})


def test_what_nothing_moves_proves_nothing_and_is_taken_as_it_is() -> None:
    still = {"y": np.ones(4), "n": np.arange(3)}

    assert responds(still, {"y": np.zeros(4), "n": np.zeros(3, bool)}, still)


def test_an_exact_zero_with_float64_noise_of_its_own_is_no_float32() -> None:
    """The gradient of a bias before a normalization is 0, up to float64's roundoff."""
    still = {"kernel": np.ones(4), "bias": np.full(4, 1e-17)}
    spread = {"kernel": np.full(4, 1e-7), "bias": np.full(4, 2e-17)}
    near = {"kernel": np.ones(4) + 1e-13, "bias": np.full(4, 3e-17)}

    assert responds(still, spread, near)


def test_one_element_at_a_kink_does_not_disprove_the_others() -> None:
    still = {"y": np.ones(4)}
    spread = {"y": np.array([1e-7, 1e-7, 1e-7, 0.5])}
    near = {"y": np.ones(4) + np.array([1e-13, 1e-13, 1e-13, 0.0])}

    assert responds(still, spread, near)


def test_the_spread_is_the_largest_move_of_all_twins() -> None:
    still = {"y": np.zeros(2)}
    first = widened({}, still, {"y": np.array([1.0, -3.0])})
    second = widened(first, still, {"y": np.array([2.0, 1.0])})

    assert second["y"].tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("still", "moved"),
    [
        (np.array([1, 2]), np.array([1, 3])),
        (np.array([True, False]), np.array([True, True])),
        (np.array(["a", "b"]), np.array(["a", "c"])),
    ],
    ids=["integers", "bools", "text"],
)
def test_what_is_no_float_moves_where_it_changes(still: Any, moved: Any) -> None:
    once = widened({}, {"y": still}, {"y": moved})

    assert once["y"].tolist() == [False, True]
    assert widened(once, {"y": still}, {"y": still})["y"].tolist() == [False, True]


def test_narrow_and_complex_floats_move_by_a_distance() -> None:
    still = {"b": np.array([1], ml_dtypes.bfloat16), "c": np.array([1 + 1j])}
    moved = {"b": np.array([1.5], ml_dtypes.bfloat16), "c": np.array([1 + 3j])}

    found = widened({}, still, moved)

    assert found["b"].tolist() == [0.5]
    assert found["c"].tolist() == [2.0]


def test_an_output_of_another_shape_is_left_to_the_comparison() -> None:
    assert widened({}, {"y": np.ones(2)}, {"y": np.ones(3)}) == {}
