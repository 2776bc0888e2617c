"""One child process: its environment, its folder, its last words, its end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from multibackend.parity.run.config import Interpreter
from multibackend.parity.run.messages import Asked, Begun
from multibackend.parity.run.process import Child, Ended, Overdue
from multibackend.parity.run.settings import Settings

SOON = 30.0


@pytest.fixture
def child(interpreter: Callable[[str], str]) -> Iterator[Callable[..., Child]]:
    """Starts a child that runs these lines, behind the order that it waits for."""
    made: list[Child] = []

    def of(lines: str, **env: str) -> Child:
        one = Child("jax", Settings(), Interpreter(interpreter(lines), env))
        made.append(one)
        one.say(Asked("the order"))
        return one

    yield of
    for one in made:
        one.end()


def hear(one: Child, seconds: float = SOON) -> Any:
    return one.hear(time.monotonic() + seconds)


def test_messages_come_in_order_and_whole(child) -> None:
    one = child("for n in range(100): say('begun', case='m:' + 'ü' * n, check=str(n))")

    assert [hear(one) for _ in range(100)] == [
        Begun("m:" + "ü" * n, str(n)) for n in range(100)
    ]


def test_what_is_said_is_heard_by_the_child(child) -> None:
    one = child("say('begun', case=hear()['case'], check='x')")
    one.say(Asked("m:\n ü"))

    assert hear(one).case == "m:\n ü"


def test_a_message_is_heard_though_the_child_is_gone(child) -> None:
    """What it said last comes before how it ended."""
    one = child("say('begun', case='m:a', check='x'); sys.exit(4)")

    assert hear(one).check == "x"
    with pytest.raises(Ended, match="ended with exit code 4"):
        _ = hear(one)


def test_silence_has_a_limit_and_is_not_the_end(child) -> None:
    one = child("time.sleep(0.6); say('begun', case='m:a', check='x'); hear()")

    with pytest.raises(Overdue):
        _ = hear(one, 0.01)
    assert hear(one).check == "x"


def test_speaking_to_a_child_that_is_gone_is_noticed_when_listening(child) -> None:
    one = child("sys.exit(0)")
    with pytest.raises(Ended):
        _ = hear(one)
    for _ in range(3):
        one.say(Asked("m:a" * 100_000))


def test_the_last_words_are_the_last_lines_of_standard_error(child) -> None:
    one = child(
        "for n in range(10): print('line', n, file=sys.stderr)\n"
        "sys.stderr.buffer.write(b'\\xff')\nsys.exit(1)"
    )
    with pytest.raises(Ended):
        _ = hear(one)

    assert one.last_words() == "line 8 / line 9 / \ufffd"
    assert one.last_words(lines=1) == "\ufffd"


def test_endless_last_words_are_cut(child) -> None:
    one = child("sys.stderr.write('x' * 100_000); sys.exit(1)")
    with pytest.raises(Ended):
        _ = hear(one)

    assert len(one.last_words()) == 600


def test_a_flood_of_output_stalls_nobody_and_fills_neither_disk_nor_memory(
    child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("multibackend.parity.run.process._LOG_LIMIT", 500_000)
    one = child(
        "for n in range(100):\n"
        "    sys.stderr.write('x' * 100_000)\n"
        "    say('begun', case='m:a', check=str(n)); _ = hear()\n"
        "sys.exit('the end')"
    )
    sizes: list[int] = []
    for n in range(100):
        assert hear(one).check == str(n)
        sizes.append(one._log.stat().st_size)
        one.say(Asked("m:a"))
    with pytest.raises(Ended):
        _ = hear(one)

    assert max(sizes) < 1_000_000
    assert one.last_words().endswith("the end")


def test_only_the_end_of_a_flood_is_read_for_the_last_words(
    child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("multibackend.parity.run.process._WORDS_LIMIT", 50)
    one = child("sys.stderr.write('x' * 10**7 + '\\nthe end'); sys.exit(1)")
    with pytest.raises(Ended):
        _ = hear(one)

    assert len(one._said()) == 50
    assert one.last_words().endswith("the end")


def test_a_line_without_an_end_is_no_message_and_is_not_kept_whole(
    child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("multibackend.parity.run.process._LINE_LIMIT", 1000)
    one = child("while True: out.write('x' * 100_000)")

    with pytest.raises(Ended, match="something else than a message"):
        _ = hear(one)


def test_a_child_has_an_empty_home_that_goes_with_it(child) -> None:
    """A `keras.json` of the user's would change floatx or the image layout."""
    one = child(
        "home = os.environ['KERAS_HOME']\n"
        "say('begun', case=home, check=json.dumps(os.listdir(home)))\nhear()"
    )
    told = hear(one)

    assert json.loads(told.check) == []
    assert Path(told.case).is_dir()
    one.end()
    assert not Path(told.case).exists()
    assert not Path(told.case).parent.exists()


def test_the_interpreters_variables_go_over_all_others(child) -> None:
    one = child(
        "say('begun', case=os.environ['OMP_NUM_THREADS'], check=os.environ['MINE'])\n"
        "hear()",
        OMP_NUM_THREADS="7",
        MINE="yes",
    )

    assert hear(one) == Begun("7", "yes")


def test_a_child_is_in_a_group_of_its_own(child) -> None:
    """Ctrl-C reaches the parent alone, which then ends the child in order."""
    one = child("say('begun', case=str(os.getpgrp()), check=str(os.getpid()))\nhear()")
    told = hear(one)

    assert told.case == told.check
    assert int(told.case) != os.getpgrp()


def test_ending_a_child_twice_does_no_harm(child) -> None:
    one = child("hear()")
    one.end()
    one.end()

    assert one.last_words() == ""
