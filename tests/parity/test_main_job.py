"""The main job: every case of the package on PyTorch, JAX and TensorFlow.

The environment `parity` has run it just before: MULTIBACKEND_REPORT names what it left.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from multibackend.parity.record.read import read_record

pytestmark = pytest.mark.parity

BACKENDS = ("torch", "jax", "tensorflow")
OWN = "multibackend.parity.cases.declared"
LOSSES = f"{OWN}.classifier:linear_classifier_losses"


@pytest.fixture(scope="module")
def ran(tmp_path_factory, multibackend):
    folder: Path = tmp_path_factory.mktemp("main")
    given = os.environ.get("MULTIBACKEND_REPORT")
    if given:
        return multibackend("report", given, cwd=folder), Path(given)
    return multibackend("check", cwd=folder), folder / "multibackend-report"


@pytest.fixture(scope="module")
def verdicts(ran, read_verdicts):
    return read_verdicts(ran[1] / "verdicts.json")


@pytest.fixture(scope="module")
def records(ran):
    return {name: read_record(ran[1] / name) for name in BACKENDS}


def test_nothing_new_differs_on_any_backend(ran, verdicts):
    done, _ = ran

    unsettled = [
        (v["case"], v["check"], v["verdict"], v["blame"], v["detail"])
        for v in verdicts.all
        if v["verdict"] in ("differ", "failed", "missing")
    ]
    assert not unsettled
    assert done.code == 0, done.text


def test_at_least_40_cases_were_judged_and_every_planned_one_has_a_verdict(
    verdicts, records
):
    judged = {verdict["case"] for verdict in verdicts.all}

    assert len(judged) >= 40
    assert verdicts.document["summary"]["cases"] == len(judged)
    for record in records.values():
        assert record.about.complete
        assert set(record.about.cases) == judged


def test_every_check_of_a_case_ran_on_every_backend(verdicts, records):
    for record in records.values():
        asked = {(case, check) for case, check in record.files if check != "build"}
        assert asked == {(v["case"], v["check"]) for v in verdicts.all}


def test_most_verdicts_agree_and_whatever_does_not_has_a_reason(verdicts):
    summary = verdicts.document["summary"]

    assert summary["agree"] >= 0.9 * summary["checks"]
    for verdict in verdicts.all:
        if verdict["verdict"] == "agree":
            assert verdict["ratio"] <= 1, verdict["case"]
        else:
            assert verdict["detail"], verdict["case"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_backend_states_who_computed_in_float32_with_a_float64_referee(
    verdicts, backend
):
    environment = verdicts.document["environments"][backend]

    assert environment["backend"] == backend
    assert environment["framework"].startswith(f"{backend} ")
    assert environment["dtype"] == "float32"
    assert environment["referee"] == "float64"


def test_the_40_losses_of_the_linear_classifier_agree_within_the_budget(
    verdicts, records
):
    found = verdicts("linear_classifier_losses", "forward")
    assert found["verdict"] == "agree"
    assert found["ratio"] <= 1

    for name, record in records.items():
        seen = record.read(LOSSES, "forward")
        assert seen is not None, name
        (losses,) = seen.outputs.values()
        (expected,) = seen.reference.values()
        assert losses.shape == expected.shape == (40,)
        # It learns, so forty equal numbers would not do.
        assert losses[-1] < 0.1 * losses[0]


def test_every_float_was_judged_by_float64_and_none_of_them_is_the_float32_run(
    records,
):
    for name, record in records.items():
        seen = record.read(f"{OWN}.dense:simple_dense", "forward")
        assert seen is not None, name
        assert {a.dtype.name for a in seen.outputs.values()} == {"float32"}
        assert {a.dtype.name for a in seen.referee.values()} == {"float64"}
        (single,) = seen.outputs.values()
        (double,) = seen.referee.values()
        assert (single.astype("float64") != double).any()


def test_the_page_holds_every_case_and_needs_nothing_from_elsewhere(ran, verdicts):
    page = (ran[1] / "report.html").read_text("utf-8")

    for verdict in verdicts.all:
        assert verdict["case"].rpartition(":")[2] in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)


def test_the_screen_shows_the_verdicts_and_where_the_time_goes(ran, verdicts):
    done, _ = ran
    summary = verdicts.document["summary"]

    assert f"{summary['checks']:,} checks:" in done.out
    assert f"{summary['agree']:,} agree" in done.out
    for name in BACKENDS:
        assert f"start {name} " in done.out
        assert f"run {name} " in done.out


def test_the_verdicts_are_what_the_schema_says(verdicts):
    jsonschema = pytest.importorskip("jsonschema", reason="the group `harness` has it")
    schema = (
        Path(__file__)
        .parents[2]
        .joinpath(*("multibackend", "parity", "report", "verdicts.schema.json"))
    )

    jsonschema.Draft202012Validator(json.loads(schema.read_text("utf-8"))).validate(
        verdicts.document
    )
