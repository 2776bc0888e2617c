"""NumPy beside PyTorch, a plugin that Keras refuses, and interpreters of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

CASES = """
import keras

from multibackend import case, normal


@case(checks=["forward", "grad_inputs", "spec", "dtype"])
def dense():
    return keras.layers.Dense(3), normal(4, 5)


@case(checks=["forward", "fit", "save"])
def model():
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    return model, (normal(4, 5), normal(4, 3))
"""

ROOT = Path(__file__).parents[2]


def environment(place: Path, *folders: str | Path) -> Path:
    """A virtual environment that finds what lies in these folders, and nothing else."""
    command = [sys.executable, "-m", "venv", "--without-pip", place]
    _ = subprocess.run(command, check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = place / "lib" / version / "site-packages"
    if sys.platform == "win32":
        library = place / "Lib" / "site-packages"
    text = "".join(f"{folder}\n" for folder in folders)
    _ = (library / "others.pth").write_text(text, "utf-8")
    return place / ("Scripts" if sys.platform == "win32" else "bin") / "python"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose numpy backend has an environment, and whose jax has an empty one."""
    place: Path = tmp_path_factory.mktemp("project")
    _ = (place / "cases.py").write_text(CASES, "utf-8")
    packages = sysconfig.get_paths()["purelib"]
    full = environment(place / "full", ROOT, packages)
    empty = environment(place / "empty")
    _ = (place / "pyproject.toml").write_text(
        "[tool.multibackend.backends.numpy]\n"
        f"python = {json.dumps(os.path.relpath(full, place))}\n"
        "[tool.multibackend.backends.jax]\n"
        f"python = {json.dumps(os.path.relpath(empty, place))}\n"
        'env = { PYTHONPATH = "" }\n',
        "utf-8",
    )
    return place


@pytest.fixture(scope="module")
def judged(project, multibackend, read_verdicts):
    """PyTorch in this interpreter, NumPy in its own."""
    done = multibackend(
        *("check", "cases.py", "--backends", "torch,numpy", "--twins", "2"),
        *("--out", "out"),
        cwd=project,
    )
    assert done.code == 0, done.text
    return read_verdicts(project / "out" / "verdicts.json")


def test_what_numpy_cannot_do_is_unsupported_and_the_rest_agrees(judged):
    words = judged.words("dense")
    # What torch rounds in bfloat16 is in the catalogue of known differences.
    assert words.pop("dtype") in {"agree", "known"}
    assert words == {
        "forward": "agree",
        "grad_inputs": "unsupported",
        "spec": "agree",
    }
    assert judged.words("model") == {
        "forward": "agree",
        "fit": "unsupported",
        "save from numpy": "agree",
        "save from torch": "agree",
    }
    assert judged("model", "fit")["detail"] == "numpy: numpy trains no model"


def test_a_record_names_its_interpreter_its_versions_and_what_is_lacking(
    judged, project
):
    told = judged.document["environments"]

    assert told["numpy"]["interpreter"].startswith(str(project / "full"))
    assert told["torch"]["interpreter"] == sys.executable
    assert told["torch"]["framework"].startswith("torch 2")
    assert told["numpy"]["framework"].startswith("numpy 2")
    assert told["numpy"]["referee"] == told["torch"]["referee"] == "float64"
    record = json.loads((project / "out" / "numpy" / "record.json").read_text("utf-8"))
    assert record["environment"]["cannot"]["fit"] == "numpy trains no model"


def test_an_interpreter_without_multibackend_is_named_with_what_installs_it(
    project, multibackend
):
    done = multibackend("run", "cases.py", "--backend", "jax", cwd=project)

    python = project / "empty"
    assert done.code == 3, done.text
    assert f"Expected multibackend to be installed in {python}" in done.err
    assert "-m pip install 'keras-multibackend[jax]'" in done.err
    assert "Traceback" not in done.err


def test_a_plugin_that_keras_does_not_take_ends_in_what_keras_said(
    project, multibackend
):
    """Keras 3.15 has no plugins; a later one takes some names, and not this one."""
    package = project / "keras_abacus"
    package.mkdir()
    _ = (package / "__init__.py").write_text("", "utf-8")

    done = multibackend(
        *("run", "cases.py", "--backend", "abacus"),
        cwd=project,
        env={"PYTHONPATH": os.pathsep.join([str(project), str(ROOT)])},
    )

    assert done.code == 3, done.text
    assert "Expected Keras to import with the backend 'abacus'" in done.err
    assert "decides which plugins it takes" in done.err
    assert "Traceback" not in done.err


@pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed")
def test_openvino_has_no_float64_and_is_judged_by_the_others(
    project, multibackend, read_verdicts
):
    done = multibackend(
        *("check", "cases.py::dense", "--backends", "torch,openvino", "--out", "ov"),
        *("--checks", "forward,spec,grad_inputs"),
        cwd=project,
    )

    verdicts = read_verdicts(project / "ov" / "verdicts.json")
    assert done.code == 0, done.text
    assert verdicts.words("dense") == {
        "forward": "agree",
        "spec": "agree",
        "grad_inputs": "unsupported",
    }
    assert verdicts.document["environments"]["openvino"]["referee"] == "none"
