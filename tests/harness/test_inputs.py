"""Seeded inputs: the same numbers in every process, in the working dtype."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from multibackend.inputs import (
    ROUNDOFF,
    Working,
    array,
    current,
    integers,
    mask,
    normal,
    tokens,
    uniform,
    working,
)

# From numpy.random.default_rng(zlib.crc32(b"seed 7")).normal(size=3), as float32.
SEED_7 = "[-1.1826956272125244, -0.08330129832029343, 0.4277588725090027]"


def test_another_process_draws_the_same_numbers() -> None:
    """`hash` of a text, were it the seed, changes with every process."""
    code = "import multibackend as m; print(m.normal(3, seed=7).tolist())"
    drawn = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        for seed in ("1", "2")
    ]

    assert drawn == [SEED_7, SEED_7]


def test_the_draws_of_one_case_differ_and_come_again() -> None:
    with working(Working(name="m:a")):
        first, second = normal(5), normal(5)
    with working(Working(name="m:a")):
        again = normal(5)
    with working(Working(name="m:b")):
        other = normal(5)

    assert first.tolist() == again.tolist()
    assert first.tolist() != second.tolist()
    assert first.tolist() != other.tolist()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: normal(3, 4),
        lambda: uniform(3, 4, low=-2, high=5),
        lambda: array([[0.1, 1 / 3], [1e-30, 7.0]]),
    ],
    ids=["normal", "uniform", "array"],
)
def test_the_referee_gets_the_very_same_numbers_as_float64(draw: Any) -> None:
    """A referee fed with other numbers would blame every backend for the rounding."""
    with working(Working("float32", name="m:a")):
        narrow = draw()
    with working(Working("float64", name="m:a")):
        wide = draw()

    assert (narrow.dtype, wide.dtype) == (np.float32, np.float64)
    assert narrow.astype(np.float64).tolist() == wide.tolist()


def test_a_twin_moves_every_number_by_one_unit_roundoff() -> None:
    with working(Working("float64", name="m:a")):
        wide = normal(64)
    with working(Working("float64", twin=1, name="m:a")):
        moved = normal(64)
    with working(Working("float64", twin=2, name="m:a")):
        other = normal(64)
    steps = (moved - wide) / wide / ROUNDOFF

    assert np.round(np.abs(steps), 6).tolist() == [1.0] * 64
    assert {-1, 1} == set(np.sign(steps).tolist())
    assert moved.tolist() != other.tolist()


def test_integers_and_bools_are_never_moved_or_widened() -> None:
    with working(Working("float64", twin=1, name="m:a")):
        whole = array([1, 2, 3])
        flags = array([True, False])

    assert (whole.tolist(), whole.dtype.kind) == ([1, 2, 3], "i")
    assert (flags.tolist(), flags.dtype) == ([True, False], np.bool_)


def test_complex_numbers_follow_the_working_dtype() -> None:
    assert array([1 + 2j]).dtype == np.complex64
    with working(Working("float64")):
        assert array([1 + 2j]).dtype == np.complex128
        assert array([1 + 2j]).tolist() == [1 + 2j]


def test_a_scalar_has_no_dimensions() -> None:
    assert normal().shape == ()
    assert uniform().shape == ()
    assert array(3.5).shape == ()


def test_integers_stay_below_high_and_are_int32() -> None:
    drawn = integers(1000, low=-2, high=3)

    assert set(drawn.tolist()) == {-2, -1, 0, 1, 2}
    assert drawn.dtype == np.int32


@pytest.mark.parametrize(("low", "high"), [(0, 0), (3, 2)])
def test_an_empty_range_is_refused(low: int, high: int) -> None:
    with pytest.raises(ValueError, match=f"received low={low}, high={high}"):
        _ = integers(2, low=low, high=high)


def test_tokens_are_ids_below_the_vocabulary() -> None:
    drawn = tokens(8, 50, vocabulary=4)

    assert drawn.shape == (8, 50)
    assert set(drawn.ravel().tolist()) == {0, 1, 2, 3}


def test_a_mask_pads_on_the_right_and_keeps_the_first_step() -> None:
    """A row that is masked throughout has no defined softmax on any backend."""
    drawn = mask(50, 6)
    falling = np.diff(drawn.astype(int), axis=1) <= 0

    assert drawn.dtype == np.bool_
    assert drawn[0].all()
    assert drawn[:, 0].all()
    assert falling.all()
    assert not drawn.all()


def test_the_working_dtype_is_put_back_after_an_error() -> None:
    """One failed case must not leave the next one in float64."""
    before = current()
    with pytest.raises(RuntimeError), working(Working("float64")):
        raise RuntimeError

    assert current() == before
