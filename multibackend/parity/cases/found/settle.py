"""Builds what was found: the first arguments and inputs that go together."""

from __future__ import annotations

import re
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
from multibackend.parity.cases.found.inputs import Inputs, candidates
from multibackend.parity.cases.found.objects import Found

__all__ = ["settled"]

_SEED = 1


@dataclass(frozen=True)
class _Way:
    """Arguments and inputs for what was found, each made anew when asked for."""

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


def settled(found: Found) -> Callable[[], Any]:
    """The function of a case: what it returns is what `@case` functions return.

    The first call finds out how; each later one does the same again.

    Raises:
        NotBuiltError: On the call, where nothing that was tried goes together.
    """
    ways: list[_Way] = []

    def make() -> Any:
        if not ways:
            ways.append(_search(found))
        keras.utils.set_random_seed(_SEED)
        built = ways[0].object()
        given = ways[0].given(built)
        if found.kind == "metric":
            return built, [given.args]
        return (built, given) if given.args or given.kwargs else built

    return make


def _search(found: Found) -> _Way:
    reasons: list[str] = []
    try:
        makers = [{}] if found.kind == "function" else values(found.value)
        for way, reason in _tried(found, makers):
            if not reason:
                return way
            reasons.append(reason)
    except UnknownArgumentError as error:
        reasons = [str(error)]
    raise NotBuiltError(_told(found, reasons[0] if reasons else "nothing to try"))


def _tried(
    found: Found, makers: list[dict[str, Callable[[], Any]]]
) -> Iterator[tuple[_Way, str]]:
    """Each attempt, and why it failed; no reason where it went well."""
    for arguments in makers:
        for label, inputs in candidates(found):
            way = _Way(found, arguments, inputs)
            try:
                built = way.object()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a reason
                yield way, _reason(error)
                break  # the inputs do not matter
            try:
                _call(built, way.given(built), found)
            except Exception as error:  # noqa: BLE001 - the same
                yield way, f"{label}: {_reason(error)}"
            else:
                yield way, ""


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
    plain = re.sub("\x1b\\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Exception encountered when calling"):
        del lines[0]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]
