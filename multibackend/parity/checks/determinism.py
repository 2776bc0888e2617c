"""`determinism`: Does the same start give the very same bits twice?

A difference here makes a result that nobody can repeat: threads that add in another
order, memory that was never written, a counter outside the weights.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.parity.checks import forward, training
from multibackend.parity.checks.answer import Related
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model", "loss", "metric", "function")
JUDGED = "exact"

_SEED = 1


def observe(subject: Subject) -> Any:
    """Returns the bits of a second run, and expects those of the first."""
    first = _run(subject)
    second = _run(subject)
    subject.rewind()
    return Related(second, first)


def _run(subject: Subject) -> dict[str, Any]:
    """The bits that come out at inference and, where it tells them apart, training."""
    asked = {"inference": forward} | ({"training": training} if subject.trains else {})
    found: dict[str, Any] = {}
    for name, check in asked.items():
        subject.rewind()
        # Whatever draws without a seed of its own starts anew as well.
        keras.utils.set_random_seed(_SEED)
        found[name] = keras.tree.map_structure(_bits, check.observe(subject))
    return found


def _bits(leaf: Any) -> Any:
    """Floats as unsigned integers of the same width, all else as it is."""
    if leaf is None:
        return None
    value: npt.NDArray[Any] = np.asarray(
        keras.ops.convert_to_numpy(leaf) if keras.ops.is_tensor(leaf) else leaf
    )
    # bfloat16 and other floats that are not NumPy's own are of kind V.
    if value.dtype.kind not in "fcV":
        return value
    width = min(value.dtype.itemsize, 8)
    flat = np.ascontiguousarray(value).reshape(-1).view(f"u{width}")
    # A complex128 is two words.
    return flat.reshape(value.shape if flat.size == value.size else (*value.shape, 2))
