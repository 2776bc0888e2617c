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
from multibackend.parity.record.observation import flatten

KINDS = ("layer", "model", "loss", "metric", "function")
JUDGED = "exact"

_SEED = 1
_SAME = "the same"


def observe(subject: Subject) -> Any:
    """Returns what differs between two runs, and expects that nothing does."""
    first, second = _run(subject), _run(subject)
    subject.rewind()
    expected = dict.fromkeys(first, _SAME)
    return Related({name: _told(first[name], second[name]) for name in first}, expected)


def _run(subject: Subject) -> dict[str, Any]:
    """What comes out at inference and, where the subject tells them apart, training."""
    _begin(subject)
    found = {"inference": _arrays(forward.observe(subject))}
    if subject.trains:
        _begin(subject)
        found["training"] = _arrays(training.observe(subject))
    return found


def _begin(subject: Subject) -> None:
    subject.rewind()
    # Whatever draws without a seed of its own starts anew as well.
    keras.utils.set_random_seed(_SEED)


def _arrays(nested: Any) -> dict[str, npt.NDArray[Any]]:
    return flatten(keras.tree.map_structure(_bits, nested))[1]


def _told(first: dict[str, Any], second: dict[str, Any]) -> str:
    """`the same`, or which output is another, and where."""
    if list(first) != list(second):
        return f"outputs {list(first)}, then {list(second)}"
    for name, one in first.items():
        other = second[name]
        if one.shape != other.shape or one.dtype != other.dtype:
            return f"{name}: {one.dtype}{one.shape}, then {other.dtype}{other.shape}"
        unlike = np.argwhere(one != other)
        if len(unlike):
            place = f"{name}{unlike[0].tolist()}"
            return f"{len(unlike)} of {one.size} elements of {name}, first {place}"
    return _SAME


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
