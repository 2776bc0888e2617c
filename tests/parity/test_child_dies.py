"""What a case does to its own process costs that case alone: the run goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

CASES = """
import os
import pathlib
import signal
import subprocess
import sys
import time

import keras

from multibackend import case, normal

JAX = keras.config.backend() == "jax"
tanh = keras.ops.tanh


def forward(function):
    return case(checks=["forward"])(function)


@forward
def first():
    return tanh, normal(5)


@case(checks=["forward", "grad_inputs"])
def killed():
    def kill(x):
        if JAX:
            os.kill(os.getpid(), signal.SIGKILL)
        return tanh(x)

    return kill, normal(5)


@forward
def after_killed():
    return tanh, normal(5)


@forward
def os_exits():
    if JAX:
        os._exit(0)
    return tanh, normal(5)


@forward
def sys_exits():
    if JAX:
        sys.exit(3)
    return tanh, normal(5)


@forward
def prints_megabytes_and_moves_away():
    print("x" * 2_000_000)
    sys.stderr.write("y\\n" * 500_000)
    os.write(1, b"no message of the protocol\\n")
    sys.stdin.read()
    os.chdir("/")
    return tanh, normal(5)


@forward
def after_moving_away():
    return {"found": float(pathlib.Path("deaths.py").exists())}


@forward
def starts_a_process_and_hangs():
    if not JAX:
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        process = subprocess.Popen(command)
        pathlib.Path("started").write_text(str(process.pid))
        time.sleep(600)
    return tanh, normal(5)


@forward
def forks_and_is_killed():
    # What it leaves behind holds the pipes of the child open.
    if not JAX:
        process = os.fork()
        if process == 0:
            time.sleep(60)
            os._exit(0)
        pathlib.Path("forked").write_text(str(process))
        os.kill(os.getpid(), signal.SIGKILL)
    return tanh, normal(5)


@forward
def last():
    return tanh, normal(5)
"""

AGREE = (
    "first",
    "after_killed",
    "prints_megabytes_and_moves_away",
    "after_moving_away",
    "last",
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory, multibackend):
    folder: Path = tmp_path_factory.mktemp("deaths")
    _ = (folder / "deaths.py").write_text(CASES, "utf-8")
    given = ("--backends", "jax,tensorflow", "--time-limit", "15", "--out", "report")
    return multibackend("check", "deaths.py", *given, cwd=folder), folder


@pytest.fixture(scope="module")
def verdicts(ran, read_verdicts):
    return read_verdicts(ran[1] / "report" / "verdicts.json")


def test_a_case_that_kills_its_process_is_failed_with_the_signal_and_the_check(
    verdicts,
):
    found = verdicts("killed", "forward")

    assert (found["verdict"], found["blame"]) == ("failed", ["jax"])
    assert "killed by SIGKILL in forward" in found["detail"]


def test_a_check_that_was_not_reached_is_failed_too_and_says_that_it_was_not_asked(
    verdicts,
):
    found = verdicts("killed", "grad_inputs")

    assert found["verdict"] == "failed"
    assert "jax: not asked, the process was killed by SIGKILL" in found["detail"]


def test_a_case_that_hangs_is_failed_with_the_limit_and_how_to_change_it(verdicts):
    found = verdicts("starts_a_process_and_hangs", "build")

    assert (found["verdict"], found["blame"]) == ("failed", ["tensorflow"])
    assert "stopped after 15 s (--time-limit)" in found["detail"]


def test_a_case_that_ends_its_process_without_a_word_is_failed_even_with_code_0(
    verdicts,
):
    found = verdicts("os_exits", "build")

    assert (found["verdict"], found["blame"]) == ("failed", ["jax"])
    assert "ended with exit code 0" in found["detail"]


def test_a_case_that_leaves_by_sys_exit_on_one_backend_is_a_difference(verdicts):
    found = verdicts("sys_exits", "build")

    assert (found["verdict"], found["kind"]) == ("differ", "error")
    assert found["blame"] == ["jax"]
    assert found["differences"][0]["received"] == "SystemExit: 3"


@pytest.mark.parametrize("case", AGREE)
def test_the_other_cases_are_judged_as_if_nothing_had_happened(verdicts, case):
    assert verdicts.words(case) == {"forward": "agree"}


def test_a_case_that_changes_the_folder_does_not_change_it_for_the_next_one(ran):
    # `found` is 1 where the next case still sees the file beside it.
    from multibackend.parity.record.read import read_record

    record = read_record(ran[1] / "report" / "tensorflow")
    seen = record.read("deaths:after_moving_away", "forward")

    assert seen is not None
    assert seen.outputs["found"] == 1


def test_the_last_words_of_a_process_are_not_those_of_an_earlier_case(verdicts):
    detail = verdicts("starts_a_process_and_hangs", "build")["detail"]
    assert "yyy" not in detail.replace(" / ", "")
    assert "no message of the protocol" not in detail


def test_the_run_exits_1_says_what_was_started_again_and_shows_no_traceback(ran):
    done, _ = ran

    assert done.code == 1
    assert "jax: started again: deaths:killed, forward: killed by SIGKILL" in done.err
    assert "Traceback" not in done.text
    assert "no message of the protocol" not in done.out
    assert len(done.text) < 20_000


def test_the_records_are_whole_and_give_the_same_verdicts_when_judged_again(
    ran, verdicts, multibackend, read_verdicts
):
    _, folder = ran
    again = multibackend("compare", "report", "--json", "again.json", cwd=folder)

    assert again.code == 1
    assert "incomplete" not in again.out
    assert read_verdicts(folder / "again.json").summary() == verdicts.summary()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A killed process that nobody has collected yet is gone all the same.
    status = Path(f"/proc/{process}/stat")
    return (
        not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    )


@pytest.mark.parametrize("name", ["started", "forked"])
def test_what_a_case_started_ends_with_its_process(ran, name):
    assert not _alive(int((ran[1] / name).read_text("utf-8")))


def test_what_a_case_left_behind_neither_hides_how_it_died_nor_holds_up_the_run(
    ran, verdicts
):
    found = verdicts("forks_and_is_killed", "build")

    assert (found["verdict"], found["blame"]) == ("failed", ["tensorflow"])
    assert "killed by SIGKILL" in found["detail"]
    assert verdicts.document["stages"]["run tensorflow"] < 50  # they sleep for 60 s
