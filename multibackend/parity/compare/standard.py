"""What each output of each backend is measured by: its own expectation, or the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.parity.compare.budget import common
from multibackend.parity.compare.measure import Standard
from multibackend.parity.compare.truth import Truth, find_truth, majority
from multibackend.parity.record.observation import Arrays, Observation

__all__ = ["Standards", "find_standards"]

Array = npt.NDArray[Any]

# What these cannot hold is infinite on every backend, and nobody's fault.
_NARROW = ("float16", "bfloat16")


@dataclass(frozen=True)
class Standards:
    """The standards of one check.

    Attributes:
        found: The observations by label.
        free: The same, but for what a rule relates to the backend's own run.
        exact: Whether answers are equal or not, as text and bits are.
        truth: What every backend is judged by; `None` where each name is related to
            its own backend's run.
    """

    found: Mapping[str, Observation]
    free: Mapping[str, Observation]
    exact: bool
    truth: Truth | None

    @property
    def moved(self) -> bool:
        """Whether any record says how far rounding moves this."""
        return self.exact or any(seen.spread for seen in self.found.values())

    def values(self, label: str) -> dict[str, Array]:
        """All values that a backend is judged by, by output name."""
        shared = {} if self.truth is None else self.truth.values
        return {**shared, **self.found[label].expected}

    def of(self, name: str, label: str, precision: str) -> Standard | None:
        """The standard of one output, or `None` where there is none.

        Args:
            name: The output's name.
            label: Whose output it is.
            precision: Which run of it, `"float32"` or `"float64"`.
        """
        expected = self._expected(name, label, precision)
        if expected is None:
            return None
        compute = self._compute(name, label)
        alike = precision == "float32" and (
            name not in self.found[label].expected or compute != "float32"
        )
        return Standard(
            expected=expected,
            spread=self._spread(name, label),
            noises=[
                seen.noise[name] for seen in self.found.values() if name in seen.noise
            ],
            shared=self._shared(name) if alike else 0.0,
            overflown=self._overflown(name) if compute in _NARROW else None,
            precision=precision,
            compute=compute,
        )

    def _expected(self, name: str, label: str, precision: str) -> Array | None:
        seen = self.found[label]
        if name in seen.expected:
            return seen.expected[name]
        if self.truth is None:
            return None
        # An unsure truth judges rounding only: each float32 run by its own referee.
        if not self.truth.sure and precision == "float32" and name in seen.referee:
            return seen.referee[name]
        return self.truth.values.get(name)

    def _spread(self, name: str, label: str) -> Array | None:
        seen = self.found[label]
        if self.truth is not None and name not in seen.expected:
            return self.truth.spread.get(name)
        others = (o.spread[name] for o in self.found.values() if name in o.spread)
        return seen.spread[name] if name in seen.spread else next(others, None)

    def _compute(self, name: str, label: str) -> str:
        compute = self.found[label].compute
        return compute.get(name.partition("/")[0], compute.get("", "float32"))

    def _shared(self, name: str) -> Any:
        """The error that all backends make in float32; in float64 nothing is excused.

        None where a run has another shape.
        """
        errors: list[Array] = []
        for seen in self.found.values():
            expected = seen.expected.get(name)
            if expected is None and self.truth is not None:
                expected = self.truth.values.get(name)
            output = seen.outputs.get(name)
            if expected is None or output is None or output.shape != expected.shape:
                return 0.0
            if expected.dtype.kind not in "fc":
                return 0.0
            with np.errstate(invalid="ignore", over="ignore"):
                errors.append(np.abs(output.astype(expected.dtype) - expected))
        return common(errors)

    def _overflown(self, name: str) -> Array | None:
        """Where no backend holds a number: what a narrow float cannot."""
        outputs = [o.outputs[name] for o in self.found.values() if name in o.outputs]
        numbers = all(output.dtype.kind in "fcV" for output in outputs)
        if not numbers or len({output.shape for output in outputs}) != 1:
            return None
        with np.errstate(over="ignore"):
            finite = [np.isfinite(output.astype(np.complex128)) for output in outputs]
        return ~np.logical_or.reduce(finite)


def find_standards(found: Mapping[str, Observation]) -> Standards:
    """Finds the truth of one check, and by it the standard of every output.

    Args:
        found: The observations by label, each with outputs.
    """
    free = {label: _free_of_rule(seen) for label, seen in found.items()}
    exact = any(seen.judged == "exact" for seen in found.values())
    return Standards(found, free, exact, majority(free) if exact else find_truth(free))


def _free_of_rule(seen: Observation) -> Observation:
    def free(arrays: Arrays) -> Arrays:
        return {n: array for n, array in arrays.items() if n not in seen.expected}

    return replace(
        seen,
        outputs=free(seen.outputs),
        referee=free(seen.referee),
        spread=free(seen.spread),
        noise=free(seen.noise),
    )
