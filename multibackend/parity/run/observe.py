"""Runs one case inside the child: builds it, asks its checks, yields observations."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.errors import CaseError
from multibackend.inputs import Working, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks.subject import NotApplicableError, Subject
from multibackend.parity.checks.table import Check
from multibackend.parity.record.observation import (
    BUILD,
    Arrays,
    Observation,
    Raised,
)
from multibackend.parity.run.once import build, reference_of, run_once, start_of

__all__ = ["Observer"]

_CAUGHT = (Exception, SystemExit)


@dataclass(frozen=True)
class Observer:
    """Asks the checks of a case.

    Attributes:
        checks: The checks to ask, in order.
        twins: How many times the referee runs again on moved numbers.
        reruns: The same for cases that compute everything themselves.
        float64: Opens the referee's float64; `None` where the backend has none.
        selected: Whether the user asked for some checks only.
        differentiates: Whether the backend has automatic differentiation.
    """

    checks: tuple[Check, ...]
    twins: int
    reruns: int
    float64: Callable[[], AbstractContextManager[Any]] | None
    selected: bool = False
    differentiates: bool = True

    def observe(
        self, case: Case, *, begin: Callable[[str], Any] = str
    ) -> Iterator[Observation]:
        """Yields `build` first, then one observation a check that applies.

        Args:
            case: What to run.
            begin: Called with the name of each check before it is asked.
        """
        blank = Observation(case.name, BUILD, "ok", file=case.file, line=case.line)
        start = time.perf_counter()
        try:
            with self._at("float32", 0, case.name):
                subject = build(case)
                arrays = start_of(subject)
        except CaseError as error:
            yield replace(blank, status="failed", detail=str(error), usage=True)
            return
        except _CAUGHT as error:
            yield replace(blank, status="raised", raised=_raised(error))
            return
        applying = list(self._applying(case, subject))
        if not applying and not self.selected:
            reason = (
                f"Expected a check that applies to case {case.name!r}, found none for a "
                f"{subject.kind}. Correct checks= or training= of the case."
            )
            yield replace(blank, status="failed", detail=reason, usage=True)
            return
        wide = self._wide(case)
        seconds = time.perf_counter() - start
        structure = ", ".join(arrays)
        yield replace(blank, structure=structure, outputs=arrays, seconds=seconds)
        for check in applying:
            begin(check.name)
            yield self._ask(
                check, case, subject, wide, replace(blank, check=check.name)
            )

    def _applying(self, case: Case, subject: Subject) -> Iterator[Check]:
        for check in self.checks:
            if subject.kind not in check.kinds or (
                case.checks and check.name not in case.checks
            ):
                continue
            if check.name == "training" and not subject.trains:
                continue
            if check.name == "grad_weights" and not subject.trainable:
                continue
            if check.name in ("training", "fit") and not case.training:
                continue
            yield check

    def _ask(
        self, check: Check, case: Case, subject: Subject, wide: Any, blank: Observation
    ) -> Observation:
        if check.name in case.skip:
            return replace(blank, status="unsupported", detail=case.skip[check.name])
        if check.name.startswith("grad") and not self.differentiates:
            reason = f"{keras.config.backend()} has no automatic differentiation"
            return replace(blank, status="unsupported", detail=reason)
        start = time.perf_counter()
        try:
            with self._at("float32", 0, case.name):
                structure, outputs = run_once(check, case, subject)
                drew = subject.drew()
            noise = self._moves("float32", check, case, subject, outputs)
        except NotApplicableError as reason:
            return replace(blank, status="unsupported", detail=str(reason))
        except _CAUGHT as error:
            seconds = time.perf_counter() - start
            return replace(
                blank, status="raised", raised=_raised(error), seconds=seconds
            )
        found = replace(blank, structure=structure, outputs=outputs, noise=noise)
        if drew:
            reason = f"draws random numbers: the seed {drew} advanced"
            found = replace(
                found, status="abstain", detail=reason, outputs={}, noise={}
            )
        elif self.float64 is not None:
            found = self._referee(check, case, wide, found)
        return replace(found, seconds=time.perf_counter() - start)

    def _referee(
        self, check: Check, case: Case, subject: Any, found: Observation
    ) -> Observation:
        """Adds the float64 run, its spread under one roundoff, and the NumPy reference."""
        if isinstance(subject, str):
            return replace(found, detail=f"no float64: {subject}")
        try:
            with self._at("float64", 0, case.name):
                _, referee = run_once(check, case, subject)
            spread = self._moves("float64", check, case, subject, referee)
        except _CAUGHT as error:
            raised = _raised(error)
            return replace(found, detail=f"no float64: {raised.kind}: {raised.message}")
        found = replace(found, referee=referee, spread=spread)
        try:
            with self._at("float64", 0, case.name):
                return replace(found, reference=reference_of(check, case, subject))
        except _CAUGHT as error:
            raised = _raised(error)
            why = (
                f"its reference raised {raised.kind}: {raised.message} ({raised.place})"
            )
            return replace(found, status="failed", detail=why, usage=True)

    def _moves(
        self, dtype: str, check: Check, case: Case, subject: Subject, still: Arrays
    ) -> dict[str, npt.NDArray[Any]]:
        """How far the outputs move when the numbers move by one roundoff."""
        spread: dict[str, npt.NDArray[Any]] = {}
        # A case that computes everything itself has to be run anew for each twin.
        twins = self.reruns if subject.kind == "arrays" else self.twins
        for twin in range(1, twins + 1):
            with self._at(dtype, twin, case.name):
                _, moved = run_once(check, case, subject)
            spread = _widened(spread, still, moved)
        return spread

    def _wide(self, case: Case) -> Subject | str:
        """The subject built once more in float64, or why that was not possible."""
        if self.float64 is None:
            return "the backend has no float64"
        try:
            with self._at("float64", 0, case.name):
                return build(case)
        except _CAUGHT as error:
            return f"{type(error).__name__}: {error}"

    @contextmanager
    def _at(self, dtype: str, twin: int, name: str) -> Generator[None]:
        wide = self.float64() if dtype == "float64" and self.float64 else nullcontext()
        with wide, working(Working(dtype, twin, name)):
            yield


def _widened(
    spread: Mapping[str, npt.NDArray[Any]],
    referee: Mapping[str, npt.NDArray[Any]],
    moved: Mapping[str, npt.NDArray[Any]],
) -> dict[str, npt.NDArray[Any]]:
    """The larger of the spread so far and the move of one more twin."""
    wider: dict[str, npt.NDArray[Any]] = {}
    for name, value in referee.items():
        other = moved.get(name)
        if value.dtype.kind not in "fc" or other is None or other.shape != value.shape:
            continue
        with np.errstate(invalid="ignore"):
            move = np.abs(other - value)
        wider[name] = np.fmax(spread[name], move) if name in spread else move
    return wider


def _raised(error: BaseException) -> Raised:
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return Raised(type(error).__name__, str(error)[:2000], place)
