"""The house: what stands at the top, one version, names that can be used."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import multibackend

ROOT = Path(__file__).parents[2]

TOP = {
    ".ci",
    ".github",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "multibackend",
    "pyproject.toml",
    "tests",
    "tox.ini",
}
MAY_STAND = {"benchmarks", "docs"}

#: Modules whose docstring examples run without a framework.
PURE = (
    "multibackend.backends",
    "multibackend.errors",
    "multibackend.inputs",
    "multibackend.parity.cases.case",
)


def test_the_top_level_holds_what_the_design_names_and_nothing_else() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.splitlines()
    found = {Path(name).parts[0] for name in listed}

    assert found - MAY_STAND == TOP


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "multibackend/__init__.py"
    assert importlib.metadata.version("keras-multibackend") == multibackend.__version__


def test_the_license_is_the_whole_apache_license() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")

    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert "APPENDIX: How to apply the Apache License to your work." in text


def test_every_installed_file_of_the_package_stands_in_the_repository() -> None:
    """A file that git ignores would be missing from the wheel, and the reverse."""
    installed = Path(multibackend.__file__).parent
    here = ROOT / "multibackend"

    assert _files(installed) == _files(here)


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_no_framework_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[^\w-]", need)[0] for need in project["dependencies"]}

    assert names.isdisjoint({"torch", "jax", "tensorflow", "tensorflow-cpu"})
    assert {"torch", "jax", "tensorflow", "all"} <= project[
        "optional-dependencies"
    ].keys()


def test_every_extra_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pins = (ROOT / ".ci" / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {line.partition("==")[0] for line in pins if "==" in line}
    needs = [
        need
        for group in (
            {"": project["project"]["dependencies"]},
            project["project"]["optional-dependencies"],
            project["dependency-groups"],
        )
        for name, entries in group.items()
        if name != "dev"  # holds what no tox environment installs
        for need in entries
        if isinstance(need, str)
    ]
    names = {re.split(r"[^\w-]", need)[0] for need in needs}

    assert names - {"keras-multibackend"} <= pinned


def test_a_pin_names_no_build_and_no_place() -> None:
    """`torch==2.13.0+cpu` would pin everybody to one index; a URL, to one host."""
    lines = (ROOT / ".ci" / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert [
        pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9.]+(post\d+)?", pin)
    ] == []


@pytest.mark.parametrize("module", PURE)
def test_the_examples_in_a_docstring_print_what_they_say(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _DOCTEST, module],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


_DOCTEST = """
import doctest, importlib, sys
sys.exit(doctest.testmod(importlib.import_module(sys.argv[1])).failed)
"""


def test_a_public_name_that_needs_no_framework_can_be_used() -> None:
    for name in ("Case", "arguments", "array", "case", "integers", "mask", "normal"):
        assert getattr(multibackend, name) is not None, name


def test_every_public_name_has_a_home() -> None:
    for name in multibackend.__all__:
        home = multibackend._HOME.get(name, f"multibackend.{name}")
        assert importlib.util.find_spec(home) is not None, name
        assert name in dir(multibackend)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nromal'"):
        _ = multibackend.nromal  # pyright: ignore[reportAttributeAccessIssue] - meant


def test_no_tolerance_is_typed_in_by_hand_anywhere() -> None:
    """What rounding may cost is measured; `atol` and `rtol` have no place here."""
    hands = re.compile(r"\b[ar]tol\b")
    # Samples of keras.ops.isclose, whose arguments are called so.
    samples = ROOT / "multibackend/conformance/samples/ops_compare.py"
    files = [*(ROOT / "multibackend").rglob("*"), *(ROOT / "benchmarks").rglob("*.py")]
    texts = {
        file: file.read_text("utf-8")
        for file in files
        if file.suffix in (".py", ".toml", ".js", ".jinja") and file != samples
    }

    assert len(texts) > 50
    assert [str(file) for file, text in texts.items() if hands.search(text)] == []
    assert hands.search("assert_close(x, y, atol=1e-5)")
