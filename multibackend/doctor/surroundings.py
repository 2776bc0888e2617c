"""The user's environment: variables, keras.json, and whether a GPU is there.

It is read in the parent: where every framework crashes it is still known. Keras is told
of an empty folder instead, so that asking changes nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from multibackend import backends
from multibackend.doctor.facts import Surroundings
from multibackend.errors import UnknownBackendError

__all__ = ["gpu_here", "look", "usual_compiler"]

#: Every variable that changes what comes out, how it is computed, or where.
VARIABLES = (
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "CXX",
    "JAX_DEFAULT_MATMUL_PRECISION",
    "JAX_DISABLE_JIT",
    "JAX_ENABLE_X64",
    "JAX_PLATFORMS",
    "KERAS_BACKEND",
    "KERAS_HOME",
    "KERAS_MAX_EPOCHS",
    "KERAS_MAX_STEPS_PER_EPOCH",
    "KERAS_NNX_ENABLED",
    "MKL_NUM_THREADS",
    "MULTIBACKEND_OPTIMIZE",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_USE_LEGACY_KERAS",
    "TF_XLA_FLAGS",
    "TORCHDYNAMO_DISABLE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "TORCH_COMPILE_DISABLE",
    "XLA_FLAGS",
)


def look(
    environment: Mapping[str, str], project: Mapping[str, str], *, gpu: bool
) -> Surroundings:
    """Reads what the environment says, as Keras and the frameworks would.

    Args:
        environment: The user's variables.
        project: What pyproject.toml sets for this backend; it goes over them.
        gpu: Whether the machine has an NVIDIA GPU.
    """
    all_ = {**environment, **project}
    variables = {name: all_[name] for name in VARIABLES if name in all_}
    home = _keras_home(all_)
    content, error = _keras_json(home)
    return Surroundings(
        variables=variables,
        project=tuple(name for name in variables if name in project),
        xla_flags=_flags(all_.get("XLA_FLAGS", "")),
        keras_home=str(home),
        keras_home_writable=_writable(home),
        keras_json=content,
        keras_json_error=error,
        nvidia_gpu=gpu,
        plugins=tuple(dict.fromkeys(_plugins(variables, content))),
    )


def gpu_here() -> bool:
    """Whether the machine has an NVIDIA GPU, asked of no framework."""
    if any(Path("/dev").glob("nvidia[0-9]*")):
        return True
    # Windows, and Linux inside it, have no such files.
    elsewhere = os.name == "nt" or Path("/dev/dxg").exists()
    return elsewhere and shutil.which("nvidia-smi") is not None


def _plugins(variables: Mapping[str, str], settings: Any) -> Iterator[str]:
    """The backends named here that Keras does not have, and an installed plugin has."""
    named = [variables.get("KERAS_BACKEND")]
    if isinstance(settings, dict):
        named.append(cast("dict[str, Any]", settings).get("backend"))
    for name in named:
        if isinstance(name, str):
            with suppress(UnknownBackendError):
                if not backends.find(name).listed:
                    yield name


def _keras_home(environment: Mapping[str, str]) -> Path:
    """The folder as Keras finds it (keras/src/backend/config.py, 3.14 to 3.15)."""
    if "KERAS_HOME" in environment:
        return Path(environment["KERAS_HOME"]).expanduser()
    try:
        base = Path.home()
    except RuntimeError:  # a user without a name, as in some containers
        base = Path("~")
    return (base if os.access(base, os.W_OK) else Path("/tmp")) / ".keras"  # noqa: S108 - as Keras does


def _keras_json(home: Path) -> tuple[Any, str]:
    """What the file holds, or why it cannot be read."""
    try:
        text = (home / "keras.json").read_text("utf-8")
    except FileNotFoundError:
        return None, ""
    except (OSError, UnicodeDecodeError) as error:
        return None, str(getattr(error, "strerror", None) or error)
    try:
        return json.loads(text), ""
    except ValueError as error:
        return None, f"not JSON: {error}"


def _writable(folder: Path) -> bool:
    """Whether it, or the nearest folder above it that exists, can be written."""
    for each in (folder.absolute(), *folder.absolute().parents):
        if each.exists():
            return each.is_dir() and os.access(each, os.W_OK)
    return False


def _flags(text: str) -> dict[str, str]:
    """XLA's flags by name; a flag without a value is on.

    XLA takes what does not begin with two dashes for the name of a file.
    """
    text = text.strip()
    if text and not text.startswith("--"):
        try:
            text = Path(text).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return {}  # XLA stops the process with a message of its own
    words = [word.lstrip("-").partition("=") for word in text.split()]
    return {name: value if equal else "true" for name, equal, value in words}


def usual_compiler() -> str:
    """The C++ compiler that Inductor takes where `CXX` names none (torch 2.6 to 2.13)."""
    return {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
