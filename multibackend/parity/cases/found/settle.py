"""Builds what was found: the first arguments and inputs that go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from multibackend.errors import NotBuiltError
from multibackend.parity.cases.case import Arguments
from multibackend.parity.cases.found.arguments import (
    UnknownArgumentError,
    signature,
    values,
)
from multibackend.parity.cases.found.inputs import TEXT, Inputs, candidates
from multibackend.parity.cases.found.objects import Found
from multibackend.parity.cases.reason import message_of

__all__ = ["Place", "Settled"]

_SEED = 1


#: Which of the arguments and which of the inputs, counted in the order of trying.
Place = tuple[int, int]


class Settled:
    """The function of a case: what it returns is what `@case` functions return.

    The first call finds arguments and inputs that go together; each later one, and each
    after `take`, uses the same again.
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._way: _Way | None = None
        self._refused: NotBuiltError | None = None

    def search(self) -> Place:
        """Where the first arguments and inputs stand that go together here.

        Raises:
            NotBuiltError: Nothing that was tried does.
        """
        return self._found_way().place

    def take(self, place: Place) -> None:
        """Uses these arguments and inputs, whether they go together here or not."""
        self._way = next(way for way in _ways(self._found) if way.place == place)

    def __call__(self) -> Any:
        """Makes the object and its inputs.

        Raises:
            NotBuiltError: Nothing that was tried goes together.
        """
        way = self._found_way()
        keras.utils.set_random_seed(_SEED)
        built = way.object()
        given = way.given(built)
        if self._found.kind == "metric":
            return built, [given.args]
        return (built, given) if given.args or given.kwargs else built

    def _found_way(self) -> _Way:
        if self._refused is not None:
            raise self._refused
        if self._way is None:
            try:
                self._way = _search(self._found)
            except NotBuiltError as error:
                self._refused = error
                raise
        return self._way


@dataclass(frozen=True)
class _Way:
    """Arguments and inputs for what was found, each made anew when asked for."""

    place: Place
    label: str
    found: Found
    makers: dict[str, Callable[[], Any]]
    inputs: Inputs

    def object(self) -> Any:
        if self.found.kind == "function":
            return self.found.value
        return self.found.value(**{name: make() for name, make in self.makers.items()})

    def given(self, built: Any) -> Arguments:
        """The inputs, which a layer that learns from data first is adapted to."""
        given = self.inputs(built)
        if hasattr(built, "adapt"):
            built.adapt(given.args[0])
        return given


def _ways(found: Found) -> Iterator[_Way]:
    """Everything to try, in order; the same on every backend."""
    for first, makers in enumerate(
        [{}] if found.kind == "function" else values(found.value)
    ):
        for second, (label, inputs) in enumerate(candidates(found)):
            yield _Way((first, second), label, found, makers, inputs)


def _search(found: Found) -> _Way:
    reasons: list[str] = []
    unbuilt: int | None = None
    try:
        for way in _ways(found):
            if way.place[0] == unbuilt:
                continue  # the inputs do not matter
            try:
                built = way.object()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a reason
                reasons.append(_reason(error))
                unbuilt = way.place[0]
                continue
            try:
                _call(built, way.given(built), found)
            except Exception as error:  # noqa: BLE001 - the same
                reasons.append(f"{way.label}: {_reason(error)}")
            else:
                if way.label != TEXT:
                    return way
                reasons = ["it takes text, and a record holds numbers alone"]
                break
    except UnknownArgumentError as error:
        reasons = [str(error)]
    raise NotBuiltError(_told(found, reasons[0] if reasons else "nothing to try"))


def _call(built: Any, given: Arguments, found: Found) -> None:
    """Calls it once.

    Raises:
        ValueError: What it returns is no number, or not finite.
    """
    if found.kind in ("optimizer", "schedule"):
        return
    if found.kind == "metric":
        built.update_state(*given.args)
        returned = built.result()
    else:
        tensors = keras.tree.map_structure(_tensor, given.args)
        returned = built(*tensors, **given.kwargs)
    leaves = [
        keras.ops.convert_to_numpy(leaf)
        for leaf in keras.tree.flatten(returned)
        if leaf is not None
    ]
    if not leaves:
        message = "it returns nothing"
        raise ValueError(message)
    if any(leaf.dtype.kind not in "fiubc" for leaf in leaves):
        message = "it returns no numbers"
        raise ValueError(message)
    if not all(np.isfinite(leaf.astype("complex64")).all() for leaf in leaves):
        message = "it returns numbers that are not finite"
        raise ValueError(message)


def _tensor(leaf: Any) -> Any:
    text = isinstance(leaf, np.ndarray) and leaf.dtype.kind in "US"
    scalar = isinstance(leaf, bool | int | float)
    return leaf if text or scalar else keras.ops.convert_to_tensor(leaf)


def _told(found: Found, reason: str) -> str:
    return f"could not be built: {signature(found.value)}: {reason}"


def _reason(error: Exception) -> str:
    """The class of the error and its first line; of Keras' wrapping, what is inside."""
    said = message_of(error).splitlines()
    lines = [line.strip() for line in said if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Exception encountered when calling"):
        del lines[0]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]
