"""Who is ahead makes room for the last one, where there is a core too few."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from multibackend.parity.run.priority import make_room


@dataclass
class Runner:
    """A backend that has come so far."""

    done: int
    left: int = 1000
    gave_way: bool = False

    def give_way(self) -> None:
        self.gave_way = True


@pytest.mark.parametrize(
    ("done", "cores", "gave_way"),
    [
        pytest.param((10, 90, 40), 2, [False, True, True], id="two are ahead"),
        pytest.param((0, 8, 9), 2, [False, False, True], id="a few are nothing"),
        pytest.param((100, 128, 129), 2, [False, False, True], id="a share is nothing"),
        pytest.param((10, 90, 40), 3, [False, False, False], id="a core for each"),
    ],
)
def test_those_ahead_give_way(done, cores, gave_way) -> None:
    runners = [Runner(one) for one in done]
    make_room(runners, cores)

    assert [runner.gave_way for runner in runners] == gave_way


def test_who_has_ended_or_not_begun_is_not_waited_for() -> None:
    runners = [Runner(500), Runner(0, left=0), Runner(20)]
    make_room(runners, at_once=2)

    assert not any(runner.gave_way for runner in runners)
