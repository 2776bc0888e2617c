"""Records made apart, one backend at a time, are carried elsewhere and judged there."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from importlib import resources
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

CASES = """
import os

import keras

from multibackend import case, normal


@case
def dense():
    return keras.layers.Dense(3), normal(4, 5)


@case(checks=["forward"])
def surroundings():
    return {"told": float(os.environ.get("TOLD", "0"))}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory, multibackend):
    """What two machines recorded, in a folder where nothing else is."""
    place: Path = tmp_path_factory.mktemp("made")
    _ = (place / "cases.py").write_text(CASES, "utf-8")
    # The interpreter and the variables of one backend, as a user's project sets them.
    _ = (place / "pyproject.toml").write_text(
        "[tool.multibackend.backends.jax]\n"
        f"python = {json.dumps(sys.executable)}\n"
        'env = { TOLD = "1" }\n',
        "utf-8",
    )
    runs = {
        name: multibackend(
            *("run", "cases.py", "--backend", name, "--out", f"by-{name}"), cwd=place
        )
        for name in ("jax", "tensorflow")
    }
    elsewhere: Path = tmp_path_factory.mktemp("elsewhere")
    for name in runs:
        _ = shutil.copytree(place / f"by-{name}", elsewhere / "artifacts" / name)
    shutil.rmtree(place)
    return runs, elsewhere


@pytest.fixture(scope="module")
def judged(made, multibackend, read_verdicts):
    """The judgement with every form of report, and a backend that is not there."""
    _, elsewhere = made
    done = multibackend(
        *("compare", "artifacts", "--require", "torch,jax,tensorflow"),
        *("--json", "out/v.json", "--html", "out/v.html"),
        *("--junit", "out/v.xml", "--markdown", "out/v.md"),
        cwd=elsewhere,
    )
    return done, read_verdicts(elsewhere / "out" / "v.json"), elsewhere / "out"


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_a_run_says_where_the_record_is_and_how_to_compare_it(made, backend):
    done = made[0][backend]

    assert done.code == 0, done.text
    assert f"Recorded {backend} in by-{backend}/{backend}" in done.out
    assert f"multibackend compare by-{backend}" in done.out


def test_a_required_backend_without_a_record_is_missing_and_exits_1(judged):
    done, verdicts, _ = judged

    assert done.code == 1
    missing = [v for v in verdicts.all if v["verdict"] == "missing"]
    assert [v["blame"] for v in missing] == [["torch"]]
    assert "no record of torch, which is required" in done.out


def test_records_made_apart_agree_where_the_numbers_do(judged):
    _, verdicts, _ = judged

    words = verdicts.words("dense")
    assert {"forward", "grad_inputs", "grad_weights"} <= set(words)
    assert set(words.values()) == {"agree"}


def test_the_variables_of_one_backend_reach_its_process_and_no_other(judged):
    _, verdicts, _ = judged

    found = verdicts("surroundings", "forward")
    received = {d["backend"]: float(d["received"]) for d in found["differences"]}
    expected = {d["backend"]: float(d["expected"]) for d in found["differences"]}
    assert received.get("jax", expected.get("tensorflow")) == 1
    assert received.get("tensorflow", expected.get("jax")) == 0


def test_the_interpreter_of_one_backend_is_the_one_that_was_named(judged):
    _, verdicts, _ = judged

    # Not resolved: a virtual environment's interpreter is a link to another one.
    assert verdicts.document["environments"]["jax"]["interpreter"] == sys.executable


def test_the_json_is_what_its_schema_says(judged):
    jsonschema = pytest.importorskip("jsonschema", reason="the group `harness` has it")
    text = resources.files("multibackend.parity.report") / "verdicts.schema.json"

    jsonschema.Draft202012Validator(json.loads(text.read_text("utf-8"))).validate(
        judged[1].document
    )


def test_every_form_of_the_report_is_written_named_and_tells_of_the_missing_one(
    judged,
):
    done, _, out = judged

    for name in ("v.json", "v.html", "v.xml", "v.md"):
        assert f"Wrote out/{name}" in done.out
        assert "no record of torch" in (out / name).read_text("utf-8")
    suites = ET.parse(out / "v.xml").getroot()  # noqa: S314 - our own file
    assert sum(1 for _ in suites.iter("failure")) >= 1
    html = (out / "v.html").read_text("utf-8")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", html)


def test_without_the_requirement_the_same_records_are_judged_as_they_are(
    made, multibackend, read_verdicts
):
    _, elsewhere = made

    done = multibackend("compare", "artifacts", "--json", "free.json", cwd=elsewhere)

    # `surroundings` differs on purpose.
    assert done.code == 1
    words = {v["verdict"] for v in read_verdicts(elsewhere / "free.json").all}
    assert words == {"agree", "differ"}


def test_one_record_alone_is_judged_by_its_own_float64(made, multibackend):
    _, elsewhere = made

    done = multibackend("compare", "artifacts/jax", cwd=elsewhere)

    assert done.code == 0, done.text


def test_the_report_can_be_rendered_again_with_the_same_words(judged, multibackend):
    done, _, out = judged

    again = multibackend("report", "v.json", "--markdown", "again.md", cwd=out)

    assert again.code == done.code
    assert (out / "again.md").read_text("utf-8") == (out / "v.md").read_text("utf-8")


def test_judging_loads_neither_keras_nor_a_framework(made, python):
    _, elsewhere = made
    code = (
        "import sys\nfrom multibackend.cli import app\n"
        "try:\n    app(['compare', 'artifacts'], standalone_mode=False)\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'keras', 'torch', 'jax', 'tensorflow'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )

    done = python("-c", code, cwd=elsewhere)

    assert done.out.endswith("heavy: []\n"), done.text
    assert importlib.util.find_spec("keras") is not None
