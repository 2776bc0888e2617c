"""Keras' own API measured: a small part of it, and every reproducer of a cause."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from multibackend.conformance.board import read_board
from multibackend.conformance.causes import causes
from multibackend.parity.run.settings import Settings, variables

pytestmark = pytest.mark.parity

BACKENDS = ("torch", "jax", "tensorflow")
PART = "keras.ops.reciprocal,keras.ops.cos"


@pytest.fixture(scope="module")
def measured(tmp_path_factory, multibackend):
    """A part on the three backends, and on Keras' NumPy as its author would do it."""
    folder = tmp_path_factory.mktemp("conform")
    done = multibackend("conform", "--backend", "numpy", "--only", PART, cwd=folder)
    return done, folder / "multibackend-conformance"


def test_every_difference_is_known(measured):
    done, _ = measured

    assert done.code == 0, done.text
    assert "Nothing new differs" in done.out


def test_the_scoreboard_has_each_symbol_backend_and_check(measured):
    _, folder = measured
    board = read_board(folder / "scoreboard.json")
    cells = board.cells()

    assert board.backends == (*BACKENDS, "numpy")
    assert len(board.symbols) > 700
    assert {"keras.ops.reciprocal", "keras.ops.cos"} <= set(board.covered())
    for backend in BACKENDS:
        for check in ("forward", "grad_inputs", "spec", "jit"):
            assert cells["keras.ops.cos", backend, check] == "agree"
    assert cells["keras.ops.cos", "numpy", "forward"] == "agree"
    assert cells["keras.ops.cos", "numpy", "grad_inputs"] == "unsupported"
    # TensorFlow has no reciprocal of a whole number, which a cause says.
    assert cells["keras.ops.reciprocal", "tensorflow", "forward"] == "known"
    assert cells["keras.ops.reciprocal", "torch", "forward"] == "agree"


def test_the_page_is_there_and_holds_the_causes(measured):
    _, folder = measured

    page = (folder / "index.html").read_text("utf-8")
    assert "tensorflow-reciprocal-of-whole-numbers" in page


def test_against_itself_nothing_got_worse_and_of_a_planted_past_it_did(
    measured, multibackend
):
    _, folder = measured
    file = folder / "scoreboard.json"
    past = json.loads(file.read_text("utf-8"))
    # As if the known differences had been none, and nothing explained them now.
    board = json.loads(file.read_text("utf-8"))
    for sample in past["samples"]:
        for asked in sample["asked"]:
            asked["words"] = dict.fromkeys(asked["words"], "agree")
    for sample in board["samples"]:
        for asked in sample["asked"]:
            asked["words"] = {
                k: "differ" if w == "known" else w for k, w in asked["words"].items()
            }
    _ = (folder / "past.json").write_text(json.dumps(past), "utf-8")
    _ = (folder / "now.json").write_text(json.dumps(board), "utf-8")
    same = multibackend(
        "conform", "--merge", "scoreboard.json", "--against", "scoreboard.json",
        "--out", "same", cwd=folder,
    )  # fmt: skip
    worse = multibackend(
        "conform", "--merge", "now.json", "--against", "past.json", "--out", "worse",
        cwd=folder,
    )  # fmt: skip

    assert same.code == 0, same.text
    assert "0 agree now, 0 other changes" in same.out
    assert worse.code == 1, worse.text
    assert "agree -> differ" in worse.out


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What each reproducer raised, by backend; a process a backend runs all."""
    found = {}
    for backend in BACKENDS:
        home = tmp_path_factory.mktemp(backend)
        done = subprocess.run(
            [sys.executable, "-m", "multibackend.conformance.inside.reproduce"],
            env=variables(backend, Settings(device="cpu"), str(home)),
            capture_output=True,
            text=True,
            timeout=900,
            check=True,
        )
        found[backend] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("cause", causes(), ids=lambda cause: cause.id)
def test_a_reproducer_fails_as_stated_and_only_where_stated(cause, outcomes):
    for backend in BACKENDS:
        raised = outcomes[backend][cause.id]
        if backend in cause.backends:
            assert cause.fails in raised, (backend, raised)
        else:
            assert raised == "", (backend, raised)
