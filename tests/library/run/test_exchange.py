"""What another backend saved, loaded in a child: judged as its own round trip is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from multibackend.inputs import normal
from multibackend.parity.cases.case import Case
from multibackend.parity.checks import table
from multibackend.parity.checks.table import load, pair
from multibackend.parity.record.atomic import make_folder
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.write import file_stem, saved_stem, write_observation
from multibackend.parity.run.exchange import keeping, loaded, recorded_as
from multibackend.parity.run.observe import Observer

OWN = pair("save", keras.config.backend())
FROM = pair("save", "elsewhere")


def dense() -> Any:
    return keras.layers.Dense(3), normal(4, 5)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder of this backend's record."""
    make_folder(tmp_path / "here" / "cases")
    return tmp_path / "here"


@pytest.fixture
def recorded(here: Path) -> Callable[..., tuple[Case, Observer]]:
    """Runs the first round of a case as a child does."""

    def record(function: Any = dense, **given: Any) -> tuple[Case, Observer]:
        case = Case("m:case", function, __file__, 1, **given)
        checks = (keeping(load("save"), here),)
        observer = Observer(checks, twins=2, reruns=1, float64=None, selected=True)
        for seen in observer.observe(case):
            seen = replace(seen, check=recorded_as(seen.check))  # noqa: PLW2901
            write_observation(here / "cases", seen)
        return case, observer

    return record


def asked(case: Case, observer: Observer, here: Path, sender: Path) -> Observation:
    (found,) = loaded(case, {"elsewhere": sender}, here, observer)
    return found


def test_only_save_is_recorded_under_the_name_of_who_saved() -> None:
    assert recorded_as("save") == OWN
    assert recorded_as("forward") == "forward"
    assert keeping(load("forward"), Path()) == load("forward")


def test_what_another_saved_is_judged_as_the_own_round_trip(recorded, here) -> None:
    """The same budget, and nothing computed twice."""
    case, observer = recorded()
    found = asked(case, observer, here, sender=here)

    assert (found.check, found.status) == (FROM, "ok")
    assert np.any(found.noise["outputs"])
    assert set(found.outputs) == set(found.expected)
    assert all(
        np.array_equal(found.outputs[n], found.expected[n]) for n in found.outputs
    )


def test_the_file_is_that_of_the_sender_and_not_our_own(
    recorded, here, tmp_path
) -> None:
    case, observer = recorded()
    theirs = saved_stem(tmp_path / "there", case.name)
    theirs.parent.mkdir(parents=True)
    other = keras.layers.Dense(3)
    other.build((None, 5))
    keras.saving.save_weights(other, f"{theirs}.weights.h5")
    found = asked(case, observer, here, sender=tmp_path / "there")

    name = "weight bits/dense/kernel"
    assert not np.array_equal(found.outputs[name], found.expected[name])


def test_a_sender_without_a_file_is_told_by_its_name(recorded, here, tmp_path) -> None:
    case, observer = recorded()
    found = asked(case, observer, here, sender=tmp_path / "there")

    assert (found.check, found.status) == (FROM, "unsupported")
    assert found.detail == "elsewhere saved no file of this case"


def test_a_file_that_cannot_be_loaded_is_raised_by_keras(
    recorded, here, tmp_path
) -> None:
    case, observer = recorded()
    theirs = saved_stem(tmp_path / "there", case.name)
    theirs.parent.mkdir(parents=True)
    _ = Path(f"{theirs}.weights.h5").write_bytes(b"damaged")
    found = asked(case, observer, here, sender=tmp_path / "there")

    assert (found.check, found.status) == (FROM, "raised")


def test_a_check_that_the_case_skips_loads_nothing(recorded, here) -> None:
    case, observer = recorded(skip={"save": "for a reason"})
    saved_stem(here, case.name).parent.mkdir()
    Path(f"{saved_stem(here, case.name)}.keras").touch()
    found = asked(case, observer, here, sender=here)

    assert (found.status, found.detail) == ("unsupported", "for a reason")


def test_a_case_that_was_not_built_is_not_built_again(recorded, here) -> None:
    times: list[int] = []

    def broken() -> Any:
        times.append(1)
        message = "not on this backend"
        raise RuntimeError(message)

    case, observer = recorded(broken)

    assert list(loaded(case, {"elsewhere": here}, here, observer)) == []
    assert len(times) == 1


def test_without_an_own_round_trip_the_own_start_is_what_must_come_out(
    recorded, here
) -> None:
    case, observer = recorded()
    (here / "cases" / f"{file_stem(case.name, OWN)}.json").unlink()
    found = asked(case, observer, here, sender=here)

    assert found.status == "ok"
    assert set(found.expected) == set(found.outputs)


def test_each_check_is_named_before_it_is_asked(recorded, here) -> None:
    """A child that dies there is told by that name."""
    case, observer = recorded()
    begun: list[str] = []
    senders = {"one": here, "two": here}
    found = list(loaded(case, senders, here, observer, begin=begun.append))

    assert begun == ["save from one", "save from two"] == [o.check for o in found]
    assert [table.sender(o.check) for o in found] == list(senders)
    assert BUILD not in begun
