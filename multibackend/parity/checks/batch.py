"""`batch`: Does each row stay the same when the rows beside it are others?

A difference here gives an example another answer for the company that it is computed
in: batches of other sizes, a shuffled data set, padding rows.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from multibackend.inputs import current
from multibackend.parity.checks import forward
from multibackend.parity.checks.answer import NotApplicableError, Related
from multibackend.parity.checks.given import mapped, tensors
from multibackend.parity.checks.pure import at_inference
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model")


def observe(subject: Subject) -> Any:
    """Returns the even rows, with every odd row replaced by a copy of the first."""
    given = subject.inputs()
    rows = _rows(tensors(given), "inputs")
    outputs = keras.tree.flatten(forward.observe(subject))
    if _rows(outputs, "outputs") != rows:
        message = "the outputs have other rows than the inputs"
        raise NotApplicableError(message)
    expected = [_even(leaf) for leaf in outputs]
    if current().twin:
        return Related(expected, expected)
    subject.rewind()
    places = np.where(np.arange(rows) % 2, 0, np.arange(rows)).astype("int32")
    others = mapped(given, lambda leaf: keras.ops.take(leaf, places, axis=0))
    again = keras.tree.flatten(at_inference(subject, others))
    return Related([_even(leaf) for leaf in again], expected)


def _even(leaf: Any) -> Any:
    return keras.ops.convert_to_numpy(leaf)[::2]


def _rows(leaves: list[Any], what: str) -> int:
    """The length of the first axis that all have in common."""
    lengths = {
        int(leaf.shape[0]) if keras.ops.is_tensor(leaf) and len(leaf.shape) else 0
        for leaf in leaves
    }
    if len(lengths) != 1 or min(lengths) < 2:
        message = f"the {what} do not share a batch axis of two rows or more"
        raise NotApplicableError(message)
    return lengths.pop()
