"""Which private file of this room speaks to the backend's own framework."""

from __future__ import annotations

import importlib
from typing import Any

import keras

__all__ = ["framework"]


def framework() -> Any:
    """This backend's own half of the checks: `_torch`, `_jax` or `_tensorflow`."""
    name = f"multibackend.parity.checks._{keras.config.backend()}"
    return importlib.import_module(name)
