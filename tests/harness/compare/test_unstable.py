"""Kinks, ties and flips: where one roundoff decides, nobody is blamed or excused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.parity.compare.verdict import Verdict
from multibackend.parity.record.observation import Observation

Make = Callable[..., Observation]
Judge = Callable[..., Verdict]


def kinked(observed: Make, truth: Any, **changes: Any) -> Observation:
    """An output with one element that one roundoff moves by its whole size."""
    spread = np.abs(truth) * 2.0**-24
    spread[1, 2] = 1.0
    return observed(truth, spread={"output": spread}, **changes)


def outputs(truth: Any, place: tuple[int, int], by: float) -> dict[str, Any]:
    changed = truth.astype("float32")
    changed[place] += by
    return {"output": changed}


def test_an_error_that_only_a_kink_excuses_abstains_and_names_the_place(
    observed: Make, judged: Judge, truth: Any
) -> None:
    flipped = kinked(observed, truth, outputs=outputs(truth, (1, 2), 0.9))

    verdict = judged(torch=kinked(observed, truth), jax=flipped)

    assert verdict.verdict == "abstain"
    assert "output[1, 2]" in verdict.detail


def test_a_kink_where_all_agree_closely_is_no_reason_to_abstain(
    observed: Make, judged: Judge, truth: Any
) -> None:
    honest = kinked(observed, truth)

    assert judged(torch=honest, jax=honest).verdict == "agree"


def test_a_kink_excuses_no_other_element(
    observed: Make, judged: Judge, truth: Any
) -> None:
    """Its move must not widen the budget of its neighbours."""
    broken = kinked(observed, truth, outputs=outputs(truth, (0, 0), 1e-4))
    honest = kinked(observed, truth)

    verdict = judged(torch=honest, jax=broken, tensorflow=honest)

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
    assert verdict.differences[0].index == (0, 0)


def test_an_ill_conditioned_output_as_a_whole_abstains_where_it_matters(
    observed: Make, judged: Judge, truth: Any
) -> None:
    """One roundoff moves all of it by a tenth: no error of that size can be judged."""
    moves = {"output": np.abs(truth) * 0.1}
    honest = observed(truth, spread=moves, noise=moves)
    off = observed(
        truth,
        spread=moves,
        noise=moves,
        outputs={"output": (truth * 1.2).astype("float32")},
    )

    assert judged(torch=honest, jax=honest).verdict == "agree"
    assert judged(torch=honest, jax=off, tensorflow=honest).verdict == "abstain"


def test_noise_around_an_exact_zero_is_no_instability(
    observed: Make, judged: Judge
) -> None:
    """The gradient of a bias before a batch normalization: 0, and 1e-8 in float32."""
    zero = np.full((4, 3), 1e-18)
    noisy = observed(
        zero,
        spread={"output": np.full((4, 3), 2e-18)},
        noise={"output": np.full((4, 3), 1e-8)},
        outputs={"output": np.full((4, 3), 3e-8, "float32")},
    )

    assert judged(torch=noisy, jax=noisy, tensorflow=noisy).verdict == "agree"


# Discrete outputs.


def discrete(values: Any, flips: Any, **changes: Any) -> Observation:
    given = np.asarray(values)
    return Observation(
        case="m:a",
        check="forward",
        status="ok",
        structure="*",
        outputs={"output": given},
        referee={"output": given},
        spread={"output": np.asarray(flips, bool)},
        noise={"output": np.zeros(given.shape, bool)},
        **changes,
    )


def test_a_discrete_output_that_differs_is_a_difference(judged: Judge) -> None:
    honest = discrete([1, 2, 3], [0, 0, 0])
    broken = discrete([1, 2, 4], [0, 0, 0])

    verdict = judged(torch=honest, jax=broken, tensorflow=honest)

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))


def test_one_that_the_referee_itself_flips_abstains_with_its_place(
    judged: Judge,
) -> None:
    honest = discrete([1, 2, 3], [0, 0, 1])
    flipped = discrete([1, 2, 4], [0, 0, 1])

    verdict = judged(torch=honest, jax=flipped, tensorflow=honest)

    assert verdict.verdict == "abstain"
    assert "output[2]" in verdict.detail


def test_a_flip_excuses_no_other_element(judged: Judge) -> None:
    honest = discrete([1, 2, 3], [0, 0, 1])
    broken = discrete([7, 2, 4], [0, 0, 1])

    verdict = judged(torch=honest, jax=broken, tensorflow=honest)

    assert (verdict.verdict, verdict.blame) == ("differ", ("jax",))
    assert verdict.differences[0].index == (0,)
