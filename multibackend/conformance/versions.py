"""Another Keras: an environment that tox made with it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from multibackend.errors import EnvironmentUnfitError
from multibackend.parity.run.config import Config, Interpreter

__all__ = ["with_keras"]


def with_keras(config: Config, backends: Iterable[str], version: str) -> Config:
    """The configuration in which every backend has this Keras.

    Args:
        config: What pyproject.toml says.
        backends: The backends.
        version: Such as `3.14.1`; the environment is `conform-keras3.14.1` of tox.

    Raises:
        EnvironmentUnfitError: There is no such environment.
    """
    if not re.fullmatch(r"\d+(\.\d+)+\w*", version):
        message = f"Expected --keras-version such as 3.14.1, received {version!r}."
        raise EnvironmentUnfitError(message)
    name = f"conform-keras{version}"
    place = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    python = Path.cwd() / ".tox" / name / place
    if not python.is_file():
        message = (
            f"Expected an environment with Keras {version} at {python}, found none. "
            f"Make it: python -m tox run -e {name} --notest"
        )
        raise EnvironmentUnfitError(message)
    given: Mapping[str, Interpreter] = {
        each: replace(config.interpreter(each), python=str(python)) for each in backends
    }
    return replace(config, interpreters={**config.interpreters, **given})
