"""`config`: Does an object made from its written configuration do the same?

A difference here loads another object than the one that was saved: an argument that
the configuration drops falls back to its default. The configuration goes through JSON,
and the weights are copied over.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from multibackend.inputs import current
from multibackend.parity.checks import fit, forward
from multibackend.parity.checks.answer import NotApplicableError, Related
from multibackend.parity.checks.custom import custom_objects
from multibackend.parity.checks.given import structure
from multibackend.parity.checks.numbers import as_numpy
from multibackend.parity.checks.recurrent import recurrent
from multibackend.parity.checks.subject import Subject
from multibackend.weights import plain

KINDS = ("layer", "model", "loss", "metric", "optimizer", "schedule")

_KEY = "config"
_SAME = "the same"
# How many differences are told.
_TOLD = 4


def observe(subject: Subject) -> Any:
    """Returns what a copy is and does, and expects what the original is and does."""
    outputs = _outputs(subject)
    expected = {
        "config": _SAME,
        "weights": _SAME,
        "structure": structure(outputs),
        "outputs": keras.tree.flatten(outputs),
    }
    if current().twin:
        return Related(expected, expected)
    subject.rewind()
    copy = _prepared(subject)
    again = _outputs(copy)
    observed = {
        "config": _changes(_written(subject.target), _written(copy.target)),
        "weights": _changes(_weights(subject), _weights(copy)),
        "structure": structure(again),
        "outputs": keras.tree.flatten(again),
    }
    if observed["structure"] != expected["structure"]:
        # Outputs that do not come in pairs are not compared one by one.
        del observed["outputs"], expected["outputs"]
    return Related(observed, expected)


def _outputs(subject: Subject) -> Any:
    if subject.kind == "optimizer":
        # An optimizer belongs to the variables that it first saw: take a fresh one.
        fresh = subject.rebuild().target if subject.rebuild else _copy(subject.target)
        return [[v.numpy() for v in updated] for updated in fit.updates(fresh)]
    # Copies: on torch a metric's result may be a view of its state.
    return keras.tree.map_structure(
        lambda leaf: np.array(as_numpy(leaf)) if keras.ops.is_tensor(leaf) else leaf,
        forward.observe(subject),
    )


def _prepared(subject: Subject) -> Subject:
    """A copy with the weights of the original, which stand at their start."""
    if subject.kind == "optimizer":
        copy = dataclasses.replace(subject, rebuild=None, target=_copy(subject.target))
    elif _KEY not in subject.memory:
        copy = dataclasses.replace(subject, target=_copy(subject.target), memory={})
        subject.memory[_KEY] = copy
    else:
        copy = subject.memory[_KEY]
    if subject.kind == "metric":
        copy.target.reset_state()
    if subject.kind in ("layer", "model"):
        _ = copy.call(copy.inputs())  # creates its weights
        for layer in recurrent(copy.target):
            layer.reset_state()
        pairs = zip(copy.target.weights, subject.target.weights, strict=False)
        for mine, weight in pairs:
            if tuple(mine.shape) == tuple(weight.shape):
                mine.assign(weight)
    return copy


def _copy(target: Any) -> Any:
    """The object once more, by way of its configuration as JSON text."""
    try:
        text = json.dumps(keras.saving.serialize_keras_object(target))
    except NotImplementedError as error:
        message = f"it has no configuration: {error}"
        raise NotApplicableError(message) from error
    if '"__lambda__"' in text:
        message = "it holds a Python lambda, which Keras does not load"
        raise NotApplicableError(message)
    return keras.saving.deserialize_keras_object(
        json.loads(text), custom_objects=custom_objects(target)
    )


def _written(target: Any) -> Any:
    """The configuration as it is written, without the shapes it was built for."""
    written = json.loads(json.dumps(keras.saving.serialize_keras_object(target)))
    return {key: value for key, value in written.items() if key != "build_config"}


def _weights(subject: Subject) -> list[str]:
    """Names and shapes; a path depends on who built the layer, its caller or Keras."""
    if subject.kind not in ("layer", "model"):
        return []
    weights = subject.target.weights
    return [f"{plain(weight.name)} {tuple(weight.shape)}" for weight in weights]


def _changes(one: Any, other: Any) -> str:
    told = list(_differences(one, other, ""))
    return "; ".join(told[:_TOLD]) or _SAME


def _differences(one: Any, other: Any, path: str) -> Iterator[str]:
    """`config/units: 4 became 8`, for each setting that is another in the copy."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _differences(
                one.get(key, "nothing"), other.get(key, "nothing"), f"{path}/{key}"
            )
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(*pair, f"{path}/{place}")
    elif plain(json.dumps(one)) != plain(json.dumps(other)):
        yield f"{path.strip('/') or 'all'}: {json.dumps(one)} became {json.dumps(other)}"
