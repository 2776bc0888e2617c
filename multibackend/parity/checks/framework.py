"""Which private file speaks to the framework of this process."""

from __future__ import annotations

import importlib
from typing import Any

import keras

from multibackend.backends import BACKENDS

__all__ = ["framework"]


def framework() -> Any:
    """This backend's own half of the checks, `_torch` and the like, or `_plain`."""
    row = BACKENDS.get(keras.config.backend())
    name = row.name if row is not None and row.driven else "plain"
    return importlib.import_module(f"multibackend.parity.checks._{name}")
