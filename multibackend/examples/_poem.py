"""The Zen of Python, which comes with every Python, as numbers."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["poem"]

Array = npt.NDArray[Any]


def poem() -> tuple[str, Array]:
    """Returns the characters that the poem uses, sorted, and their numbers in it."""
    with contextlib.redirect_stdout(io.StringIO()):  # importing it prints it
        text = codecs.decode(importlib.import_module("this").s, "rot13")
    characters = "".join(sorted(set(text)))
    return characters, np.asarray([characters.index(c) for c in text], dtype="int32")
