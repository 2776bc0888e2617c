"""A run that was stopped goes on: what is whole stays, and the verdicts are the same."""

from __future__ import annotations

import json
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
import numpy as np

from multibackend import case, normal

BACKEND = keras.config.backend()


def declare(number):
    @case(name=f"case_{number}", checks=["forward"])
    def noted():
        with open(f"asked of {BACKEND}", "a") as file:
            print(number, file=file)
        if number == 1 and BACKEND == "numpy":
            os._exit(7)
        if number == 3 and not pathlib.Path("go on").exists():
            time.sleep(600)
        return keras.ops.tanh, normal(40_000 if number == 3 else 5)


for number in range(5):
    declare(number)
"""

GIVEN = ("check", "noted.py", "--backends", "numpy,jax", "--out", "report")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, surroundings, heeding, wait_until):
    """A run that is ended by SIGTERM inside its fourth case, and another beside it."""
    folder: Path = tmp_path_factory.mktemp("resumed")
    _ = (folder / "noted.py").write_text(CASES, "utf-8")
    process = subprocess.Popen(
        [sys.executable, *heeding(), *GIVEN],
        cwd=folder,
        env=surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        asked = [folder / f"asked of {name}" for name in ("numpy", "jax")]
        wait_until(
            lambda: all(file.exists() and "3" in file.read_text() for file in asked),
            process,
        )
        beside = subprocess.run(
            [sys.executable, "-m", "multibackend", *GIVEN, "--resume"],
            cwd=folder,
            env=surroundings(),
            capture_output=True,
            text=True,
            check=False,
        )
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return folder, process.returncode, err, beside


@pytest.fixture(scope="module")
def resumed(stopped, multibackend, read_verdicts):
    folder, *_ = stopped
    for file in folder.glob("asked of *"):
        file.unlink()
    (folder / "go on").touch()
    done = multibackend(*GIVEN, "--resume", cwd=folder)
    asked = {
        name: set((folder / f"asked of {name}").read_text().split())
        for name in ("numpy", "jax")
    }
    return done, asked, read_verdicts(folder / "report" / "verdicts.json")


def test_a_second_run_into_the_same_folder_is_refused_while_the_first_runs(stopped):
    *_, beside = stopped

    assert beside.returncode == 2
    assert "Expected to record into report/jax alone, found process" in beside.stderr
    assert "Traceback" not in beside.stderr


def test_a_run_that_is_ended_says_how_to_go_on(stopped):
    _, code, err, _ = stopped

    assert code == 130
    assert "Go on: the same command with --resume." in err.splitlines()[-1]


def test_what_was_finished_is_not_asked_again(resumed):
    _, asked, _ = resumed

    assert asked == {"numpy": {"3", "4"}, "jax": {"3", "4"}}


def test_a_resumed_run_has_the_verdicts_of_one_that_was_never_stopped(
    resumed, stopped, multibackend, read_verdicts
):
    folder, *_ = stopped
    done, _, verdicts = resumed
    whole = multibackend(*GIVEN[:-1], "whole", cwd=folder)
    expected = read_verdicts(folder / "whole" / "verdicts.json")

    assert done.code == whole.code == 1
    assert verdicts.summary() == expected.summary()
    assert verdicts("case_1", "build")["verdict"] == "failed"
    assert verdicts.document["notes"] == expected.document["notes"] == []


REFUSED = {
    "another check": (("--checks", "spec"), {}, "--checks"),
    "other twins": (("--twins", "2"), {}, "--twins"),
    "another order": (("--shuffle", "3"), {}, "--shuffle"),
    "another limit": (("--time-limit", "9"), {}, "--time-limit"),
    "another target": (("noted.py::case_1",), {}, "targets"),
    "another source": ((), {"noted.py": CASES + "\n# mended"}, "source of the cases"),
    "other variables": (
        (),
        {"pyproject.toml": '[tool.multibackend.backends.numpy]\nenv = {A = "1"}'},
        "variables in [tool.multibackend.backends]",
    ),
}


@pytest.mark.parametrize(("more", "files", "told"), REFUSED.values(), ids=REFUSED)
def test_another_question_is_not_answered_by_the_old_record(
    resumed, stopped, multibackend, more, files, told
):
    folder, *_ = stopped
    for name, text in files.items():
        _ = (folder / name).write_text(text, "utf-8")
    try:
        done = multibackend(*GIVEN, *more, "--resume", cwd=folder)
    finally:
        _ = (folder / "noted.py").write_text(CASES, "utf-8")
        (folder / "pyproject.toml").unlink(missing_ok=True)

    assert done.code == 2
    assert f"with the same {told}, received" in done.err
    assert "pass --overwrite" in done.err
    assert "Traceback" not in done.err


def test_a_record_of_other_versions_is_not_gone_on_with(resumed, stopped, multibackend):
    folder, *_ = stopped
    file = folder / "report" / "numpy" / "record.json"
    about = json.loads(file.read_text("utf-8"))
    other = about | {"environment": about["environment"] | {"keras": "3.0.0"}}
    _ = file.write_text(json.dumps(other), "utf-8")
    try:
        done = multibackend(*GIVEN, "--resume", cwd=folder)
    finally:
        _ = file.write_text(json.dumps(about), "utf-8")

    assert done.code == 2
    assert "with the same keras, received '3." in done.err
    assert "instead of '3.0.0'" in done.err


def test_a_full_disk_ends_the_run_in_a_sentence_and_keeps_what_is_finished(
    stopped, python, multibackend, heeding
):
    """Writing fails for the child as it does on a full disk, at 100 kB a file."""
    folder, *_ = stopped
    (folder / "go on").touch()
    given = ("run", "noted.py", "--backend", "numpy", "--out", "full")
    full = python(*heeding(file_limit=100_000), *given, cwd=folder)

    assert full.code == 2
    assert full.err.splitlines()[-1].startswith("multibackend: Expected to write ")
    assert "received File too large. Free the place" in full.err
    assert "Traceback" not in full.err
    (folder / "asked of numpy").unlink()
    done = multibackend(*given, "--resume", cwd=folder)

    assert done.code == 0, done.text
    assert set((folder / "asked of numpy").read_text().split()) == {"3", "4"}


def test_nobody_outlives_a_run_that_was_killed(
    tmp_path, surroundings, multibackend, wait_until
):
    """Not even a case that hangs: the child sees that its parent is gone."""
    _ = (tmp_path / "hangs.py").write_text(
        "import os, pathlib, time\nfrom multibackend import case\n\n\n@case\n"
        "def hangs():\n    pathlib.Path('process').write_text(str(os.getpid()))\n"
        "    pathlib.Path('written').touch()\n    time.sleep(600)\n",
        "utf-8",
    )
    given = ("run", "hangs.py", "--backend", "numpy", "--out", "out")
    process = subprocess.Popen(
        [sys.executable, "-m", "multibackend", *given],
        cwd=tmp_path,
        env=surroundings(),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until((tmp_path / "written").exists, process)
    finally:
        process.kill()
        _ = process.wait()
    child = int((tmp_path / "process").read_text())

    wait_until(lambda: not Path(f"/proc/{child}").exists() or _collected(child))
    # Its lock went with it: the next one is asked how to go on, not to wait.
    assert (tmp_path / "out" / ".numpy.lock").exists()
    again = multibackend(*given, "--checks", "spec", "--resume", cwd=tmp_path)
    assert "with the same --checks" in again.err


def _collected(child: int) -> bool:
    return " Z " in Path(f"/proc/{child}/stat").read_text()
