"""Running a function for what it builds, not for what it computes."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import keras

__all__ = ["dry_run"]


def dry_run(fn: Callable[[], Any]) -> None:
    """Runs a function without computing: layers and metrics are built, no value changes.

    Args:
        fn: A function without arguments.
    """
    name = keras.config.backend()
    # Variables that are made inside start when the scope ends, behind the dry part.
    with keras.StatelessScope():
        importlib.import_module(f"multibackend.tracing._{name}").dry(fn)
