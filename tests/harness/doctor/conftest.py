"""A backend as the doctor saw it, sound unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from multibackend import __version__
from multibackend.doctor.facts import (
    Computation,
    Installation,
    Seen,
    Surroundings,
    Trouble,
)

VERSIONS = {"torch": "2.13.0", "jax": "0.10.2", "tensorflow": "2.21.0"}

# What a framework tells on a machine without a GPU.
TOLD: dict[str, dict[str, Any]] = {
    "torch": {
        "tf32_allowed": ("convolution",),
        "precision": "highest",
        "compiler": "/usr/bin/g++",
        "python_headers": True,
        "gpu": False,
    },
    "jax": {
        "tf32_allowed": ("matmul", "convolution"),
        "precision": "default",
        "x64": False,
        "jit": True,
        "gpu": False,
    },
    "tensorflow": {
        "tf32_allowed": ("matmul", "convolution"),
        "jit": True,
        "gpu": False,
    },
}


def make(
    backend: str = "torch",
    *,
    around: Mapping[str, Any] | None = None,
    here: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
    trouble: Trouble | None = None,
    interpreter: str | None = None,
    silent: bool = False,
) -> Seen:
    """A sound backend, but for the fields that are given; a silent one told nothing."""
    surroundings = Surroundings(
        variables={},
        project=(),
        xla_flags={},
        keras_home="/home/me/.keras",
        keras_home_writable=True,
        keras_json=None,
        keras_json_error="",
        nvidia_gpu=False,
    )
    installation = Installation(
        multibackend=__version__,
        python="3.11.7",
        interpreter="/venv/bin/python",
        prefix="/venv",
        cores=2,
        installed=True,
        keras="3.15.1",
        framework=VERSIONS.get(backend, "1.0"),
        numpy="2.4.6",
    )
    computation = Computation(
        backend=backend,
        keras="3.15.1",
        framework=VERSIONS.get(backend, "1.0"),
        device="cpu",
        device_name="cpu",
        seconds=3.0,
        **TOLD.get(backend, {}),
    )
    change = msgspec.structs.replace
    return Seen(
        backend=backend,
        surroundings=change(surroundings, **(around or {})),
        interpreter=interpreter,
        installation=change(installation, **(here or {})),
        computation=None if silent else change(computation, **(told or {})),
        trouble=trouble,
    )


@pytest.fixture(scope="session")
def seen() -> Callable[..., Seen]:
    """Makes a sound backend, but for what is given."""
    return make
