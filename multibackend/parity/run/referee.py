"""The referee's float64: floatx, the default policy, x64, and the promotion cap.

`dtype="float64"` alone is not float64 inside: `keras.backend.result_type` narrows
float64 to float32 on torch and jax, so a Dense layer there multiplies in float32
and hands out float64.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import keras
import numpy as np

__all__ = ["float64", "lacking", "proved"]


@contextmanager
def float64(wide: AbstractContextManager[Any]) -> Generator[None]:
    """Computes in float64 inside the `with` block.

    Args:
        wide: The framework's own switch.
    """
    with wide, _uncapped():
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        try:
            yield
        finally:
            keras.config.set_floatx("float32")
            keras.config.set_dtype_policy("float32")


@contextmanager
def _uncapped() -> Generator[None]:
    """Lifts the cap that narrows 64-bit floats to 32 bits in promotion.

    The one private name of the suite. `result_type` (public) reads this table and
    offers no other way; entries seen with Keras 3.12 to 3.15. Where the table is gone
    the referee fails its proof, says so in the record and judges nobody.
    """
    from keras.src.backend.common import dtypes

    table: dict[str, str] = getattr(dtypes, "BIT64_TO_BIT32_DTYPE", {})
    before = dict(table)
    table.update({"float64": "float64", "complex128": "complex128"})
    try:
        yield
    finally:
        table.clear()
        table.update(before)


def proved() -> bool:
    """Whether float64 holds here: a change of 1e-13 passes two layers unharmed."""
    dense = keras.layers.Dense(1, kernel_initializer="ones")
    block = keras.Sequential([keras.layers.LayerNormalization(epsilon=1.0), dense])
    start = np.array([[1.0, 2.0, 4.0]])
    still, moved = (
        keras.ops.convert_to_numpy(block(start * factor) + dense(start * factor))
        for factor in (1.0, 1.0 + 1e-13)
    )
    change = float(np.max(np.abs(moved - still)))
    return moved.dtype == np.float64 and 1e-14 < change < 1e-11


def lacking(wide: Callable[[], AbstractContextManager[Any]]) -> str:
    """Why a backend cannot be a referee, or nothing where it can.

    Args:
        wide: Opens its float64.
    """
    try:
        with wide():
            return "" if proved() else "a change of 1e-13 is lost: it has no float64"
    except Exception as error:  # noqa: BLE001 - whatever a backend without it raises
        return f"float64 raises {type(error).__name__}: {str(error)[:200]}"
