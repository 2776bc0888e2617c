"""The judge on trial, a tenth of it, on real backends."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def quick(tmp_path_factory, multibackend):
    folder = tmp_path_factory.mktemp("selftest")
    wanted = ("--quick", "--json", "selftest.json", "--markdown", "selftest.md")
    done = multibackend("selftest", *wanted, "--out", "trial", cwd=folder)
    assert (folder / "selftest.json").is_file(), done.text
    document = json.loads((folder / "selftest.json").read_text("utf-8"))
    return done, document, folder


def test_a_tenth_of_the_faults_and_controls_meets_the_targets(quick):
    done, document, _ = quick

    assert [t["name"] for t in document["targets"] if not t["met"]] == [], done.text
    assert done.code == 0


def test_every_backend_is_a_victim_and_was_asked(quick):
    _, document, _ = quick

    assert {f["victim"] for f in document["faults"]} == set(document["environments"])
    assert len(document["environments"]) == 3


def test_a_tenth_is_said_to_be_a_tenth(quick):
    _, document, folder = quick

    assert document["quick"] is True
    assert len(document["faults"]) >= 12
    assert document["controls"]["cases"] >= 30
    assert "A seeded tenth" in (folder / "selftest.md").read_text("utf-8")


def test_one_backend_alone_cannot_be_on_trial(multibackend, tmp_path):
    done = multibackend("selftest", "--backends", "torch", cwd=tmp_path)

    assert done.code == 2
    assert "Expected two backends or more" in done.err
    assert "Traceback" not in done.text
