"""`@case` functions are pytest items, beside ordinary tests and foreign options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

TESTS = """
import keras

from multibackend import case, normal

@case
def agrees():
    return keras.ops.tanh, normal(5)


@case
def off_on_jax():
    wrong = 1e-3 if keras.config.backend() == "jax" else 0.0
    return lambda x: keras.ops.tanh(x) + wrong, normal(5)


@case(name="by_another_name", checks=["forward"])
def named():
    return keras.ops.tanh, normal(5)


@case(
    checks=["forward", "grad_inputs"],
    skip={"forward": "nobody asks", "grad_inputs": "nobody asks"},
)
def asked_nothing():
    return keras.ops.tanh, normal(5)


class TestTogether:
    @case(checks=["forward"])
    def inside_a_class(self=None):
        return keras.ops.tanh, normal(5)


def test_an_ordinary_one_that_passes():
    assert keras.ops.shape(keras.ops.ones(3)) == (3,)


def test_an_ordinary_one_that_fails():
    assert 1 + 1 == 3
"""

BESIDE = """
from test_mine import agrees


def test_a_case_that_was_imported_is_no_item_here(backend, backends):
    assert agrees.name == "test_mine:agrees"
    assert (backend, backends) == ("mine", "mine")
"""

# Names that other people's suites already use.
CONFTEST = """
import pytest


def pytest_addoption(parser):
    parser.addoption("--backend", default="mine")
    parser.addoption("--backends", default="mine")
    parser.addini("backend", "mine")


@pytest.fixture
def backend(request):
    return request.config.getoption("--backend")


@pytest.fixture
def backends(request):
    return request.config.getoption("--backends")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made: Path = tmp_path_factory.mktemp("plugin")
    _ = (made / "test_mine.py").write_text(TESTS, "utf-8")
    _ = (made / "test_beside.py").write_text(BESIDE, "utf-8")
    _ = (made / "conftest.py").write_text(CONFTEST, "utf-8")
    _ = (made / "pytest.ini").write_text("[pytest]\n", "utf-8")
    return made


@pytest.fixture(scope="module")
def pytest_in(folder, python):
    """Runs pytest in the folder of the tests above, or in another one."""

    def run(*arguments, backend: str | None = "numpy", cwd=folder):
        env = {} if backend is None else {"KERAS_BACKEND": backend}
        given = ("-p", "no:cacheprovider", "-v", "-rs", *arguments)
        return python("-m", "pytest", *given, cwd=cwd, env=env)

    return run


def outcomes(done) -> dict[str, str]:
    """`PASSED`, `FAILED` or `SKIPPED` by the item's own name.

    What the plugin tells meanwhile may stand between a name and its outcome.
    """
    found = re.findall(
        r"^test_\w+\.py::([\w:]+)(?: |\n(?:.*\n)*?)(PASSED|FAILED|SKIPPED)",
        done.out,
        re.M,
    )
    return {name.rpartition("::")[2]: word for name, word in found}


@pytest.fixture(scope="module")
def across(pytest_in):
    """The run across two backends."""
    return pytest_in("--multibackend", "torch,jax")


ITEMS = {
    "agrees": "PASSED",
    "off_on_jax": "FAILED",
    "named": "PASSED",
    "asked_nothing": "SKIPPED",
    "inside_a_class": "PASSED",
    "test_an_ordinary_one_that_passes": "PASSED",
    "test_an_ordinary_one_that_fails": "FAILED",
    "test_a_case_that_was_imported_is_no_item_here": "PASSED",
}


def test_cases_and_ordinary_tests_are_items_side_by_side(across):
    assert outcomes(across) == ITEMS
    assert across.code == 1


def test_the_header_says_on_which_backends_the_cases_are_judged(across):
    assert "\nmultibackend: torch, jax\n" in across.out


def test_a_failure_shows_the_difference_and_no_traceback_of_ours(across):
    _, _, shown = across.out.partition("= FAILURES =")
    shown, _, _ = shown.partition("short test summary")

    assert re.search(
        r"^forward: differ: .*expected \S+, received \S+, error ", shown, re.M
    )
    assert "plugin.py" not in shown
    # The other failure is pytest's own, with its explanation as always.
    assert "assert 1 + 1 == 3" in shown


def test_a_skipped_case_says_why(across):
    assert "forward: torch, jax: nobody asks; grad_inputs: torch, jax" in across.out


def test_one_backend_alone_is_judged_by_its_own_float64(pytest_in, folder, tmp_path):
    # What is wrong in float32 only: no other backend is needed to see it.
    text = """
import keras

from multibackend import case, normal


@case(checks=["forward"])
def agrees():
    return keras.ops.tanh, normal(5)


@case(checks=["forward"])
def short():
    def rounded(x):
        single = keras.config.floatx() == "float32"
        return keras.ops.cast(keras.ops.cast(x, "float16"), "float32") if single else x

    return rounded, normal(5)
"""
    _ = (tmp_path / "test_alone.py").write_text(text, "utf-8")
    _ = (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")

    done = pytest_in(cwd=tmp_path, backend="jax")

    assert "\nmultibackend: jax\n" in done.out
    assert outcomes(done) == {"agrees": "PASSED", "short": "FAILED"}
    assert "forward: differ: jax output" in done.out


def test_a_misspelt_backend_is_wrong_usage_and_not_an_internal_error(pytest_in):
    done = pytest_in("--multibackend", "torch,jaxx")

    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "received 'jaxx'. Did you mean 'jax'?" in done.text
    assert "INTERNALERROR" not in done.text


def test_an_empty_keras_backend_does_not_break_tests_that_have_no_case(
    pytest_in, tmp_path
):
    _ = (tmp_path / "test_plain.py").write_text("def test_one():\n    pass\n", "utf-8")
    _ = (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")

    done = pytest_in(cwd=tmp_path, backend="")

    assert done.code == 0, done.text


def test_the_test_file_imports_keras_with_the_first_of_the_given_backends(
    pytest_in, tmp_path
):
    # Keras' own default is tensorflow, which need not be installed.
    text = "import keras\n\n\ndef test_one():\n"
    text += "    assert keras.config.backend() == 'numpy'\n"
    _ = (tmp_path / "test_default.py").write_text(text, "utf-8")
    _ = (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")

    done = pytest_in("--multibackend", "numpy,jax", cwd=tmp_path, backend=None)

    assert done.code == 0, done.text


def test_what_cannot_be_run_is_tried_once_and_told_by_every_case(pytest_in, tmp_path):
    text = """
import os

from multibackend import case

# Set while a test runs: pytest collects this file, and no child can import it.
assert "PYTEST_CURRENT_TEST" not in os.environ


@case
def one():
    return 1.0


@case
def two():
    return 2.0
"""
    _ = (tmp_path / "test_two.py").write_text(text, "utf-8")
    _ = (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")

    done = pytest_in(cwd=tmp_path)

    assert outcomes(done) == {"one": "FAILED", "two": "FAILED"}
    assert done.out.count("numpy: starting") == 1
    assert "Expected target" in done.out
    assert "Traceback" not in done.out
