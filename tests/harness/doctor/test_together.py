"""Findings on several backends: clashes, and what could be taken for a difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from multibackend.doctor.examine import examine, fit
from multibackend.doctor.facts import Seen, Trouble

GPU: dict[str, Any] = {
    "around": {"nvidia_gpu": True, "variables": {"NVIDIA_TF32_OVERRIDE": "0"}},
    "told": {"device": "gpu", "device_name": "H100", "gpu": True, "cuda": "13.0"},
}
BLIND: dict[str, Any] = {"told": {"cuda": "12"}}


def open_(*seen: Seen) -> list[tuple[str, str | None, str, str]]:
    found = [each for each in examine(seen) if each.level != "ok"]
    return [(each.level, each.backend, each.found, each.do) for each in found]


def test_three_sound_backends_have_nothing_to_be_done(
    seen: Callable[..., Seen],
) -> None:
    assert open_(seen("torch"), seen("jax"), seen("tensorflow")) == []


def test_two_cudas_in_one_environment_are_a_problem_where_a_gpu_is(
    seen: Callable[..., Seen],
) -> None:
    twelve = GPU | {"told": GPU["told"] | {"cuda": "12"}}
    ((level, whose, found, do),) = open_(seen("torch", **GPU), seen("jax", **twelve))

    assert (level, whose) == ("problem", None)
    assert "share /venv: CUDA 13 (torch), CUDA 12 (jax)" in found
    assert "[tool.multibackend.backends.jax]" in do


def test_they_are_a_note_where_nobody_loads_them(seen: Callable[..., Seen]) -> None:
    thirteen = {"told": {"cuda": "13.0"}}
    ((level, *_),) = open_(seen("torch", **thirteen), seen("jax", **BLIND))

    assert level == "note"


def test_two_cudas_in_two_environments_and_one_cuda_in_one_are_fine(
    seen: Callable[..., Seen],
) -> None:
    thirteen = {"told": {"cuda": "13.0"}}
    apart = {"here": {"prefix": "/other"}}
    same = {"told": {"cuda": "12.8"}}

    assert open_(seen("torch", **thirteen), seen("jax", **BLIND, **apart)) == []
    assert open_(seen("torch", **same), seen("jax", **BLIND)) == []


def test_two_versions_of_keras_are_a_problem(seen: Callable[..., Seen]) -> None:
    older = seen("jax", told={"keras": "3.14.0"}, interpreter="/j/python")
    ((level, whose, found, do),) = open_(seen("torch"), older)

    assert (level, whose) == ("problem", None)
    assert "(torch: 3.15.1; jax: 3.14.0)" in found
    assert do.endswith("/j/python -m pip install keras==3.15.1")


def test_two_versions_of_numpy_are_a_note(seen: Callable[..., Seen]) -> None:
    ((level, _, found, _),) = open_(seen("torch"), seen("jax", here={"numpy": "2.0"}))

    assert level == "note"
    assert "(torch: 2.4.6; jax: 2.0)" in found


def test_two_kinds_of_device_are_a_note(seen: Callable[..., Seen]) -> None:
    # What hides the GPU from the other is fine in itself.
    hidden = {"nvidia_gpu": True, "variables": {"CUDA_VISIBLE_DEVICES": "-1"}}
    ((level, _, found, do),) = open_(seen("torch", **GPU), seen("jax", around=hidden))

    assert level == "note"
    assert "(torch: gpu; jax: cpu)" in found
    assert "--device cpu" in do


def test_one_that_works_has_nothing_to_be_compared_with(
    seen: Callable[..., Seen],
) -> None:
    broken = seen("jax", silent=True, trouble=Trouble("raised", "ImportError: x"))
    levels = [level for level, *_ in open_(seen("torch"), broken)]
    said = [found for _, _, found, _ in open_(seen("torch"), broken)]

    assert levels == ["problem", "note"]
    assert said[1].startswith("Only torch works here")
    assert not any("Only" in found for _, _, found, _ in open_(seen("torch")))


def test_what_a_broken_backend_told_is_not_compared(seen: Callable[..., Seen]) -> None:
    """It may have told of the backend that Keras loaded in its place."""
    other = seen("jax", told={"keras": "3.14.0", "backend": "torch"})

    assert not any(
        "different versions" in said[2] for said in open_(seen("torch"), other)
    )


def test_problems_come_first_then_notes_then_what_is_fine(
    seen: Callable[..., Seen],
) -> None:
    off = {"keras_json": {"floatx": "float64"}, "variables": {"KERAS_BACKEND": "no"}}
    levels = [finding.level for finding in examine([seen("torch", around=off)])]

    assert levels == sorted(levels, key=["problem", "note", "ok"].index)
    assert set(levels) == {"problem", "note", "ok"}


def test_what_concerns_the_machine_is_said_once(seen: Callable[..., Seen]) -> None:
    off = {"variables": {"NVIDIA_TF32_OVERRIDE": "1"}}
    some = [seen(name, around=off) for name in ("torch", "jax", "tensorflow")]

    assert len(open_(*some)) == 1


@pytest.mark.parametrize(
    ("level", "is_fit"), [("problem", False), ("note", True), ("ok", True)]
)
def test_a_problem_is_unfit_and_a_note_is_not(
    level: str, is_fit: bool, seen: Callable[..., Seen]
) -> None:
    off = {
        "problem": {"variables": {"KERAS_BACKEND": "no"}},
        "note": {"variables": {"KERAS_BACKEND": ""}},
        "ok": {},
    }
    one = seen("torch", around=off[level])

    assert fit([one], examine([one])) is is_fit


def test_nothing_that_works_is_unfit_without_any_problem() -> None:
    assert not fit([], [])
