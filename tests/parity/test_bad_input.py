"""Misuse gets one sentence with the next step, the right exit code and no traceback."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import RecordWriter

pytestmark = pytest.mark.parity

GOOD = """
import keras

from multibackend import case, normal


@case(checks=["forward"])
def good():
    return keras.ops.tanh, normal(5)
"""

FILES = {
    "good.py": GOOD,
    "raises.py": "raise RuntimeError('no luck')\n",
    "leaves.py": "import sys\n\nsys.exit(7)\n",
    "unfinished.py": "def broken(:\n",
    "imports.py": "import a_module_that_is_not_there\n",
    "empty.py": "x = 1\n",
    "twice.py": (
        "from multibackend import case\n\n\n@case\ndef one():\n    return {'a': 1.0}\n"
        "\n\n@case\ndef one():\n    return {'a': 2.0}\n"
    ),
    "takes.py": "from multibackend import case\n\n\n@case\ndef one(x):\n    return x\n",
    "light.py": "from multibackend import case\n\n\n@case\ndef one():\n    return 1.0\n",
    "misspelt.py": (
        "from multibackend import case\n\n\n@case(checks=['forwrd'])\ndef one():\n"
        "    return {'a': 1.0}\n"
    ),
}

NAMES = "torch, jax, tensorflow, numpy, openvino"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The case files, a file where a folder should be, and a record of `numpy`."""
    made = Path(tmp_path_factory.mktemp("misuse"))
    for name, text in FILES.items():
        _ = (made / name).write_text(text, "utf-8")
    _ = (made / "a_file").write_text("in the way", "utf-8")
    (made / "nothing_in_it").mkdir()
    (made / "kept").mkdir()
    _record(made / "kept" / "numpy")
    return made


def _record(place: Path) -> None:
    """A small, whole record, as `multibackend run` leaves it."""
    writer = RecordWriter(place)
    about = RecordFile(
        format="multibackend record",
        schema=SCHEMA,
        backend="numpy",
        environment={"backend": "numpy", "keras": "3.15.1", "device": "cpu"},
        started="2026-01-01T00:00:00+00:00",
        cases=("m:one",),
    )
    writer.open(about, overwrite=False)
    ones = np.ones(3, "float32")
    writer.add(Observation("m:one", BUILD, "ok", outputs={"input": ones}))
    writer.add(
        Observation(
            *("m:one", "forward", "ok"),
            structure="*",
            outputs={"output": ones},
            referee={"output": ones.astype("float64")},
        )
    )
    writer.close(about)


def _is_one_sentence(err: str) -> None:
    """One line of ours, not a traceback, after whatever progress was told."""
    assert "Traceback" not in err
    ours = [line for line in err.splitlines() if line.startswith("multibackend: ")]
    assert len(ours) == 1, err
    assert err.splitlines()[-1] == ours[0]


# Each row: the command, its exit code, and what the sentence must hold: what was
# expected, what came, and what to do.
ROWS = {
    "a misspelt backend": (
        ("check", "good.py", "--backends", "torch,tensorflwo"),
        2,
        (f"among {NAMES}", "'tensorflwo'", "Did you mean 'tensorflow'?"),
    ),
    "a backend like no other": (
        ("run", "good.py", "--backend", "mxnet"),
        2,
        (f"among {NAMES}", "'mxnet'", "Choose one"),
    ),
    "no backend at all": (("check", "good.py", "--backends", ","), 2, ("','",)),
    "two backends where one is wanted": (
        ("run", "good.py", "--backend", "torch,jax"),
        2,
        (f"among {NAMES}", "'torch,jax'"),
    ),
    "a required backend that is misspelt": (
        ("compare", "kept", "--require", "torch,jaxx"),
        2,
        ("'jaxx'", "Did you mean 'jax'?"),
    ),
    "a file that is not there": (
        ("check", "not_there.py"),
        2,
        ("'not_there.py'", "to exist, found none at", "Check the path"),
    ),
    "a package that is not there": (
        ("check", "no_such_package.cases"),
        2,
        ("'no_such_package.cases'", "no module 'no_such_package'", "Install it"),
    ),
    "a target of no known form": (
        ("check", "a b"),
        2,
        ("path/file.py::name", "received 'a b'"),
    ),
    "a misspelt check": (
        ("check", "good.py", "--checks", "forwrd"),
        2,
        ("forward, training", "'forwrd'", "Did you mean 'forward'?"),
    ),
    "a device of no known name": (
        ("check", "good.py", "--device", "tpu"),
        2,
        ("auto, cpu, gpu", "'tpu'", "Choose one"),
    ),
    "a folder with a record already": (
        ("run", "good.py", "--backend", "numpy", "--out", "kept"),
        2,
        ("Expected a new folder", "kept/numpy", "--overwrite"),
    ),
    "a file where the folder should be": (
        ("run", "good.py", "--backend", "numpy", "--out", "a_file"),
        2,
        ("Expected to make the folder a_file", "File exists", "--out"),
    ),
    "a folder below a file": (
        ("run", "good.py", "--backend", "numpy", "--out", "a_file/below"),
        2,
        ("a_file/below", "Not a directory", "--out"),
    ),
    "a folder of records that is not there": (
        ("compare", "not_there"),
        2,
        ("folder with records at not_there", "found none", "multibackend run --out"),
    ),
    "a folder without a record": (
        ("compare", "kept", "nothing_in_it"),
        2,
        ("below nothing_in_it", "no record.json", "multibackend run --out"),
    ),
    "a report that is not there": (
        ("report", "nothing_in_it"),
        2,
        ("nothing_in_it/verdicts.json", "No such file", "multibackend compare --json"),
    ),
    "a place that cannot hold the verdicts": (
        ("compare", "kept", "--json", "a_file/verdicts.json"),
        2,
        ("a_file/verdicts.json", "File exists"),
    ),
    "a module that is not in its package": (
        ("list", "multibackend.no_such_room"),
        2,
        ("multibackend.no_such_room", "ModuleNotFoundError", "by hand"),
    ),
    "a file that raises": (
        ("list", "raises.py"),
        2,
        ("'raises.py'", "RuntimeError: no luck", "raises.py:1", "by hand"),
    ),
    "a file that leaves": (
        ("list", "leaves.py"),
        2,
        ("'leaves.py'", "SystemExit: 7", "leaves.py:3"),
    ),
    "a file that is no Python": (
        ("list", "unfinished.py"),
        2,
        ("'unfinished.py'", "SyntaxError", "line 1"),
    ),
    "a file that imports what is not there": (
        ("list", "imports.py"),
        2,
        ("'imports.py'", "No module named 'a_module_that_is_not_there'"),
    ),
    "a file without a case": (
        ("list", "empty.py"),
        2,
        ("'empty.py'", "an optimizer, found none", "@multibackend.case"),
    ),
    "a case that is not in the file": (
        ("list", "light.py::won"),
        2,
        ("'won'", "found one", "@multibackend.case"),
    ),
    "two cases of one name": (
        ("list", "twice.py"),
        2,
        ("'twice:one' twice", "twice.py:4", "twice.py:9", "pass name="),
    ),
    "a misspelt check of a case": (
        ("run", "misspelt.py", "--backend", "numpy", "--out", "never"),
        2,
        ("'forwrd'", "Did you mean 'forward'?"),
    ),
    "a case with arguments": (
        ("list", "takes.py"),
        2,
        ("'one'", "no arguments", "(x)", "normal(4, 16)"),
    ),
}


@pytest.mark.parametrize(("command", "code", "holds"), ROWS.values(), ids=ROWS.keys())
def test_one_sentence_says_what_is_wrong_and_what_to_do(
    folder, multibackend, command, code, holds
):
    done = multibackend(*command, cwd=folder, env={"KERAS_BACKEND": "numpy"})

    assert done.code == code, done.text
    assert not done.out
    _is_one_sentence(done.err)
    for part in holds:
        assert part in done.err


@pytest.mark.parametrize(
    "limit", ["0", "-3", "soon"], ids=["none", "negative", "no number"]
)
def test_a_time_limit_that_cannot_be_meant_is_refused_with_its_name(
    folder, multibackend, limit
):
    done = multibackend("check", "good.py", f"--time-limit={limit}", cwd=folder)

    assert done.code == 2
    assert "Invalid value for '--time-limit'" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", [("run",), ("list",)], ids=["run", "list"])
def test_an_empty_keras_backend_is_refused_before_anything_starts(
    folder, multibackend, command
):
    done = multibackend(*command, "good.py", cwd=folder, env={"KERAS_BACKEND": ""})

    assert done.code == 2
    assert "Expected KERAS_BACKEND to name a backend, received an empty" in done.err
    assert f"Unset it or set it to one of {NAMES}" in done.err
    _is_one_sentence(done.err)


def test_a_misspelt_backend_in_keras_json_is_refused(folder, multibackend, tmp_path):
    _ = (tmp_path / "keras.json").write_text('{"backend": "pytorch"}', "utf-8")

    done = multibackend("run", "good.py", cwd=folder, env={"KERAS_HOME": str(tmp_path)})

    assert done.code == 2
    assert "received 'pytorch'. Did you mean 'torch'?" in done.err
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


# What was done to a whole record, and what the sentence must hold.
def _cut(file: Path) -> None:
    _ = file.write_bytes(file.read_bytes()[:-20])


def _as_schema(file: Path, number: int) -> None:
    described = json.loads(file.read_text("utf-8"))
    _ = file.write_text(json.dumps(described | {"schema": number}), "utf-8")


def _one(record: Path, suffix: str) -> Path:
    return next((record / "cases").glob(f"*.forward.{suffix}"))


DAMAGE = {
    "record.json cut short": (
        lambda record: _cut(record / "record.json"),
        ("record.json", "cut short or damaged", "Record again"),
    ),
    "an observation cut short": (
        lambda record: _cut(_one(record, "json")),
        (".forward.json", "cut short or damaged", "Record again"),
    ),
    "arrays cut short": (
        lambda record: _cut(_one(record, "safetensors")),
        (".safetensors", "whole", "Record again"),
    ),
    "arrays gone": (
        lambda record: _one(record, "safetensors").unlink(),
        (".safetensors", "No such file", "Record again"),
    ),
    "of a newer schema": (
        lambda record: _as_schema(record / "record.json", SCHEMA + 1),
        (f"schema {SCHEMA} at", f"schema {SCHEMA + 1}", "Update multibackend"),
    ),
    "of an older schema": (
        lambda record: _as_schema(record / "record.json", 0),
        (f"schema {SCHEMA} at", "schema 0", "Record again"),
    ),
    "not ours": (
        lambda record: (record / "record.json").write_text('{"name": "left-pad"}'),
        ("a multibackend record", "record.json", "Check the folder"),
    ),
    "an empty file": (
        lambda record: (record / "record.json").write_bytes(b""),
        ("record.json", "cut short or damaged", "Record again"),
    ),
    "bytes that are no text": (
        lambda record: (record / "record.json").write_bytes(b"\xff\xfe\x00" * 50),
        ("record.json", "cut short or damaged", "Record again"),
    ),
}


@pytest.mark.parametrize(("harm", "holds"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_record_that_is_not_whole_or_not_ours_is_refused(
    folder, multibackend, tmp_path, harm, holds
):
    record = tmp_path / "kept" / "numpy"
    _ = shutil.copytree(folder / "kept" / "numpy", record)
    _ = harm(record)

    done = multibackend("compare", "kept", cwd=tmp_path)

    assert done.code == 2, done.text
    _is_one_sentence(done.err)
    for part in holds:
        assert part in done.err
    assert not done.out


def test_the_record_that_the_damage_is_done_to_is_whole_before(folder, multibackend):
    done = multibackend("compare", "kept", cwd=folder)

    assert done.code == 0, done.text
    assert "The 1 check of 1 case agrees." in done.out


CONFIGURED = {
    "an unknown key": ("[tool.multibackend]\nnope = 1", 2, "unknown field `nope`"),
    "a misspelt backend": (
        '[tool.multibackend.backends.jaxx]\npython = "python"',
        2,
        "Did you mean 'jax'?",
    ),
    "an interpreter that is not there": (
        '[tool.multibackend.backends.numpy]\npython = "no/python"',
        2,
        "Expected an interpreter for 'numpy' at",
    ),
    "no TOML": ("[tool.multibackend", 2, "pyproject.toml"),
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


def test_without_a_command_the_help_names_every_command(multibackend, tmp_path):
    done = multibackend("--help", cwd=tmp_path)

    assert done.code == 0
    for name in ("check", "run", "compare", "report", "list"):
        assert re.search(rf"^  {name} ", done.out, re.M), name
    assert "130 interrupted" in re.sub(r"\s+", " ", done.out)
