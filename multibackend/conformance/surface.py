"""Asks an interpreter what its Keras offers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import msgspec

from multibackend.conformance.board import Surface
from multibackend.errors import EnvironmentUnfitError

__all__ = ["surface"]

_LIMIT = 300


def surface(backend: str, python: str | None = None) -> Surface:
    """The public symbols of the Keras of an interpreter, read in a process of its own.

    Args:
        backend: The backend that Keras is imported with.
        python: The interpreter; this one by default.

    Raises:
        EnvironmentUnfitError: Keras does not import there.
    """
    with tempfile.TemporaryDirectory(prefix="multibackend-") as home:
        done = subprocess.run(
            [
                python or sys.executable,
                "-m",
                "multibackend.conformance.inside.surface",
            ],
            env=os.environ | {"KERAS_BACKEND": backend, "KERAS_HOME": home},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_LIMIT,
        )
    try:
        return msgspec.json.decode(done.stdout, type=Surface)
    except msgspec.DecodeError as error:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        message = (
            f"Expected Keras to import with the backend {backend}, the process ended "
            f"with exit code {done.returncode}{': ' if words else ''}{' '.join(words)}. "
            "Ask `multibackend doctor`."
        )
        raise EnvironmentUnfitError(message) from error
