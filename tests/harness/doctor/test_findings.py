"""Each finding: it comes from the one fact that is off, and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from multibackend import __version__
from multibackend.doctor.examine import examine, fit
from multibackend.doctor.facts import Seen, Trouble, Unmet
from multibackend.doctor.findings.finding import Finding


def variable(name: str, value: str, *, project: bool = False, **more: Any) -> Any:
    """What `around` says where this variable is set."""
    given = {"variables": {name: value}, "project": (name,) if project else ()}
    return {"around": given | more}


def settings(**content: Any) -> Any:
    """What `around` says where keras.json holds this."""
    return {"around": {"keras_json": content}}


def flags(flag: str, value: str, *, project: bool = False) -> Any:
    text = f"--{flag}={value}"
    return variable("XLA_FLAGS", text, project=project, xla_flags={flag: value})


def gpu(**told: Any) -> Any:
    """A GPU that computes."""
    own = {"device": "gpu", "device_name": "H100", "gpu": True, "cuda": "12.8"}
    return {"around": {"nvidia_gpu": True}, "told": own | told}


def needs(by: str, what: str, found: str | None) -> Any:
    return {"here": {"unmet": (Unmet(by, what, found),)}}


def trouble(kind: Any, how: str, words: str = "") -> Any:
    return {"silent": True, "trouble": Trouble(kind, how, words)}


UNSEEN = {"around": {"nvidia_gpu": True}}
NOWHERE = {"silent": True, "here": {"installed": False, "framework": None}}

# backend, what is off, level, whose finding, what it says, what it advises
TABLE: dict[str, tuple[str, dict[str, Any], str, str | None, str, str]] = {
    "the interpreter is not there": (
        "jax",
        trouble("interpreter", "No such file or directory")
        | {"interpreter": "/no/python"},
        "problem",
        "jax",
        "/no/python does not start: No such file",
        "`python` in [tool.multibackend.backends.jax]",
    ),
    "the import raises": (
        "jax",
        trouble("raised", "ImportError: no libz"),
        "problem",
        "jax",
        "ImportError: no libz",
        "python -m pip install 'keras-multibackend[jax]'",
    ),
    "the process is killed": (
        "tensorflow",
        trouble("ended", "killed by SIGSEGV", "boom"),
        "problem",
        "tensorflow",
        "was killed by SIGSEGV: boom.",
        "KERAS_BACKEND=tensorflow python -X faulthandler",
    ),
    "an XLA flag is misspelt": (
        "jax",
        trouble("ended", "ended with exit code 1", "Unknown flag in XLA_FLAGS: --x"),
        "problem",
        "jax",
        "Unknown flag in XLA_FLAGS: --x",
        "unset XLA_FLAGS",
    ),
    "multibackend is not installed there": (
        "jax",
        trouble("ended", "ended with exit code 1", "No module named 'multibackend'")
        | {"interpreter": "/j j/python"},
        "problem",
        "jax",
        "No module named 'multibackend'",
        f"'/j j/python' -m pip install keras-multibackend=={__version__}",
    ),
    "the process hangs": (
        "torch",
        trouble("overdue", "120 s"),
        "problem",
        "torch",
        "did not answer within 120 s",
        "--time-limit",
    ),
    "the process talks rubbish": (
        "torch",
        trouble("rubbish", "hello"),
        "problem",
        "torch",
        "something else than facts: 'hello'",
        f"keras-multibackend=={__version__}",
    ),
    "another backend was loaded": (
        "torch",
        {"told": {"backend": "jax"}},
        "problem",
        "torch",
        "loaded the backend 'jax' where 'torch'",
        "Unset what overrides KERAS_BACKEND",
    ),
    "pyproject loads another backend": (
        "torch",
        variable("KERAS_BACKEND", "jax", project=True) | {"told": {"backend": "jax"}},
        "problem",
        "torch",
        "loaded the backend 'jax'",
        "out of `env` in [tool.multibackend.backends.torch]",
    ),
    "another multibackend": (
        "torch",
        {"here": {"multibackend": "0.0.1"}},
        "problem",
        "torch",
        "has multibackend 0.0.1",
        f"keras-multibackend=={__version__}",
    ),
    "a file hides the framework": (
        "torch",
        {"here": {"shadows": ("torch.py",)}},
        "problem",
        None,
        "torch.py in this folder is imported in place of",
        "Rename it",
    ),
    "Keras is too old": (
        "torch",
        needs("keras-multibackend 0.1.0", "keras>=3.14", "3.12.0"),
        "problem",
        "torch",
        "requires keras>=3.14, 3.12.0 is installed",
        "python -m pip install 'keras>=3.14'",
    ),
    "a requirement of the framework is not met": (
        "tensorflow",
        needs("tensorflow 2.21.0", "protobuf>=6", None),
        "note",
        "tensorflow",
        "tensorflow 2.21.0 requires protobuf>=6, none is installed",
        "pip install 'protobuf>=6'",
    ),
    "a package of CUDA is another, and nobody loads it": (
        "torch",
        needs("torch 2.13.0", "nvidia-cudnn-cu12==9.10", "9.3"),
        "note",
        "torch",
        "nvidia-cudnn-cu12==9.10, 9.3 is installed",
        "[tool.multibackend.backends.torch]",
    ),
    "a package of CUDA is another": (
        "torch",
        needs("torch 2.13.0", "nvidia-cudnn-cu12==9.10", "9.3") | gpu(tf32_allowed=()),
        "problem",
        "torch",
        "nvidia-cudnn-cu12==9.10, 9.3 is installed",
        "an environment of its own",
    ),
    "built without CUDA beside a GPU": (
        "torch",
        UNSEEN,
        "note",
        "torch",
        "built without CUDA",
        "'keras-multibackend[torch-cuda]'",
    ),
    "built for CUDA and blind": (
        "jax",
        UNSEEN | {"told": {"cuda": "12"}},
        "problem",
        "jax",
        "built for CUDA 12 and does not find",
        "nvidia-smi",
    ),
    "TensorFlow's usual build without libraries of CUDA": (
        "tensorflow",
        UNSEEN | {"told": {"cuda": "12.5.1"}},
        "note",
        "tensorflow",
        "built for CUDA 12.5.1 and does not find",
        "'keras-multibackend[tensorflow-cuda]'",
    ),
    "TF32 in torch": (
        "torch",
        gpu(capability=9.0),
        "note",
        "torch",
        "may compute convolution in TF32",
        "allow_tf32 = False",
    ),
    "TF32 in JAX": (
        "jax",
        gpu(),
        "note",
        "jax",
        "matmul and convolution in TF32",
        "JAX_DEFAULT_MATMUL_PRECISION=highest",
    ),
    "TF32 in TensorFlow": (
        "tensorflow",
        gpu(capability=8.0),
        "note",
        "tensorflow",
        "in TF32",
        "enable_tensor_float_32_execution(False)",
    ),
    "NVIDIA's own switch": (
        "torch",
        variable("NVIDIA_TF32_OVERRIDE", "1"),
        "note",
        None,
        "NVIDIA_TF32_OVERRIDE=1",
        "unset NVIDIA_TF32_OVERRIDE",
    ),
    "NVIDIA's own switch in pyproject": (
        "torch",
        variable("NVIDIA_TF32_OVERRIDE", "1", project=True),
        "problem",
        "torch",
        "NVIDIA_TF32_OVERRIDE=1",
        "[tool.multibackend.backends.torch]",
    ),
    "torch multiplies with less": (
        "torch",
        variable("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1")
        | {"told": {"precision": "high", "tf32_allowed": ("matmul",)}},
        "note",
        "torch",
        "in the precision 'high'",
        "unset TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    ),
    "JAX multiplies with less, and no variable says so": (
        "jax",
        {"told": {"precision": "bfloat16"}},
        "note",
        "jax",
        "in the precision 'bfloat16'",
        "JAX_DEFAULT_MATMUL_PRECISION=highest",
    ),
    "fast math": (
        "jax",
        flags("xla_cpu_enable_fast_math", "true"),
        "problem",
        None,
        "--xla_cpu_enable_fast_math",
        "--xla_cpu_enable_fast_math=false",
    ),
    "fast minima in pyproject": (
        "tensorflow",
        flags("xla_gpu_enable_fast_min_max", "1", project=True),
        "problem",
        "tensorflow",
        "--xla_gpu_enable_fast_min_max",
        "[tool.multibackend.backends.tensorflow]",
    ),
    "64 bits": (
        "jax",
        variable("JAX_ENABLE_X64", "1") | {"told": {"x64": True}},
        "note",
        "jax",
        "keeps 64 bits",
        "unset JAX_ENABLE_X64; `multibackend check` unsets it",
    ),
    "64 bits and no variable says so": (
        "jax",
        {"told": {"x64": True}},
        "problem",
        "jax",
        "takes for a difference",
        "sitecustomize",
    ),
    "64 bits in pyproject": (
        "jax",
        variable("JAX_ENABLE_X64", "1", project=True) | {"told": {"x64": True}},
        "problem",
        "jax",
        "keeps 64 bits",
        "[tool.multibackend.backends.jax]",
    ),
    "JAX does not compile": (
        "jax",
        variable("JAX_DISABLE_JIT", "1") | {"told": {"jit": False}},
        "note",
        "jax",
        "JAX_DISABLE_JIT=1 switches the compiler of jax off",
        "unset JAX_DISABLE_JIT; `multibackend check` unsets it",
    ),
    "JAX does not compile in pyproject": (
        "jax",
        variable("JAX_DISABLE_JIT", "1", project=True),
        "problem",
        "jax",
        "the check `jit` would ask nothing",
        "[tool.multibackend.backends.jax]",
    ),
    "torch does not compile": (
        "torch",
        variable("TORCHDYNAMO_DISABLE", "1", project=True),
        "problem",
        "torch",
        "TORCHDYNAMO_DISABLE=1 switches",
        "[tool.multibackend.backends.torch]",
    ),
    "a compiler is off and no variable says so": (
        "tensorflow",
        {"told": {"jit": False}},
        "problem",
        "tensorflow",
        "compiles nothing here",
        "sitecustomize",
    ),
    "TensorFlow compiles by itself": (
        "tensorflow",
        variable("TF_XLA_FLAGS", "--tf_xla_auto_jit=2"),
        "note",
        "tensorflow",
        "--tf_xla_auto_jit=2",
        "unset TF_XLA_FLAGS",
    ),
    "no C++ compiler": (
        "torch",
        variable("CXX", "my-c++") | {"told": {"compiler": None}},
        "note",
        "torch",
        "No C++ compiler 'my-c++'",
        "CXX",
    ),
    "no headers of Python": (
        "torch",
        {"told": {"python_headers": False}},
        "note",
        "torch",
        "Python.h",
        "python3-dev",
    ),
    "KERAS_BACKEND is empty": (
        "torch",
        variable("KERAS_BACKEND", ""),
        "note",
        None,
        "KERAS_BACKEND is set and empty",
        "unset KERAS_BACKEND",
    ),
    "KERAS_BACKEND is misspelt": (
        "torch",
        variable("KERAS_BACKEND", "pytorch"),
        "problem",
        None,
        "KERAS_BACKEND=pytorch names no backend",
        "torch, jax, tensorflow",
    ),
    "KERAS_BACKEND names a plugin that is installed": (
        "torch",
        variable("KERAS_BACKEND", "mlx", plugins=("mlx",)),
        "note",
        None,
        "KERAS_BACKEND=mlx names the installed plugin keras_mlx, which Keras 3.16",
        "multibackend doctor --backends mlx",
    ),
    "KERAS_HOME is empty": (
        "torch",
        variable("KERAS_HOME", ""),
        "note",
        None,
        "KERAS_HOME is set and empty",
        "unset KERAS_HOME",
    ),
    "the folder cannot be written": (
        "torch",
        {"around": {"keras_home_writable": False}},
        "note",
        None,
        "/home/me/.keras cannot be written",
        "set KERAS_HOME",
    ),
    "fit is cut short": (
        "torch",
        variable("KERAS_MAX_STEPS_PER_EPOCH", "3"),
        "note",
        None,
        "ends after so many steps per epoch",
        "unset KERAS_MAX_STEPS_PER_EPOCH",
    ),
    "NNX by the variable": (
        "jax",
        variable("KERAS_NNX_ENABLED", "True"),
        "note",
        "jax",
        "Flax",
        "unset KERAS_NNX_ENABLED",
    ),
    "Keras 2": (
        "tensorflow",
        variable("TF_USE_LEGACY_KERAS", "1"),
        "note",
        "tensorflow",
        "Keras 2",
        "unset TF_USE_LEGACY_KERAS",
    ),
    "oneDNN is off": (
        "tensorflow",
        variable("TF_ENABLE_ONEDNN_OPTS", "0"),
        "note",
        "tensorflow",
        "TF_ENABLE_ONEDNN_OPTS=0",
        "unset TF_ENABLE_ONEDNN_OPTS",
    ),
    "keras.json is not JSON": (
        "torch",
        {"around": {"keras_json_error": "not JSON: Expecting value"}},
        "note",
        None,
        "leaves it out without a word",
        "rm /home/me/.keras/keras.json",
    ),
    "keras.json cannot be read": (
        "torch",
        {"around": {"keras_json_error": "Permission denied"}},
        "problem",
        None,
        "(Permission denied): Keras does not import",
        "Make it readable",
    ),
    "keras.json holds a list": (
        "torch",
        {"around": {"keras_json": [1]}},
        "problem",
        None,
        "no table of settings",
        "rm /home/me/.keras/keras.json",
    ),
    "floatx": (
        "torch",
        settings(floatx="float64"),
        "note",
        None,
        "floatx 'float64'",
        "leaves the file out",
    ),
    "floatx of a folder that pyproject names": (
        "torch",
        variable("KERAS_HOME", "/k", project=True, keras_json={"floatx": "float16"}),
        "problem",
        "torch",
        "floatx 'float16'",
        "must be 'float32'",
    ),
    "floatx that Keras refuses": (
        "torch",
        settings(floatx="bfloat16"),
        "problem",
        None,
        "floatx 'bfloat16', Keras accepts float16, float32, float64",
        "Correct it",
    ),
    "epsilon": ("torch", settings(epsilon=1e-3), "note", None, "epsilon 0.001", "Edit"),
    "epsilon that Keras refuses": (
        "torch",
        settings(epsilon=1),
        "problem",
        None,
        "epsilon 1, Keras accepts a float",
        "Correct it",
    ),
    "channels first": (
        "torch",
        settings(image_data_format="channels_first"),
        "note",
        None,
        "'channels_first'",
        "Edit",
    ),
    "an image format that Keras refuses": (
        "torch",
        settings(image_data_format=[]),
        "problem",
        None,
        "image_data_format [], Keras accepts channels_last",
        "Correct it",
    ),
    "NNX by the file": (
        "torch",
        settings(nnx_enabled=True),
        "note",
        None,
        "nnx_enabled",
        "Edit",
    ),
    "a key that nobody reads": (
        "torch",
        settings(flaotx="float64"),
        "note",
        None,
        "'flaotx', which Keras does not read",
        "floatx, epsilon, backend",
    ),
    "a backend that somebody chose": (
        "torch",
        settings(backend="jax"),
        "note",
        None,
        "backend 'jax': without KERAS_BACKEND, your code runs on it",
        "export KERAS_BACKEND=torch",
    ),
    "the backend of the file is not read beside the variable, the rest is": (
        "torch",
        variable("KERAS_BACKEND", "torch", keras_json={"backend": {}, "epsilon": 0.5}),
        "note",
        None,
        "epsilon 0.5",
        "Edit",
    ),
    "a backend that Keras refuses": (
        "torch",
        settings(backend=["torch"]),
        "problem",
        None,
        "backend ['torch'], Keras accepts torch",
        "Correct it",
    ),
    "a plugin is among those that Keras takes where one is installed": (
        "torch",
        {"around": {"keras_json": {"backend": "mxl"}, "plugins": ("mlx",)}},
        "problem",
        None,
        "openvino, mlx: it does not import",
        "Correct it",
    ),
    "no matplotlib": (
        "torch",
        {"here": {"extras": ("plot",)}},
        "note",
        None,
        "'plot' is not installed, matplotlib",
        "python -m pip install 'keras-multibackend[plot]'",
    ),
    "no scikit-learn in an environment of its own": (
        "jax",
        {"here": {"extras": ("data",)}, "interpreter": "/j/python"},
        "note",
        "jax",
        "'data' is not installed, scikit-learn",
        "/j/python -m pip install 'keras-multibackend[data]'",
    ),
}


def open_(seen: Sequence[Seen]) -> list[Finding]:
    return [finding for finding in examine(seen) if finding.level != "ok"]


@pytest.mark.parametrize(
    ("backend", "off", "level", "whose", "found", "do"),
    TABLE.values(),
    ids=TABLE.keys(),
)
def test_a_fact_that_is_off_is_found_once_and_nothing_else_is(
    backend: str,
    off: dict[str, Any],
    level: str,
    whose: str | None,
    found: str,
    do: str,
    seen: Callable[..., Seen],
) -> None:
    (finding,) = open_([seen(backend, **off)])

    assert (finding.level, finding.backend) == (level, whose)
    assert found in finding.found
    assert do in finding.do


@pytest.mark.parametrize("off", [row[:2] for row in TABLE.values()], ids=TABLE.keys())
def test_what_is_found_is_a_sentence_and_what_to_do_is_there(
    off: tuple[str, dict[str, Any]], seen: Callable[..., Seen]
) -> None:
    (finding,) = open_([seen(off[0], **off[1])])

    assert re.fullmatch(r"\S[^\n]*\.", finding.found), finding.found
    assert ".." not in finding.found.replace("...", "")
    assert finding.do


def test_every_row_of_the_table_is_a_finding_of_its_own(
    seen: Callable[..., Seen],
) -> None:
    """Two rows of one sentence would test one rule twice."""
    found = [open_([seen(row[0], **row[1])])[0] for row in TABLE.values()]

    assert len(set(found)) == len(TABLE)


@pytest.mark.parametrize("backend", ["torch", "jax", "tensorflow", "numpy"])
def test_a_sound_backend_has_nothing_to_be_done(
    backend: str, seen: Callable[..., Seen]
) -> None:
    one = seen(backend)

    assert open_([one]) == []
    assert fit([one], examine([one]))
    assert {finding.do for finding in examine([one])} == {""}


SOUND: dict[str, tuple[str, dict[str, Any]]] = {
    "a GPU without TF32": ("torch", gpu(capability=7.5)),
    "TF32 forbidden by NVIDIA's switch": (
        "torch",
        variable("NVIDIA_TF32_OVERRIDE", "0", nvidia_gpu=True)
        | {"told": gpu()["told"]},
    ),
    "full products on a GPU": ("jax", gpu(precision="highest", tf32_allowed=())),
    "a hidden GPU": (
        "torch",
        variable("CUDA_VISIBLE_DEVICES", "-1", nvidia_gpu=True),
    ),
    "a GPU hidden from JAX": (
        "jax",
        variable("JAX_PLATFORMS", "cpu", nvidia_gpu=True) | {"told": {"cuda": "12"}},
    ),
    "fast math said to be off": ("jax", flags("xla_cpu_enable_fast_math", "false")),
    "fast math where XLA compiles nothing": (
        "torch",
        flags("xla_cpu_enable_fast_math", "true"),
    ),
    "JAX compiles": ("jax", variable("JAX_DISABLE_JIT", "0")),
    "a backend in the variable": ("torch", variable("KERAS_BACKEND", "jax")),
    "keras.json as Keras writes it": (
        "torch",
        settings(
            floatx="float32",
            epsilon=1e-7,
            backend="tensorflow",
            image_data_format="channels_last",
        ),
    ),
    "keras.json that chooses the default": ("torch", settings(backend="torch")),
    "the variable goes before the file": (
        "torch",
        variable("KERAS_BACKEND", "jax", keras_json={"backend": "no such"}),
    ),
    "NNX off": ("jax", variable("KERAS_NNX_ENABLED", "0")),
    "oneDNN on": ("tensorflow", variable("TF_ENABLE_ONEDNN_OPTS", "1")),
}


@pytest.mark.parametrize(("backend", "given"), SOUND.values(), ids=SOUND.keys())
def test_what_is_as_it_should_be_is_no_finding(
    backend: str, given: dict[str, Any], seen: Callable[..., Seen]
) -> None:
    assert open_([seen(backend, **given)]) == []


def test_a_framework_that_is_not_installed_is_a_note_and_unfit_only_alone(
    seen: Callable[..., Seen],
) -> None:
    missing = seen("jax", **NOWHERE)
    (finding,) = open_([missing])

    assert (finding.level, finding.backend) == ("note", "jax")
    assert finding.found == "jax is not installed in /venv/bin/python."
    assert "python -m pip install 'keras-multibackend[jax]'" in finding.do
    assert not fit([missing], examine([missing]))
    both = [seen("torch"), missing]
    assert fit(both, examine(both))


def test_the_command_installs_into_the_interpreter_that_was_asked(
    seen: Callable[..., Seen],
) -> None:
    (finding,) = open_([seen("jax", **NOWHERE, interpreter="/my env/bin/python")])

    assert "'/my env/bin/python' -m pip install 'keras-multi" in finding.do


def test_a_file_that_names_a_missing_backend_is_a_note(
    seen: Callable[..., Seen],
) -> None:
    """Who deletes TensorFlow is left with the file that Keras wrote."""
    written = {
        "floatx": "float32",
        "epsilon": 1e-07,
        "backend": "tensorflow",
        "image_data_format": "channels_last",
    }
    missing = seen("tensorflow", **NOWHERE, around={"keras_json": written})
    found = [finding for finding in open_([missing]) if finding.topic == "keras.json"]

    assert [finding.found for finding in found] == [
        "keras.json has the backend 'tensorflow', which is not installed here."
    ]
