"""Cases: recurrences that are linear in their state, each state as a sum over its past."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _softplus(x: Array) -> Array:
    return np.log1p(np.exp(x))


def _states(
    kept: Array, added: Array, first: Array | None, mask: Array | None
) -> Array:
    """Each state is what was ever added, times all that kept it since.

    A masked step keeps all and adds nothing.
    """
    batch, steps = added.shape[:2]
    states = np.zeros_like(added)
    for row in range(batch):
        real = [t for t in range(steps) if mask is None or mask[row, t]]
        for step in range(steps):
            past = [t for t in real if t <= step]
            for place, t in enumerate(past):
                since = np.prod(kept[row, past[place + 1 :]], axis=0)
                states[row, step] += since * added[row, t]
            if first is not None:
                states[row, step] += np.prod(kept[row, past], axis=0) * first[row]
    return states


def _outputs(states: Array, *, sequences: bool, state: bool) -> Any:
    outputs = states if sequences else states[:, -1]
    return (outputs, states[:, -1]) if state else outputs


def linear(*, sequences: bool = True, state: bool = False) -> Callable[..., Any]:
    """The formula of `LinearRecurrence`."""

    def reference(
        x: Array,
        *,
        weights: Weights,
        initial_state: Array | None = None,
        mask: Array | None = None,
    ) -> Any:
        parts = x @ weights["kernel"] + weights["bias"]
        value, recurrence, entrance = np.split(parts, 3, axis=-1)
        kept = _sigmoid(weights["decay"]) ** (8 * _sigmoid(recurrence))
        added = np.sqrt(1 - kept**2) * _sigmoid(entrance) * value
        states = _states(kept, added, initial_state, mask)
        return _outputs(states, sequences=sequences, state=state)

    return reference


def minimal(
    *, positive: bool = True, sequences: bool = True, state: bool = False
) -> Callable[..., Any]:
    """The formula of `MinGRU`."""

    def reference(
        x: Array,
        *,
        weights: Weights,
        initial_state: Array | None = None,
        mask: Array | None = None,
    ) -> Any:
        parts = x @ weights["kernel"] + weights["bias"]
        gate, candidate = np.split(parts, 2, axis=-1)
        if positive:
            candidate = np.where(candidate < 0, _sigmoid(candidate), candidate + 0.5)
        gate = _sigmoid(gate)
        states = _states(1 - gate, gate * candidate, initial_state, mask)
        return _outputs(states, sequences=sequences, state=state)

    return reference


def selective(size: int, *, state: bool = False) -> Callable[..., Any]:
    """The formula of `SelectiveScan`, one channel at a time."""

    def reference(
        x: Array,
        *,
        weights: Weights,
        initial_state: Array | None = None,
        mask: Array | None = None,
    ) -> Any:
        parts = x @ weights["projection"]
        rank = parts.shape[-1] - 2 * size
        short, entrance, exit_ = np.split(parts, [rank, rank + size], axis=-1)
        delta = _softplus(short @ weights["delta_kernel"] + weights["delta_bias"])
        outputs = np.zeros_like(x)
        last = np.zeros((x.shape[0], x.shape[2], size))
        for channel in range(x.shape[2]):
            step = delta[:, :, channel, None]  # (batch, steps, 1)
            kept = np.exp(-step * np.exp(weights["decay"][channel]))
            added = step * entrance * x[:, :, channel, None]
            first = None if initial_state is None else initial_state[:, channel]
            states = _states(kept, added, first, mask)
            outputs[:, :, channel] = np.sum(exit_ * states, axis=-1)
            outputs[:, :, channel] += weights["skip"][channel] * x[:, :, channel]
            last[:, channel] = states[:, -1]
        return (outputs, last) if state else outputs

    return reference


_MASK = [[True, True, False, True, False], [True, False, False, False, False]]


def _mask() -> Array:
    """One row with holes, one with a single step."""
    return array(_MASK)


def _no_linear() -> Mapping[str, Any]:
    """What `LinearRecurrence(3)` over 4 inputs refuses, and what cannot be made."""
    from multibackend.layers import LinearRecurrence

    return {
        "other width": normal(2, 5, 3),
        "no steps": normal(2, 4),
        "other mask": arguments(normal(2, 5, 4), mask=array([[True] * 4] * 2)),
        "other state": arguments(normal(2, 5, 4), initial_state=normal(2, 4)),
        "no units": lambda: LinearRecurrence(0),
        "no such method": lambda: LinearRecurrence(3, method="parallel"),
    }


def _no_minimal() -> Mapping[str, Any]:
    """What `MinGRU(3)` over 4 inputs refuses, and what cannot be made."""
    from multibackend.layers import MinGRU

    return {
        "other width": normal(2, 5, 3),
        "other mask": arguments(normal(2, 5, 4), mask=array([True] * 5)),
        "other state": arguments(normal(2, 5, 4), initial_state=normal(1, 3)),
        "units that are no integer": lambda: MinGRU(2.5),  # pyright: ignore[reportArgumentType]
        "positive is no flag": lambda: MinGRU(3, positive=1),  # pyright: ignore[reportArgumentType]
    }


def _no_selective() -> Mapping[str, Any]:
    """What `SelectiveScan(3)` over 4 inputs refuses, and what cannot be made."""
    from multibackend.layers import SelectiveScan

    return {
        "other width": normal(2, 5, 3),
        "no steps": normal(2, 4),
        "other mask": arguments(normal(2, 5, 4), mask=array([[True] * 5] * 3)),
        "other state": arguments(normal(2, 5, 4), initial_state=normal(2, 3, 4)),
        "no state": lambda: SelectiveScan(0),
        "no rank": lambda: SelectiveScan(3, 0),
        "no such method": lambda: SelectiveScan(3, method="loop"),
    }


@case(reference=linear(), bad=_no_linear)
def linear_recurrence() -> Any:
    from multibackend.layers import LinearRecurrence

    return LinearRecurrence(3, return_sequences=True), normal(2, 5, 4)


@variant(reference=linear(state=True))
def linear_recurrence_masked() -> Any:
    from multibackend.layers import LinearRecurrence

    layer = LinearRecurrence(3, return_sequences=True, return_state=True)
    return layer, arguments(normal(2, 5, 4), mask=_mask())


@variant(reference=linear(sequences=False))
def linear_recurrence_from_a_state() -> Any:
    from multibackend.layers import LinearRecurrence

    return LinearRecurrence(3), arguments(normal(2, 5, 4), initial_state=normal(2, 3))


@variant(reference=linear())
def linear_recurrence_one_by_one() -> Any:
    from multibackend.layers import LinearRecurrence

    layer = LinearRecurrence(3, method="scan", return_sequences=True)
    return layer, normal(2, 5, 4)


@variant(reference=linear())
def linear_recurrence_single() -> Any:
    from multibackend.layers import LinearRecurrence

    return LinearRecurrence(1, return_sequences=True), normal(1, 1, 1)


@case(reference=minimal(), bad=_no_minimal)
def mingru() -> Any:
    from multibackend.layers import MinGRU

    return MinGRU(3, return_sequences=True), normal(2, 5, 4)


@variant(reference=minimal(state=True))
def mingru_masked() -> Any:
    from multibackend.layers import MinGRU

    layer = MinGRU(3, return_sequences=True, return_state=True)
    return layer, arguments(normal(2, 5, 4), mask=_mask())


@variant(reference=minimal(positive=False, sequences=False, state=True))
def mingru_of_any_sign_from_a_state() -> Any:
    from multibackend.layers import MinGRU

    layer = MinGRU(3, positive=False, return_state=True)
    return layer, arguments(normal(2, 5, 4), initial_state=normal(2, 3))


@variant(reference=minimal())
def mingru_one_by_one() -> Any:
    from multibackend.layers import MinGRU

    return MinGRU(3, method="scan", return_sequences=True), normal(2, 5, 4)


@variant(reference=minimal())
def mingru_single() -> Any:
    from multibackend.layers import MinGRU

    return MinGRU(1, return_sequences=True), normal(1, 1, 1)


@case(reference=selective(3), bad=_no_selective)
def selective_scan() -> Any:
    from multibackend.layers import SelectiveScan

    return SelectiveScan(3), normal(2, 5, 4)


@variant(reference=selective(3, state=True))
def selective_scan_masked() -> Any:
    from multibackend.layers import SelectiveScan

    layer = SelectiveScan(3, return_state=True)
    return layer, arguments(normal(2, 5, 4), mask=_mask())


@variant(reference=selective(3, state=True))
def selective_scan_from_a_state() -> Any:
    from multibackend.layers import SelectiveScan

    layer = SelectiveScan(3, 2, return_state=True)
    return layer, arguments(normal(2, 5, 4), initial_state=normal(2, 4, 3))


@variant(reference=selective(3))
def selective_scan_one_by_one() -> Any:
    from multibackend.layers import SelectiveScan

    return SelectiveScan(3, method="scan"), normal(2, 5, 4)


@variant(reference=selective(1))
def selective_scan_single() -> Any:
    from multibackend.layers import SelectiveScan

    return SelectiveScan(1), normal(1, 1, 1)
