"""`save`: What one backend saves, weights and optimizer slots, every backend loads to the bit.

A difference here is a trained model that is another model where it is loaded: weights in
another order, one that is dropped, an optimizer that starts anew. Every ordered pair of
backends is a check of its own, named after who saved, such as `save from torch`.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.inputs import current, seed_of
from multibackend.parity.checks.answer import AbstainError, Related
from multibackend.parity.checks.custom import custom_objects
from multibackend.parity.checks.subject import Subject
from multibackend.parity.record.arrays import numpy_dtype
from multibackend.weights import labels

KINDS = ("layer", "model")

#: How a saved file ends: a whole model, or the weights of a layer alone.
WHOLE, WEIGHTS = ".keras", ".weights.h5"

# The step counter of a saved optimizer: no optimizer starts there.
_STEPS = 7

Bits = dict[str, npt.NDArray[Any]]


def applies(subject: Subject) -> bool:
    """Something without weights has nothing to keep."""
    return bool(subject.target.weights)


def observe(subject: Subject) -> Related:
    """Saves, loads what it saved, and returns weights, slots and outputs."""
    with tempfile.TemporaryDirectory(prefix="multibackend-") as folder:
        return sending(Path(folder) / "own")(subject)


def sending(stem: Path) -> Callable[[Subject], Related]:
    """The check for the backend that saves: it keeps the file and loads it itself.

    Args:
        stem: The file's path without its ending.
    """

    def observe(subject: Subject) -> Related:
        if _moved():
            return _plain(subject)
        return _answer(subject, save(subject, stem))

    return observe


def receiving(file: Path) -> Callable[[Subject], Related]:
    """The check for a backend that loads what another one saved.

    Args:
        file: What the other backend saved.
    """

    def observe(subject: Subject) -> Related:
        return _plain(subject) if _moved() else _answer(subject, file)

    return observe


def saved(stem: Path) -> Path | None:
    """The file that was saved under this path without its ending, if any."""
    both = (stem.with_name(stem.name + ending) for ending in (WHOLE, WEIGHTS))
    return next((file for file in both if file.is_file()), None)


def save(subject: Subject, stem: Path) -> Path:
    """Saves the object at its start, its optimizer with seeded slots.

    Returns:
        The file: a `.keras` file of a model that has a config, else its weights.
    """
    ending = WHOLE if _whole(subject.target) else WEIGHTS
    stem.parent.mkdir(parents=True, exist_ok=True)
    file = stem.with_name(stem.name + ending)
    part = stem.with_name(f".{secrets.token_hex(8)}{ending}")
    if subject.kind == "model":
        _fill(subject.target.optimizer)
    try:
        if ending == WHOLE:
            keras.saving.save_model(subject.target, part)
        else:
            keras.saving.save_weights(subject.target, part)
        return part.replace(file)
    finally:
        part.unlink(missing_ok=True)
        subject.rewind()


def _moved() -> bool:
    """Whether numbers are moved or wide just now: a file holds those of float32 alone."""
    return bool(current().twin) or current().dtype != "float32"


def _plain(subject: Subject) -> Related:
    expected = _expected(subject)
    return Related(expected, expected)


def _answer(subject: Subject, file: Path) -> Related:
    expected = _expected(subject)
    target = _load(subject, file)
    optimizer = target.optimizer if subject.kind == "model" else None
    weights = target.weights
    slots = optimizer.variables if optimizer else []
    observed = {
        "weight bits": _named_as(expected["weight bits"], weights),
        "slot bits": _named_as(expected["slot bits"], slots),
        "counts": {"weights": len(weights), "slots": len(slots)},
        "outputs": _outputs(subject, target),
    }
    return Related(observed, expected)


def _named_as(expected: Bits, variables: list[Any]) -> Bits:
    """The variables in their order, under the names of those that they must equal.

    Not under their own: a Sequential that was loaded calls `sequential/dense/kernel`
    plain `dense/kernel`. What is lacking comes as an empty array, told by its name.
    """
    found = [_as_bits(variable.numpy(), variable.dtype) for variable in variables]
    lacking = [np.zeros(0, np.uint32)] * (len(expected) - len(found))
    return dict(zip(expected, [*found, *lacking], strict=False))


def _expected(subject: Subject) -> dict[str, Any]:
    """What must be loaded, without looking at a file: starts, slots and outputs."""
    target = subject.target
    starts = {id(start.variable): start.value for start in subject.starts}
    weights = {
        name: _as_bits(starts.get(id(v), v.numpy()), v.dtype)
        for name, v in _labelled(target.weights)
    }
    slots: Bits = {}
    if subject.kind == "model":
        named = _labelled(target.optimizer.variables)
        slots = {name: _as_bits(_filling(name, v), v.dtype) for name, v in named}
    return {
        "weight bits": weights,
        "slot bits": slots,
        "counts": {"weights": len(weights), "slots": len(slots)},
        "outputs": _outputs(subject, target),
    }


def _outputs(subject: Subject, target: Any) -> Any:
    return replace(subject, target=target).call(subject.inputs())


def _load(subject: Subject, file: Path) -> Any:
    """Loads into a new object.

    Raises:
        AbstainError: Keras loads it in no safe way.
    """
    if file.name.endswith(WEIGHTS):
        target = _rebuilt(subject)
        keras.saving.load_weights(target, file)
        return target
    try:
        return keras.saving.load_model(
            file, custom_objects=custom_objects(subject.target)
        )
    except ValueError as error:
        if "safe_mode" not in str(error):
            raise
        reason = str(error).partition(". ")[0]
        message = f"Keras refuses the file in its safe mode: {reason}"
        raise AbstainError(message) from error


def _rebuilt(subject: Subject) -> Any:
    if subject.rebuild is None:
        message = f"the subject of {subject.name} cannot be built anew"
        raise RuntimeError(message)
    return subject.rebuild().target


def _whole(target: Any) -> bool:
    """Whether it is a model that says how to make it anew."""
    if not isinstance(target, keras.Model):
        return False
    try:
        _ = target.get_config()
    except NotImplementedError:
        return False
    return True


def _fill(optimizer: Any) -> None:
    """Overwrites every variable of an optimizer: none keeps the value it starts with."""
    for name, variable in _labelled(optimizer.variables):
        variable.assign(_filling(name, variable))


def _filling(name: str, variable: Any) -> npt.NDArray[Any]:
    shape = tuple(variable.shape)
    if "float" not in str(variable.dtype):
        return np.full(shape, _STEPS, np.int32)
    rng = np.random.default_rng(seed_of(f"slot {name}"))
    return rng.uniform(0.01, 1.0, shape).astype(np.float32)


def _labelled(variables: list[Any]) -> list[tuple[str, Any]]:
    return list(zip(labels(variables), variables, strict=True))


def _as_bits(value: Any, dtype: Any) -> npt.NDArray[Any]:
    """A float as the bits of its float32, which holds all narrower ones exactly.

    Whole numbers come as int64: their width is the backend's own.
    """
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        return array.astype(np.int64)
    if str(dtype) in ("float16", "bfloat16"):
        array = array.astype(numpy_dtype(str(dtype)))
    return np.ascontiguousarray(array.astype(np.float32)).view(np.uint32)
