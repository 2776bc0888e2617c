"""Each guard can fail: what would make a green run mean nothing is caught."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multibackend.errors import EnvironmentUnfitError
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.record.observation import Observation, Raised
from multibackend.parity.run.messages import Ready
from multibackend.parity.run.worker import _agreed as agreed

Make = Callable[..., Observation]
Judge = Callable[..., Verdict]


def ready(**changes: Any) -> Ready:
    said = {"backend": "torch", "dtype": "float32"} | changes
    return Ready(environment=said, cases=(), seconds=1.0)


def test_a_child_that_runs_another_backend_than_asked_is_refused() -> None:
    assert agreed(ready(), "torch").environment["backend"] == "torch"
    with pytest.raises(EnvironmentUnfitError, match="says that it loaded 'torch'"):
        _ = agreed(ready(), "jax")


def test_a_child_that_computes_in_another_dtype_is_refused() -> None:
    with pytest.raises(EnvironmentUnfitError, match="computes in float64"):
        _ = agreed(ready(dtype="float64"), "torch")


@pytest.mark.parametrize("judged_as", ["numbers", "exact"])
def test_two_empty_answers_never_agree(judged_as: Any, judged: Judge) -> None:
    empty = Observation("m:a", "forward", "ok", structure="[]", judged=judged_as)

    verdict = judged(torch=empty, jax=empty)

    assert verdict.verdict == "failed"
    assert verdict.blame == ("torch", "jax")


def test_an_answer_of_empty_arrays_is_an_answer(observed: Make, judged: Judge) -> None:
    nothing = observed(np.zeros((0, 3)))

    assert judged(torch=nothing, jax=nothing).verdict == "agree"


def test_a_record_with_a_missing_observation_is_missing(
    recorded: Callable[..., Path],
    compared: Callable[..., Judgement],
    built: Make,
    observed: Make,
) -> None:
    whole = recorded("torch", [built(), observed()])
    holed = recorded("jax", [built()])

    verdicts = compared(whole, holed).verdicts

    assert [(v.check, v.verdict, v.blame) for v in verdicts] == [
        ("forward", "missing", ("jax",))
    ]


def test_a_comparison_with_one_backend_only_agrees_with_nobody(
    observed: Make, judged: Judge
) -> None:
    """Without a referee of its own there is nothing to compare one backend with."""
    alone = observed(referee={}, spread={}, noise={})

    assert judged(torch=alone).verdict == "missing"


@pytest.mark.parametrize(
    ("raising", "word"),
    [(("jax",), "differ"), (("torch", "jax", "tensorflow"), "failed")],
    ids=["one backend", "all backends"],
)
def test_a_check_that_raises_inside_never_agrees(
    raising: tuple[str, ...], word: str, observed: Make, judged: Judge
) -> None:
    found = {label: observed() for label in ("torch", "jax", "tensorflow")}
    broken = Observation(
        "m:a", "forward", "raised", raised=Raised("KeyError", "'x'", "forward.py:9")
    )

    verdict = judged(**(found | dict.fromkeys(raising, broken)))

    assert verdict.verdict == word
    assert {d.kind for d in verdict.differences} == {"error"}
    assert {d.backend for d in verdict.differences} == set(raising)
