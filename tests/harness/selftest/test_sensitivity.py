"""A small fault planted in recorded observations, where they are well conditioned."""

from __future__ import annotations

import numpy as np
import pytest

from multibackend.parity.record.observation import Observation
from multibackend.parity.selftest.sensitivity import spoiled, well_conditioned

VALUES = np.random.default_rng(3).normal(size=(4, 3))
ROUNDOFF = 2.0**-24


def observed(moves: float = 1.0, values=VALUES) -> Observation:
    """An observation whose referee moves by so many of its own roundoffs."""
    return Observation(
        "m:a",
        "forward",
        "ok",
        outputs={"output": values.astype("float32")},
        referee={"output": values},
        spread={"output": np.abs(values) * ROUNDOFF * moves},
    )


@pytest.mark.parametrize(("moves", "fit"), [(1.0, True), (3.9, True), (4.1, False)])
def test_what_moves_by_few_of_its_roundoffs_is_well_conditioned(moves, fit):
    assert well_conditioned("output", observed(moves)) is fit


def test_zeros_and_what_was_never_moved_are_not_well_conditioned():
    assert not well_conditioned("output", observed(values=0 * VALUES))
    assert not well_conditioned("nothing", observed())


@pytest.mark.parametrize(
    ("precision", "size", "changed", "kept"),
    [
        ("float32", 1e-5, "outputs", "referee"),
        ("float64", 1e-11, "referee", "outputs"),
    ],
)
def test_a_fault_is_planted_in_one_run_alone(precision, size, changed, kept):
    seen = observed()
    faulty = spoiled(seen, precision, size)

    assert faulty is not None
    ratio = getattr(faulty, changed)["output"] / getattr(seen, changed)["output"]
    assert np.all(np.abs(ratio - 1 - size) < size / 50)
    assert np.array_equal(
        getattr(faulty, kept)["output"], getattr(seen, kept)["output"]
    )


def test_nothing_is_planted_where_nothing_is_well_conditioned():
    assert spoiled(observed(100.0), "float32", 1e-5) is None
