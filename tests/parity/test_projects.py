"""A project of somebody else, with its own settings, as its author would use it."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

WAVELETS = Path(__file__).parents[1] / "projects" / "wavelets"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    made: Path = tmp_path_factory.mktemp("project") / "wavelets"
    left = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(WAVELETS, made, ignore=left))


@pytest.fixture(scope="module")
def across(project, python):
    """Its tests across two backends, with everything that can be written."""
    given = ("-p", "no:cacheprovider", "-n", "2", "--junitxml", "junit.xml")
    record = ("--multibackend", "torch,jax", "--multibackend-record", "records")
    return python("-m", "pytest", *given, *record, cwd=project)


@pytest.fixture(scope="module")
def properties(across, project) -> dict[str, dict[str, str]]:
    """The properties of each test in JUnit's file."""
    tests = ET.parse(project / "junit.xml").iter("testcase")  # noqa: S314 - our own
    return {
        test.attrib["name"].partition("@")[0]: {
            p.attrib["name"]: p.attrib["value"] for p in test.iter("property")
        }
        for test in tests
    }


def test_its_cases_and_agreements_pass_on_two_workers(across) -> None:
    assert across.code == 0, across.text
    assert "8 passed" in across.out


def test_the_summary_counts_what_the_workers_found(across) -> None:
    _, _, summary = across.out.partition("= multibackend: torch, jax =")

    assert "10 checks:  9 agree  1 differ" in summary
    assert "test_a_difference_is_an_assertion_that_fails/off  forward  jax" in summary


def test_junit_has_the_verdicts_of_cases_and_of_ordinary_tests(properties) -> None:
    shrinks = properties["shrinks"]
    assert shrinks["multibackend.case"] == "tests.test_cases:shrinks"
    assert shrinks["multibackend.grad_inputs"] == "agree"
    assert shrinks["multibackend.torch"].startswith("keras 3.")
    off = properties["test_a_difference_is_an_assertion_that_fails"]
    assert off["multibackend.forward"] == "differ"
    assert off["multibackend.forward.blame"] == "jax"
    assert properties["test_a_gradient_step_lowers_the_loss"] == {}


def test_the_records_are_judged_elsewhere_alike(across, project, multibackend) -> None:
    done = multibackend("compare", "records", cwd=project)

    assert done.code == 0, done.text
    assert "All of 5 checks of 3 cases agree." in done.out


def test_a_backend_that_does_not_train_is_excused_from_marked_cases(
    project, python, multibackend
) -> None:
    """Between two backends, one of which is not able, nothing is left to compare."""
    given = ("-p", "no:cacheprovider", "-rs", "tests/test_cases.py")
    record = ("--multibackend", "numpy,torch", "--multibackend-record", "excused")
    done = python("-m", "pytest", *given, *record, cwd=project)

    assert done.code == 0, done.text
    assert "requires_trainable_backend: numpy does not train" in done.out
    again = multibackend("compare", "excused", "--verbose", cwd=project)
    assert again.code == 0, again.text
    assert "numpy: requires_trainable_backend: numpy does not train" in again.out


def test_its_layers_are_found_without_a_case(project, multibackend) -> None:
    asked = ("wavelets.layers", "--backends", "torch,jax", "--checks", "forward,config")
    done = multibackend("check", *asked, cwd=project)

    assert done.code == 0, done.text
    assert "All of 3 checks of 2 cases agree." in done.out
