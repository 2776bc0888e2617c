"""Samples: one distribution never alarms, another one is found, and the odd one named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multibackend.parity.compare.distance import ordered, repeated
from multibackend.parity.compare.sample import ALPHA, count_tests, samples
from multibackend.parity.compare.verdict import UNSURE, Verdict
from multibackend.parity.record.observation import Observation

Array = npt.NDArray[Any]

#: What one layer is asked: seven samples, three pairs of backends, two statistics.
TESTS = 42
BLANK = Verdict("m:a", "random", "missing", file="m.py", line=3)

FIXED = np.random.default_rng(1).normal(size=64)


def dropout(
    rng: np.random.Generator, rate: float = 0.5, inputs: Array = FIXED
) -> Array:
    """As many calls as `random` makes of 64 numbers."""
    return (inputs * (rng.random((313, 64)) >= rate) / (1 - rate)).astype("float32")


def of_ones(rng: np.random.Generator) -> Array:
    return dropout(rng, 0.2, np.ones(64))


def noise(rng: np.random.Generator, scale: float = 0.5) -> Array:
    return (FIXED + scale * rng.normal(size=(313, 64))).astype("float32")


def channels(rng: np.random.Generator) -> Array:
    """A dropout of whole channels: 20 numbers stand or fall together."""
    kept = np.repeat(rng.random((128, 8)) >= 0.5, 20, axis=1)
    return (kept * np.abs(np.resize(FIXED, 160)) / 0.5).astype("float32")


def together(rng: np.random.Generator) -> Array:
    """All numbers of a call stand or fall together, and two of them are moving."""
    return (np.repeat(rng.random((128, 1)) >= 0.5, 157, axis=1)).astype("float32")


def after_a_layer(rng: np.random.Generator) -> Array:
    """A dropout of two units before a wide layer: four patterns in all."""
    weights = np.random.default_rng(2).normal(size=(2, 160))
    return ((rng.random((128, 2)) >= 0.5) @ weights * 2).astype("float32")


def totals(rng: np.random.Generator) -> Array:
    return dropout(rng).mean(axis=1, keepdims=True)


def digits(rng: np.random.Generator) -> Array:
    return rng.integers(0, 10, size=(128, 157)).astype("float32")


def heavy(rng: np.random.Generator) -> Array:
    return rng.standard_cauchy((128, 157)).astype("float32")


FAMILIES: Mapping[str, Callable[[np.random.Generator], Array]] = {
    "mixed": dropout,
    "discrete": of_ones,
    "continuous": noise,
    "channels": channels,
    "together": together,
    "after a layer": after_a_layer,
    "totals": totals,
    "digits": digits,
    "heavy tails": heavy,
}


def seen(sample: Array, **changes: Any) -> Observation:
    exact = {"repeats": np.asarray(True)}
    return Observation(
        case="m:a",
        check="random",
        status="ok",
        outputs={"sample elements": sample, **exact, **changes},
        expected=exact,
        judged="sample",
    )


def judged(**found: Array | Observation) -> Verdict:
    observations = {
        label: one if isinstance(one, Observation) else seen(one)
        for label, one in found.items()
    }
    return samples(observations, BLANK, tests=TESTS)


def three(
    odd: Array, honest: Callable[[np.random.Generator], Array], seed: int = 0
) -> Verdict:
    rng = np.random.default_rng(seed)
    return judged(torch=honest(rng), jax=odd, tensorflow=honest(rng))


@pytest.mark.parametrize("family", FAMILIES)
def test_300_pairs_of_one_distribution_give_no_alarm_and_are_far_from_one(
    family: str,
) -> None:
    """By chance one in a thousand pairs is below 0.001: 300 may hold a few of these."""
    rng = np.random.default_rng([7, *family.encode()])
    draw = FAMILIES[family]
    found: list[float] = []
    ratios: list[float] = []
    for _ in range(300):
        one, other = draw(rng), draw(rng)
        for statistic in (ordered, repeated):
            distance = statistic(one, other, alpha=ALPHA / TESTS)
            if distance is not None:
                found.append(distance.probability)
                ratios.append(distance.ratio)

    assert max(ratios) < 1
    assert np.mean(np.array(found) < 0.001) < 0.01
    assert min(found) > 1e-5


@pytest.mark.parametrize(
    ("honest", "odd"),
    [
        (dropout, lambda rng: dropout(rng, 0.47)),
        (dropout, lambda rng: dropout(rng) * np.float32(0.5)),
        (noise, lambda rng: noise(rng, 0.75)),
        (noise, lambda rng: noise(rng) + np.float32(0.1)),
        (channels, lambda rng: -channels(rng)),
        (digits, lambda rng: np.minimum(digits(rng), 8)),
        (together, np.zeros_like),
    ],
    ids=["rate", "not scaled", "scale", "offset", "sign", "one digit less", "nothing"],
)
def test_another_distribution_is_found_and_its_backend_named(
    honest: Any, odd: Any
) -> None:
    rng = np.random.default_rng(3)
    given = odd(honest(rng)) if odd is np.zeros_like else odd(rng)

    found = three(given, honest)

    assert (found.verdict, found.blame, found.detail) == ("differ", ("jax",), "")
    assert {d.backend for d in found.differences} == {"jax"}
    assert found.differences[0].output == "sample elements"
    assert found.ratio is not None
    assert found.ratio == pytest.approx(found.differences[0].ratio)
    assert found.ratio > 1


def test_a_difference_says_how_much_more_one_backend_drops() -> None:
    rng = np.random.default_rng(4)

    found = three(dropout(rng, 0.3), lambda rng: dropout(rng, 0.2))

    (difference,) = found.differences
    assert difference.kind == "value"
    assert "% of its numbers are equal to 0, " in difference.detail
    assert difference.detail.startswith(("29.", "30."))
    assert ", 20." in difference.detail or ", 19." in difference.detail
    assert "by chance with p = " in difference.detail
    assert "of 20032 numbers" in difference.received
    assert "mean " in difference.expected
    assert difference.error is not None
    assert difference.budget is not None
    assert difference.error > difference.budget > 0


def test_rows_that_are_drawn_together_are_found_by_their_means() -> None:
    """Each number alone is as it should be: only the means of a row tell."""
    rng = np.random.default_rng(5)
    inputs = np.abs(FIXED)
    shared = np.repeat(rng.random((313, 4)) >= 0.5, 16, axis=1) * inputs * 2

    def rows(sample: Array) -> Array:
        return sample.reshape(313, 4, 16).mean(axis=2).astype("float32")

    assert three(
        shared.astype("float32"), lambda r: dropout(r, 0.5, inputs)
    ).verdict == ("agree")
    found = three(rows(shared), lambda r: rows(dropout(r, 0.5, inputs)))
    assert (found.verdict, found.blame) == ("differ", ("jax",))


@pytest.mark.parametrize("bits", [1, -1, 3])
@pytest.mark.parametrize("draw", [dropout, of_ones, after_a_layer, totals])
def test_a_last_bit_tells_nobody_apart(draw: Any, bits: int) -> None:
    """The same few numbers on each backend, rounded otherwise."""
    rng = np.random.default_rng(6)
    moved = draw(rng)
    for _ in range(abs(bits)):
        moved = np.nextafter(moved, np.float32(np.sign(bits) * np.inf))

    assert three(moved, draw).verdict == "agree"


def test_numbers_in_float16_are_near_by_their_own_roundoff() -> None:
    def half(rng: np.random.Generator) -> Array:
        return of_ones(rng).astype("float16")

    moved = np.nextafter(half(np.random.default_rng(8)), np.float16(np.inf))

    assert three(moved, half).verdict == "agree"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_counted(value: float) -> None:
    rng = np.random.default_rng(9)
    odd = noise(rng)
    odd[rng.random(odd.shape) < 0.01] = value

    found = three(odd, noise)

    assert (found.verdict, found.blame) == ("differ", ("jax",))


def test_a_backend_of_nothing_but_nan_is_named() -> None:
    assert three(np.full((313, 64), np.nan, "float32"), noise).blame == ("jax",)


def test_of_two_backends_nobody_can_be_named() -> None:
    rng = np.random.default_rng(10)

    found = judged(torch=dropout(rng), jax=dropout(rng, 0.3))

    assert found.verdict == "differ"
    assert set(found.blame) == {"torch", "jax"}
    assert {d.backend for d in found.differences} == {"torch", "jax"}
    assert found.detail == UNSURE


def test_three_that_all_differ_are_all_named() -> None:
    rng = np.random.default_rng(11)
    rates = {"torch": 0.2, "jax": 0.5, "tensorflow": 0.8}

    found = judged(**{label: dropout(rng, rate) for label, rate in rates.items()})

    assert set(found.blame) == set(rates)
    assert found.detail == UNSURE


def test_where_one_pair_is_apart_the_third_tells_who_is_off() -> None:
    """The odd one is so little off that chance hides it from one of the others."""
    numbers = np.random.default_rng(16).permutation(20_032) / 20_032
    one = numbers.reshape(313, 64)
    offsets = {"torch": 0.0, "jax": 0.04, "tensorflow": 0.01}

    found = judged(**{k: (one + v).astype("float32") for k, v in offsets.items()})

    assert found.verdict == "differ"
    assert found.blame == ("jax",)


def test_one_backend_alone_is_judged_by_what_is_exact() -> None:
    rng = np.random.default_rng(12)

    assert judged(torch=dropout(rng)).verdict == "agree"
    found = judged(torch=seen(dropout(rng), repeats=np.asarray(False)))

    assert (found.verdict, found.blame) == ("differ", ("torch",))
    (difference,) = found.differences
    assert (difference.output, difference.received) == ("repeats", "False")
    assert difference.expected == "True"


def test_unequal_seeds_on_one_backend_are_its_own_fault() -> None:
    rng = np.random.default_rng(13)
    lost = seen(dropout(rng), repeats=np.asarray(False))

    found = judged(torch=dropout(rng), jax=lost, tensorflow=dropout(rng))

    assert (found.verdict, found.blame, found.detail) == ("differ", ("jax",), "")


def test_what_is_neither_a_sample_nor_expected_cannot_agree() -> None:
    rng = np.random.default_rng(14)

    found = judged(torch=seen(dropout(rng), other=np.asarray(1)))

    assert found.verdict == "differ"
    assert found.differences[0].output == "other"


def test_every_sample_is_counted_for_every_pair_and_statistic() -> None:
    names = ["sample elements", "sample means", "repeats"]

    assert count_tests([]) == 0
    assert count_tests([{"torch": names}]) == 0
    assert count_tests([{"torch": names, "jax": names}]) == 4
    assert count_tests([{"torch": names, "jax": names, "tensorflow": names}] * 2) == 24


def test_more_tests_ask_for_more_of_each() -> None:
    rng = np.random.default_rng(15)
    found = {"torch": seen(dropout(rng)), "jax": seen(dropout(rng, 0.46))}

    few = samples(found, BLANK, tests=1)
    many = samples(found, BLANK, tests=1_000_000)

    assert few.ratio is not None
    assert many.ratio is not None
    assert few.ratio > 1.2 * many.ratio


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    calls=st.integers(2, 40),
    count=st.integers(1, 30),
    atoms=st.integers(1, 6),
    odd=st.sampled_from([0.0, np.nan, np.inf, 1e30, 1e-40]),
)
def test_any_two_samples_have_a_distance_between_nothing_and_everything(
    seed: int, calls: int, count: int, atoms: int, odd: float
) -> None:
    rng = np.random.default_rng(seed)
    values = np.append(rng.normal(size=atoms), odd).astype("float32")
    one, other = (rng.choice(values, (calls, count)) for _ in range(2))

    for statistic in (ordered, repeated):
        there, back = (
            statistic(*pair, alpha=1e-9) for pair in ((one, other), (other, one))
        )
        alike = statistic(one, one, alpha=1e-9)
        assert (there is None) == (back is None)
        if there is not None and back is not None:
            assert 0 <= there.size <= 1.0001
            assert 0 <= there.probability <= 1
            assert there.critical > 0
            assert there.size == pytest.approx(back.size)
            assert there.ratio == pytest.approx(back.ratio, rel=1e-6)
        if alike is not None:
            assert alike.size == 0
