"""What a case does around itself is put back, and how it dies costs that case alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from multibackend.parity.record.read import read_record

pytestmark = pytest.mark.parity

CASES = """
import ctypes
import io
import os
import pathlib
import sys
import threading
import time

import keras
import numpy as np

from multibackend import case, normal

NUMPY = keras.config.backend() == "numpy"
tanh = keras.ops.tanh


def forward(function):
    return case(checks=["forward"])(function)


@forward
def segfaults():
    if NUMPY:
        ctypes.string_at(0)
    return tanh, normal(5)


@forward
def has_no_memory():
    if NUMPY:
        np.empty(2**60, "int8")
    return tanh, normal(5)


@forward
def forks_and_goes_on():
    if NUMPY and os.fork() == 0:
        (pathlib.Path("copies") / str(os.getpid())).touch()
    return tanh, normal(5)


@forward
def changes_everything():
    if "MINE" not in os.environ:
        os.mkdir("gone " + os.environ["KERAS_BACKEND"])
        os.chdir("gone " + os.environ["KERAS_BACKEND"])
        os.rmdir(os.getcwd())
    os.environ["MINE"] = "1"
    os.environ.pop("THEIRS", None)
    sys.stdout = sys.stderr = io.StringIO()
    for daemon in (True, False):
        threading.Thread(target=time.sleep, args=(600,), daemon=daemon).start()
    keras.config.set_floatx("float16")
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_epsilon(0.1)
    keras.config.set_image_data_format("channels_first")
    return {"a": 1.0}


@forward
def finds_all_as_it_was():
    return {
        "folder": float(pathlib.Path("nasty.py").exists()),
        "mine": float("MINE" in os.environ),
        "theirs": float(os.environ.get("THEIRS") == "kept"),
        "stdout": float(sys.stdout is sys.__stdout__),
        "floatx": float(keras.config.floatx() in ("float32", "float64")),
        "epsilon": keras.config.epsilon(),
        "format": float(keras.config.image_data_format() == "channels_last"),
        "policy": float("float16" in keras.config.dtype_policy().name),
    }


@case(checks=["jit"], skip={"jit": "it has no compiler"} if NUMPY else {})
def is_compiled():
    def told(x):
        pathlib.Path(f"as {type(x).__name__}").touch()
        return tanh(x)

    return told, normal(5)


@forward
def whole_numbers():
    return keras.ops.argmax, normal(5)
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory, multibackend):
    folder: Path = tmp_path_factory.mktemp("nasty")
    _ = (folder / "nasty.py").write_text(CASES, "utf-8")
    _ = (folder / "copies").mkdir()
    # What a shell may hold: no compiler for JAX, and integers of 64 bits.
    env = {"THEIRS": "kept", "JAX_DISABLE_JIT": "1", "JAX_ENABLE_X64": "1"}
    given = ("--backends", "numpy,jax", "--time-limit", "60", "--out", "report")
    return multibackend("check", "nasty.py", *given, cwd=folder, env=env), folder


@pytest.fixture(scope="module")
def verdicts(ran, read_verdicts):
    return read_verdicts(ran[1] / "report" / "verdicts.json")


def test_a_fault_in_native_code_is_failed_with_its_signal_and_its_line(verdicts):
    found = verdicts("segfaults", "build")

    assert (found["verdict"], found["blame"]) == ("failed", ["numpy"])
    assert "killed by SIGSEGV in build" in found["detail"]
    assert "Fatal Python error: Segmentation fault / File " in found["detail"]
    assert "ctypes/__init__.py" in found["detail"]
    assert "nasty.py" in found["detail"]


def test_memory_that_is_not_there_is_an_error_of_that_case(verdicts):
    found = verdicts("has_no_memory", "build")

    assert (found["verdict"], found["blame"]) == ("differ", ["numpy"])
    assert "Unable to allocate 1.00 EiB" in found["differences"][0]["received"]


def test_a_copy_of_the_process_that_goes_on_answers_nothing_and_ends(ran, verdicts):
    assert verdicts.words("forks_and_goes_on") == {"forward": "agree"}
    copies = list((ran[1] / "copies").iterdir())
    assert copies
    for copy in copies:
        status = Path(f"/proc/{copy.name}/stat")
        assert not status.exists() or " Z " in status.read_text()


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_the_next_case_finds_everything_as_it_was(ran, verdicts, backend):
    seen = read_record(ran[1] / "report" / backend).read(
        "nasty:finds_all_as_it_was", "forward"
    )

    assert verdicts.words("finds_all_as_it_was") == {"forward": "agree"}
    assert seen is not None
    assert {name: float(value) for name, value in seen.outputs.items()} == {
        "folder": 1,
        "mine": 0,
        "theirs": 1,
        "stdout": 1,
        "floatx": 1,
        "epsilon": pytest.approx(1e-7),
        "format": 1,
        "policy": 0,
    }


def test_a_note_names_what_a_case_changed_on_each_backend(verdicts):
    notes = verdicts.document["notes"]

    def noted(begin: str, backend: str) -> str:
        (note,) = [
            note
            for note in notes
            if note.startswith(f"nasty:changes_everything {begin}")
            and re.search(rf" on .*\b{backend}\b", note)
        ]
        return note

    assert verdicts.words("changes_everything") == {"forward": "agree"}
    for backend in ("numpy", "jax"):
        # Its floatx is not among them: the referee sets that after the case did.
        changed = noted("changed the working folder, ", backend)
        for part in (
            "the variable MINE, the variable THEIRS, sys.stdout, sys.stderr",
            "keras.config's epsilon, keras.config's image_data_format",
            "put back before the next case",
        ):
            assert part in changed
        assert "run on beside the next cases" in noted("left ", backend)


def test_jax_compiles_whatever_the_shell_says(ran, verdicts):
    traced = [f.name for f in ran[1].iterdir() if "Tracer" in f.name]

    assert traced
    assert verdicts.words("is_compiled") == {"jit": "unsupported"}


def test_whole_numbers_are_as_wide_as_keras_says_whatever_the_shell_says(verdicts):
    assert verdicts.words("whole_numbers") == {"forward": "agree"}


def test_the_run_says_it_in_sentences(ran):
    done, _ = ran

    assert done.code == 1
    assert "Traceback" not in done.text
    assert not list((ran[1] / "report").glob(".*.lock"))
