"""The walls between the rooms, held by reading every import, late ones included.

Import contracts and ruff hold most of this too; they see neither an import inside a
function nor one by name, and this sees both.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "multibackend"

FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

FRAMEWORKS = {"torch", "jax", "jaxlib", "tensorflow"}

#: Where a framework may be imported, and which.
FRAMEWORK_FILES = {
    "*_torch.py": {"torch"},
    "*_jax.py": {"jax", "jaxlib"},
    "*_tensorflow.py": {"tensorflow"},
    "parity/run/settings.py": FRAMEWORKS,
    # A data set of tf.data and a DataLoader are made where they are installed.
    "examples/fit_data.py": {"torch", "tensorflow"},
    # keras.layers.TorchModuleWrapper wraps a module of torch.
    "conformance/samples/layers_core.py": {"torch"},
}

#: Where the one private name of Keras stands, with its reason beside it.
PRIVATE = {"parity/run/referee.py": {"keras.src.backend.common.dtypes"}}

#: Who imports neither Keras nor a framework.
LIGHT = (
    "__init__.py",
    "__main__.py",
    "backends.py",
    "cli/*",
    "doctor/ask.py",
    "doctor/document.py",
    "doctor/examine.py",
    "doctor/facts.py",
    "doctor/findings/*",
    "doctor/surroundings.py",
    "doctor/terminal.py",
    "doctor/visit.py",
    "errors.py",
    "inputs.py",
    "plugin/*",
    "parity/cases/case.py",
    "parity/cases/select.py",
    "parity/compare/*",
    "parity/record/*",
    "parity/report/*",
    "parity/reproduce/[!i]*.py",
)

LIBRARY = (
    "_[a-z]*.py",
    "autodiff/*",
    "examples/*",
    "inputs.py",
    "layers/*",
    "losses/*",
    "metrics/*",
    "tracing/*",
    "training/*",
    "weights.py",
)


def imported(source: str, package: str = "multibackend") -> set[str]:
    """Every module that a source imports, as far as it can be read from it."""
    return set(_imported(ast.parse(source), package))


def _imported(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: -node.level + 1 or None]
                base = ".".join([*above, *filter(None, [base])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            first = node.args[0]
            if called in ("import_module", "__import__", "importorskip") and isinstance(
                first, ast.Constant
            ):
                yield str(first.value)


def of(file: str) -> set[str]:
    package = ".".join(["multibackend", *Path(file).parts[:-1]])
    return imported((PACKAGE / file).read_text("utf-8"), package)


def tops(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def among(file: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(file, pattern) for pattern in patterns)


@pytest.mark.parametrize("file", FILES)
def test_a_framework_is_imported_in_its_own_private_files_only(file: str) -> None:
    allowed: set[str] = set()
    for pattern, names in FRAMEWORK_FILES.items():
        if fnmatch(file, pattern):
            allowed |= names

    assert tops(of(file)) & FRAMEWORKS <= allowed


@pytest.mark.parametrize("file", [file for file in FILES if among(file, LIGHT)])
def test_the_light_rooms_import_neither_keras_nor_a_framework(file: str) -> None:
    assert tops(of(file)).isdisjoint({"keras"} | FRAMEWORKS)


@pytest.mark.parametrize("file", [file for file in FILES if among(file, LIBRARY)])
def test_the_library_never_imports_the_suite(file: str) -> None:
    suite = ("multibackend.parity", "multibackend.cli", "multibackend.plugin")

    assert [name for name in of(file) if name.startswith(suite)] == []


@pytest.mark.parametrize("file", FILES)
def test_keras_is_used_through_its_public_names_only(file: str) -> None:
    private = {name for name in of(file) if name.startswith("keras.src")}

    assert private == PRIVATE.get(file, set())


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_pickled(file: str) -> None:
    assert tops(of(file)).isdisjoint({"pickle", "marshal", "shelve", "dill", "joblib"})


def test_every_library_that_is_imported_is_declared() -> None:
    """What only another dependency brings goes away with it, one day."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    needs = [
        *project["project"]["dependencies"],
        *(n for e in extras.values() for n in e),
    ]
    declared = {re.split(r"[^\w-]", need)[0].replace("-", "_") for need in needs}
    used = {top for file in FILES for top in tops(of(file))}
    # The names of its import and of its distribution differ.
    used = {{"sklearn": "scikit_learn"}.get(name, name) for name in used}

    assert used - set(sys.stdlib_module_names) - {"multibackend", "pytest"} <= declared


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("import torch.nn as nn", "torch.nn"),
        ("def f():\n    from jax import numpy", "jax.numpy"),
        ("if TYPE_CHECKING:\n    import tensorflow as tf", "tensorflow"),
        ("import importlib\nimportlib.import_module('torch')", "torch"),
        ("__import__('keras')", "keras"),
        ("from . import _torch", "multibackend.layers._torch"),
        ("from ..parity import run", "multibackend.parity.run"),
    ],
)
def test_the_reader_sees_an_import_in_any_form(source: str, seen: str) -> None:
    assert seen in imported(source, "multibackend.layers")


def test_the_reader_reads_the_rooms_it_guards() -> None:
    """A renamed folder would leave a wall without anything behind it."""
    for pattern in (*LIGHT, *LIBRARY):
        assert any(fnmatch(file, pattern) for file in FILES), pattern
