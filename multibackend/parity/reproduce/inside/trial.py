"""Tries a program in a process that is warm: what it would yield in a fresh one."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from multibackend.parity.record.atomic import write_atomically
from multibackend.parity.reproduce.outcome import outcome
from multibackend.parity.reproduce.program import says

__all__ = ["tried"]

_NAME = "multibackend_reproducer"


def tried(program: Path, answer: Path, *, wide: Any) -> None:
    """Runs what a program compares, and writes its outcome as JSON.

    The text is ours, put together from the user's own code, which this process has
    imported and run before.

    Args:
        program: The file.
        answer: Where the outcome goes.
        wide: The framework's own switch for float64.

    Raises:
        OutputError: The folder cannot be written.
    """
    module = ModuleType(_NAME)
    module.__file__ = str(program)
    sys.modules[_NAME] = module
    text = program.read_text("utf-8")
    try:
        with _as_fresh(), wide if says(text, "WIDE") else nullcontext():
            related = says(text, "RELATED")
            found = outcome(
                lambda: _yielded(text, module), lambda leaf: leaf, related=related
            )
    finally:
        _ = sys.modules.pop(_NAME, None)
    write_atomically(answer, json.dumps(found).encode("utf-8"))


def _yielded(text: str, module: ModuleType) -> Any:
    exec(compile(text, str(module.__file__), "exec"), vars(module))  # noqa: S102 - see above
    found = module.yielded()
    return keras.tree.map_structure(module.plain, found)


@contextmanager
def _as_fresh() -> Generator[None]:
    """The settings of a process that has set none."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])
