"""The doctor on the real frameworks: what is told is so, and what is planted is found."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from multibackend.backends import find

pytestmark = pytest.mark.parity

BACKENDS = ("torch", "jax", "tensorflow")


class Visit:
    """A visit that has ended: what was printed, and its document."""

    def __init__(self, done: Any, file: Path) -> None:
        self.code, self.out, self.text = done.code, done.out, done.text
        self.document: dict[str, Any] = json.loads(file.read_text("utf-8"))
        self.backends = {each["backend"]: each for each in self.document["backends"]}

    def found(self, *levels: str) -> list[tuple[str, str | None, str]]:
        """Topic, backend and sentence of the findings of these levels."""
        return [
            (each["topic"], each["backend"], each["found"])
            for each in self.document["findings"]
            if each["level"] in levels
        ]


@pytest.fixture(scope="module")
def doctor(tmp_path_factory, multibackend) -> Callable[..., Visit]:
    """Asks in an empty folder, in an environment that sets only what is given."""

    def visit(
        *arguments: str, env: Mapping[str, str] | None = None, **files: str
    ) -> Visit:
        folder: Path = tmp_path_factory.mktemp("doctor")
        for name, text in files.items():
            _ = (folder / f"{name}.json").write_text(text, "utf-8")
        own = {"KERAS_HOME": str(folder), "XLA_FLAGS": ""} | dict(env or {})
        done = multibackend(
            "doctor", *arguments, "--json", "doctor.out", cwd=folder, env=own
        )
        return Visit(done, folder / "doctor.out")

    return visit


@pytest.fixture(scope="module")
def sound(doctor) -> Visit:
    return doctor()


@pytest.fixture(scope="module")
def planted(doctor) -> Visit:
    """Everything that can be wrong at once."""
    settings = {
        "floatx": "float64",
        "epsilon": 1e-5,
        "image_data_format": "channels_first",
    }
    return doctor(
        keras=json.dumps(settings),
        env={
            "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
            "NVIDIA_TF32_OVERRIDE": "1",
            "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1",
            "TORCHDYNAMO_DISABLE": "1",
            "JAX_ENABLE_X64": "1",
            "JAX_DISABLE_JIT": "1",
            "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
            "KERAS_BACKEND": "",
            "TF_DETERMINISTIC_OPS": "1",
        },
    )


def test_three_sound_backends_are_fit(sound):
    assert sound.code == 0, sound.text
    assert sound.found("problem") == []
    assert sound.document["fit"] is True
    assert "torch, jax and tensorflow work here" in sound.out.splitlines()[-2]


def test_the_versions_are_the_true_ones(sound):
    for backend, told in sound.backends.items():
        assert told["computation"]["framework"] == find(backend).version()
        assert told["computation"]["keras"] == importlib.metadata.version("keras")
        assert told["installation"]["numpy"] == importlib.metadata.version("numpy")
        assert told["installation"]["python"] == platform.python_version()
        assert told["installation"]["interpreter"] == sys.executable


def test_every_backend_says_that_it_is_the_one_that_was_asked_for(sound):
    told = [each["computation"]["backend"] for each in sound.backends.values()]

    assert tuple(told) == tuple(sound.backends) == BACKENDS


def test_a_sound_framework_tells_its_defaults(sound):
    told = {name: each["computation"] for name, each in sound.backends.items()}

    assert told["torch"]["precision"] == "highest"
    assert told["torch"]["deterministic"] is False
    assert told["torch"]["threads"]["in an operation"] >= 1
    assert (told["jax"]["x64"], told["jax"]["jit"]) == (False, True)
    assert told["tensorflow"]["jit"] is True
    assert told["tensorflow"]["deterministic"] is False


def test_asking_writes_nothing_where_keras_would(sound):
    """Keras itself writes keras.json into its folder when it is imported."""
    home = Path(sound.backends["torch"]["surroundings"]["keras_home"])

    assert [path.name for path in home.iterdir()] == ["doctor.out"]


def test_what_is_planted_is_found_and_is_unfit(planted):
    found = " ".join(sentence for _, _, sentence in planted.found("problem"))

    assert planted.code == 3, planted.text
    assert planted.document["fit"] is False
    assert "--xla_cpu_enable_fast_math" in found
    assert len(planted.found("problem")) == 1


def test_what_is_planted_in_the_users_own_code_is_a_note(planted):
    found = planted.found("note")
    told = " ".join(sentence for _, _, sentence in found)

    assert ("keras.json", None) in [each[:2] for each in found]
    assert "keras.json has floatx 'float64'" in told
    assert "epsilon 1e-05" in told
    assert "'channels_first'" in told
    assert "NVIDIA_TF32_OVERRIDE=1" in told
    assert "JAX keeps 64 bits" in told
    assert "JAX_DISABLE_JIT=1" in told
    assert "TORCHDYNAMO_DISABLE=1" in told
    assert "KERAS_BACKEND is set and empty" in told
    assert "torch multiplies float32 in the precision 'high'" in told
    assert "jax multiplies float32 in the precision 'bfloat16'" in told


def test_what_a_framework_tells_is_what_it_does(planted):
    told = {name: each["computation"] for name, each in planted.backends.items()}

    assert told["torch"]["precision"] == "high"
    assert "matmul" in told["torch"]["tf32_allowed"]
    assert (told["jax"]["x64"], told["jax"]["jit"]) == (True, False)
    assert told["tensorflow"]["deterministic"] is True


def test_a_flag_that_xla_does_not_know_is_a_finding_and_no_traceback(doctor):
    done = doctor("--backends", "jax,numpy", env={"XLA_FLAGS": "--xla_no_such=1"})

    assert done.code == 3
    assert "Unknown flag in XLA_FLAGS: --xla_no_such=1" in done.out
    assert "Correct XLA_FLAGS, or unset it" in done.out
    assert "Traceback" not in done.text
    assert done.backends["jax"]["installation"]["framework"] is not None


def test_a_framework_that_is_not_there_is_a_note_beside_one_that_works(doctor):
    if importlib.util.find_spec("openvino") is not None:
        pytest.skip("OpenVINO is installed here")
    done = doctor("--backends", "jax,openvino")

    assert done.code == 0, done.text
    assert ("backend", "openvino") in [each[:2] for each in done.found("note")]
    assert doctor("--backends", "openvino").code == 3


def test_an_unknown_backend_is_wrong_usage(multibackend, tmp_path):
    done = multibackend("doctor", "--backends", "pytorch", cwd=tmp_path)

    assert done.code == 2
    assert "Did you mean 'torch'" in done.err
