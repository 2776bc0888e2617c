"""Ctrl-C in the middle of a run: what was recorded stays, and nobody is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

CASES = """
import os
import pathlib
import time

import keras

from multibackend import case, normal


def declare(number):
    @case(name=f"case_{number}", checks=["forward"])
    def waits():
        pathlib.Path("processes").mkdir(exist_ok=True)
        (pathlib.Path("processes") / str(os.getpid())).touch()
        if number == 2:
            time.sleep(600)
        return keras.ops.tanh, normal(5)


for number in range(4):
    declare(number)
"""

FIRST = ("case_0", "case_1")
BACKENDS = ("numpy", "jax")


@pytest.fixture(
    scope="module",
    params=[signal.SIGINT, signal.SIGTERM],
    ids=["Ctrl-C", "ended by SIGTERM"],
)
def interrupted(request, tmp_path_factory, surroundings, heeding, wait_until):
    """A run that got its signal while every backend was inside its third case."""
    folder: Path = tmp_path_factory.mktemp("interrupted")
    _ = (folder / "slow.py").write_text(CASES, "utf-8")
    given = ("slow.py", "--backends", ",".join(BACKENDS), "--out", "report")
    process = subprocess.Popen(
        [sys.executable, *heeding(), "check", *given],
        cwd=folder,
        env=surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(
            lambda: all(
                list((folder / "report" / name / "cases").glob("case-1-*.forward.json"))
                for name in BACKENDS
            ),
            process,
        )
        process.send_signal(request.param)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return folder, process.returncode, out, err


def test_the_exit_code_is_130_and_one_sentence_says_how_to_go_on(interrupted):
    _, code, out, err = interrupted

    assert code == 130
    assert not out
    assert "Traceback" not in err
    assert err.splitlines()[-1] == (
        "multibackend: interrupted; 4 case runs are recorded. "
        "Go on: the same command with --resume. "
        "Compare them: multibackend compare report"
    )


def test_no_process_of_the_run_survives(interrupted):
    started = [int(file.name) for file in (interrupted[0] / "processes").iterdir()]

    assert len(started) == len(BACKENDS)
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_what_was_recorded_can_be_judged_and_the_rest_is_missing(
    interrupted, multibackend, read_verdicts
):
    folder, *_ = interrupted

    done = multibackend("compare", "report", "--json", "after.json", cwd=folder)

    assert done.code == 1
    verdicts = read_verdicts(folder / "after.json")
    assert [verdicts.words(case) for case in FIRST] == [{"forward": "agree"}] * 2
    for case in ("case_2", "case_3"):
        assert verdicts.words(case) == {"build": "missing"}
        assert sorted(verdicts(case, "build")["blame"]) == ["jax", "numpy"]
    assert sorted(verdicts.document["notes"]) == [
        f"the record of {name} is incomplete: it was interrupted"
        for name in ("jax", "numpy")
    ]


def test_an_interrupted_folder_is_not_overwritten_unasked(interrupted, multibackend):
    folder, *_ = interrupted

    done = multibackend("check", "slow.py", "--out", "report", cwd=folder)

    assert done.code == 2
    assert "--overwrite" in done.err
