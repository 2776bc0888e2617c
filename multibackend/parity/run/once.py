"""One run of one check on one subject, and what it starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.inputs import current, working
from multibackend.parity.cases.case import Case, bad_inputs
from multibackend.parity.checks.answer import Related
from multibackend.parity.checks.numbers import as_numpy
from multibackend.parity.checks.subject import Subject, classify
from multibackend.parity.checks.table import CHECKS, Check
from multibackend.parity.record.observation import flatten
from multibackend.weights import given_starts, labels

__all__ = ["Answer", "build", "reference_of", "run_once", "start_of", "weights_of"]

_SEED = 20150327  # the day of Keras' first commit; any fixed number would do

Named = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Answer:
    """What one run of a check yielded, as NumPy arrays.

    Attributes:
        structure: The nesting of the outputs, as text.
        outputs: What came out, by name.
        expected: What must come out, for the names that the check relates.
        compute: The dtype computed in, by the first part of a name.
    """

    structure: str
    outputs: Named
    expected: Named
    compute: Mapping[str, str]

    @property
    def numbers(self) -> Named:
        """What a twin is compared by: the plain run, where a check relates to one."""
        return {**self.outputs, **self.expected}


def build(case: Case, *, again: bool = False) -> Subject:
    """A fresh subject: the same seeds and settings whatever ran before.

    `keras.utils.clear_session` would do more, and cost half a second a case: it drops
    what JAX and TensorFlow compiled, and loads torch's compiler.

    Args:
        case: What to build.
        again: It was built and called before, in another dtype: see `Subject.build`.
    """
    floatx = current().dtype
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    return _built(case, again=again)


def _built(case: Case, *, again: bool = False) -> Subject:
    keras.utils.set_random_seed(_SEED)
    subject = classify(case(), case.name)
    subject.build(again=again)
    if case.weights is not None:
        subject.starts = given_starts(subject.starts, case.weights(), case.name)
    subject.rebuild = lambda: _rebuilt(case)
    subject.bad = bad_inputs(case)
    return subject


def _rebuilt(case: Case) -> Subject:
    """Once more, with the draws that the case had at first."""
    with working(replace(current(), draws=count())):
        return _built(case, again=True)


def run_once(check: Check, case: Case, subject: Subject) -> Answer:
    """One run of one check, from the start.

    Raises:
        TypeError: It yielded nothing, or what is expected is not among the outputs.
    """
    if subject.kind == "arrays" and current().twin:
        # There is nothing to put back: the case itself is the computation.
        subject = build(case)
    subject.rewind()
    found = check.observe(subject)
    related = found if isinstance(found, Related) else Related(found, {})
    structure, arrays = flatten(_numpy(related.observed))
    if not arrays:
        message = f"{check.name} of {case.name} yielded no array"
        raise TypeError(message)
    _, expected = flatten(_numpy(related.expected))
    lacking = sorted(set(expected) - set(arrays))
    if lacking:
        message = f"{check.name} of {case.name} yielded no {lacking[0]!r}"
        raise TypeError(message)
    return Answer(structure, arrays, expected, related.compute)


def start_of(subject: Subject) -> Named:
    """The inputs and weights that a case starts from: equal on all backends."""
    subject.rewind()
    given = subject.inputs()
    _, inputs = flatten(_numpy([list(given.args), dict(given.kwargs)]), "input")
    names = labels([start.variable for start in subject.starts])
    weights = {
        f"weight/{name}": start.value
        for name, start in zip(names, subject.starts, strict=True)
    }
    return inputs | weights


def _numpy(nested: Any) -> Any:
    """Tensors as arrays, Python floats in the working dtype, all else as it is."""

    def leaf(value: Any) -> Any:
        if isinstance(value, float):
            return np.asarray(value, current().dtype)
        if keras.ops.is_tensor(value) or isinstance(value, keras.Variable):
            return as_numpy(value)
        return value

    return keras.tree.map_structure(leaf, nested)


def reference_of(check: Check, case: Case, subject: Subject) -> Named:
    """What the case's NumPy function expects of `forward`."""
    if case.reference is None or check.name != CHECKS[0]:
        return {}
    given = _numpy([list(subject.inputs().args), dict(subject.inputs().kwargs)])
    kwargs: dict[str, Any] = dict(given[1])
    if subject.kind in ("layer", "model"):
        kwargs["weights"] = weights_of(subject)
    _, expected = flatten(case.reference(*given[0], **kwargs))
    return expected


def weights_of(subject: Subject) -> Named:
    """The weights by name, and by path below the layer: `kernel`, `query/kernel`."""
    names = labels([start.variable for start in subject.starts])
    wide = [start.value.astype(np.float64) for start in subject.starts]
    lone = {
        start.variable.name: value
        for start, value in zip(subject.starts, wide, strict=True)
    }
    return lone | {
        name.partition("/")[2] or name: value
        for name, value in zip(names, wide, strict=True)
    }
