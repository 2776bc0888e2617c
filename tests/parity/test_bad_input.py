"""What only a child finds wrong: one sentence, the right exit code and no traceback.

What needs no child stands in tests/harness/test_misuse.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

GOOD = """
import keras

from multibackend import case, normal


@case(checks=["forward"])
def good():
    return keras.ops.tanh, normal(5)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a file of good cases, and one whose case misspells a check."""
    made = Path(tmp_path_factory.mktemp("misuse"))
    _ = (made / "good.py").write_text(GOOD, "utf-8")
    misspelt = GOOD.replace('"forward"', '"forwrd"')
    _ = (made / "misspelt.py").write_text(misspelt, "utf-8")
    return made


def _is_one_sentence(err: str) -> None:
    """One line of ours, not a traceback, after whatever progress was told."""
    assert "Traceback" not in err
    ours = [line for line in err.splitlines() if line.startswith("multibackend: ")]
    assert len(ours) == 1, err
    assert err.splitlines()[-1] == ours[0]


def test_a_misspelt_check_of_a_case_is_refused(folder, multibackend):
    given = ("run", "misspelt.py", "--backend", "numpy", "--out", "never")
    done = multibackend(*given, cwd=folder)

    assert done.code == 2
    assert "In case 'misspelt:good'" in done.err
    assert "'forwrd'. Did you mean 'forward'?" in done.err
    _is_one_sentence(done.err)


def test_the_library_refuses_an_empty_keras_backend_before_it_loads_keras(
    python, tmp_path
):
    code = "import sys\ntry:\n    import multibackend.layers\nexcept Exception as e:\n"
    code += "    print(type(e).__name__, e, 'keras' in sys.modules)"

    done = python("-c", code, cwd=tmp_path, env={"KERAS_BACKEND": ""})

    assert done.out.startswith("BackendError Expected KERAS_BACKEND to name a backend")
    assert done.out.endswith(" False\n")


def test_the_library_refuses_a_keras_backend_set_after_keras_was_imported(
    python, tmp_path
):
    code = (
        "import os, keras\nos.environ['KERAS_BACKEND'] = 'jax'\ntry:\n"
        "    import multibackend.layers\nexcept Exception as e:\n"
        "    print(type(e).__name__, e)"
    )

    done = python("-c", code, cwd=tmp_path, env={"KERAS_BACKEND": "numpy"})

    assert "BackendError Expected KERAS_BACKEND before Keras is imported" in done.out
    assert "received 'jax' after Keras had started with 'numpy'" in done.out
    assert "new process" in done.out


def test_a_framework_that_is_not_installed_is_named_with_what_installs_it(
    folder, multibackend, tmp_path
):
    # `find_spec` finds no framework where the search path is cut to what is ours.
    _ = (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\n\nfind = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: (\n"
        "    None if name == 'jax' else find(name, package)\n)\n",
        "utf-8",
    )

    done = multibackend(
        *("check", "good.py", "--backends", "numpy,jax", "--out", "not_made"),
        cwd=folder,
        env={"PYTHONPATH": str(tmp_path)},
    )

    assert done.code == 3
    assert "Expected jax to be installed for the backend 'jax', found none" in done.err
    assert "python -m pip install 'keras-multibackend[jax]'" in done.err
    assert "Traceback" not in done.err
    assert not (folder / "not_made").exists()


def test_a_gpu_that_is_not_there_is_refused_before_any_case_runs(
    folder, multibackend, tmp_path
):
    done = multibackend(
        *("run", "good.py", "--backend", "jax", "--device", "gpu", "--out", tmp_path),
        cwd=folder,
        env={"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"},
    )

    assert done.code == 3
    assert "Expected jax to compute on a gpu, found cpu" in done.err
    assert "CUDA build of jax or pass --device cpu" in done.err
    _is_one_sentence(done.err)
    assert not list(tmp_path.rglob("record.json"))


CONFIGURED = {
    "an interpreter that cannot be started": (
        '[tool.multibackend.backends.numpy]\npython = "good.py"',
        3,
        "good.py",
    ),
    "another backend by force": (
        '[tool.multibackend.backends.jax]\nenv = {KERAS_BACKEND = "numpy"}',
        3,
        "it says that it loaded 'numpy'",
    ),
}


@pytest.mark.parametrize(
    ("text", "code", "holds"), CONFIGURED.values(), ids=CONFIGURED.keys()
)
def test_settings_that_cannot_be_meant_are_refused(
    tmp_path, multibackend, text, code, holds
):
    _ = (tmp_path / "good.py").write_text(GOOD, "utf-8")
    _ = (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    backend = "jax" if ".jax]" in text else "numpy"

    done = multibackend("run", "good.py", "--backend", backend, cwd=tmp_path)

    assert done.code == code, done.text
    assert holds in done.err
    _is_one_sentence(done.err)


MISTAKEN = """
import keras

from multibackend import case, normal


@case
def nothing():
    normal(5)


@case
def an_empty_dictionary():
    return {}


@case
def without_inputs():
    return keras.layers.Dense(2)


@case
def without_labels():
    model = keras.Sequential([keras.layers.Dense(2)])
    model.compile(optimizer="sgd", loss="mse")
    return model, normal(4, 3)


@case
def no_arrays():
    return {"thing": object()}


@case(checks=["fit"])
def a_check_that_does_not_apply():
    return keras.ops.tanh, normal(5)


@case(checks=["forward"])
def good():
    return keras.ops.tanh, normal(5)
"""


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory, multibackend, read_verdicts):
    folder: Path = tmp_path_factory.mktemp("mistaken")
    _ = (folder / "mistaken.py").write_text(MISTAKEN, "utf-8")
    _ = (folder / "a_file").write_text("in the way", "utf-8")
    # The last thing that is done, writing one more file, cannot be done.
    given = ("--backends", "numpy,tensorflow", "--out", "report")
    given += ("--json", "a_file/verdicts.json")
    done = multibackend("check", "mistaken.py", *given, cwd=folder)
    again = multibackend("compare", "report", "--json", "again.json", cwd=folder)
    return done, again, read_verdicts(folder / "again.json")


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        ("nothing", ("a layer and its inputs", "received None", "Return one of these")),
        ("an_empty_dictionary", ("to yield an array", "an empty dict")),
        ("without_inputs", ("no inputs", "`return layer, normal(4, 16)`")),
        ("without_labels", ("(x, y), received 1 ", "Return `model, (x, y)`")),
        ("no_arrays", ("thing is a", "object, not an array")),
        ("a_check_that_does_not_apply", ("for a function", "Correct checks=")),
    ],
)
def test_a_mistaken_case_fails_alone_with_one_sentence(mistaken, case, holds):
    _, again, verdicts = mistaken
    (check,) = verdicts.words(case)
    found = verdicts(case, check)

    assert again.code == 1
    assert found["verdict"] == "failed"
    for part in holds:
        assert part in found["detail"]
    # One sentence, not one a backend.
    assert len(re.findall(r"Expected case", found["detail"])) <= 1


def test_a_good_case_beside_mistaken_ones_is_judged(mistaken):
    _, again, verdicts = mistaken

    assert verdicts.words("good") == {"forward": "agree"}
    assert "Traceback" not in again.text


def test_a_file_that_cannot_be_written_after_the_run_does_not_cost_the_records(
    mistaken,
):
    done, again, _ = mistaken

    assert done.code == 2
    _is_one_sentence(done.err)
    assert "Expected to write 'a_file/verdicts.json'" in done.err
    assert "incomplete" not in again.out
