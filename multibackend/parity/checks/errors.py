"""`errors`: Is every bad input that the case lists refused, by the same class of error?

A difference here is an `except` that catches on one backend only, or a mistake that one
backend computes with and another refuses.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.errors import CaseError
from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.answer import Related
from multibackend.parity.checks.subject import Subject

KINDS = (
    "layer",
    "model",
    "loss",
    "metric",
    "optimizer",
    "schedule",
    "function",
    "arrays",
)
JUDGED = "exact"

# Text of one width: an array of text has its length in its dtype.
_WIDTH = 120
_MUST = "an error"

_UNCALLED = {
    "optimizer": "an optimizer is not called. Write `lambda: Adam(beta_1=2.0)`.",
    "arrays": "an array is not called. Write `lambda: keras.ops.eye(-1)`.",
}


def applies(subject: Subject) -> bool:
    """Whether the case lists bad inputs."""
    return bool(subject.bad)


def observe(subject: Subject) -> Related:
    """Returns the class of the error by the name of each bad input.

    Who refuses is compared with the other backends that do; who accepts is told what
    came out, and must have raised.
    """
    told: dict[str, npt.NDArray[np.str_]] = {}
    accepted: dict[str, npt.NDArray[np.str_]] = {}
    for name, given in subject.bad.items():
        subject.rewind()
        try:
            outputs = _materialized(_call(subject, given))
        except CaseError:
            raise
        except Exception as error:  # noqa: BLE001 - any class may come; it is the answer
            told[name] = _text(_class(error))
        else:
            told[name] = _text(f"no error: {_summary(outputs)}")
            accepted[name] = _text(_MUST)
    return Related(told, accepted)


def _call(subject: Subject, given: Any) -> Any:
    if not isinstance(given, Arguments):
        return given()
    args, kwargs = keras.tree.map_structure(
        _tensor, [list(given.args), dict(given.kwargs)]
    )
    if subject.kind == "metric":
        subject.target.update_state(*args, **kwargs)
        return subject.target.result()
    if subject.kind in ("optimizer", "arrays"):
        message = (
            f"Expected the bad inputs of case {subject.name!r} to be functions, received "
            f"arguments: {_UNCALLED[subject.kind]}"
        )
        raise CaseError(message)
    return subject.target(*args, **kwargs)


def _tensor(leaf: Any) -> Any:
    """Numbers as the tensors that a case's own inputs are; all else as it is."""
    numbers = isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind in "fiubc"
    return keras.ops.convert_to_tensor(leaf) if numbers else leaf


def _materialized(outputs: Any) -> Any:
    """The outputs as arrays: an error may wait until somebody looks."""
    return keras.tree.map_structure(
        lambda leaf: (
            keras.ops.convert_to_numpy(leaf) if keras.ops.is_tensor(leaf) else leaf
        ),
        outputs,
    )


def _class(error: Exception) -> str:
    """`ValueError`, and with its package where it is not Python's own."""
    kind = type(error)
    package = kind.__module__.partition(".")[0]
    return kind.__name__ if package == "builtins" else f"{package}.{kind.__name__}"


def _summary(outputs: Any) -> str:
    leaves = keras.tree.flatten(outputs)
    if len(leaves) == 1 and isinstance(leaves[0], np.ndarray):
        return f"output of shape {leaves[0].shape}"
    return f"{type(outputs).__name__}"


def _text(text: str) -> npt.NDArray[np.str_]:
    return np.asarray(text[:_WIDTH], f"U{_WIDTH}")
