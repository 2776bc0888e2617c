"""Runs one case inside the child: builds it, asks its checks, yields observations."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from multibackend.backends import Backend
from multibackend.errors import CaseError, NotBuiltError
from multibackend.inputs import ROUNDOFF, Working, working
from multibackend.parity.cases.case import Case
from multibackend.parity.cases.reason import message_of
from multibackend.parity.checks.answer import (
    AbstainError,
    NotApplicableError,
    UnsupportedError,
)
from multibackend.parity.checks.given import tensors
from multibackend.parity.checks.narrow import narrowest
from multibackend.parity.checks.subject import Subject
from multibackend.parity.checks.table import Check
from multibackend.parity.record.observation import (
    BUILD,
    Arrays,
    Observation,
    Raised,
)
from multibackend.parity.run.moves import (
    PROOF_STEP,
    fits_float32,
    responds,
    widened,
)
from multibackend.parity.run.once import (
    Answer,
    build,
    reference_of,
    run_once,
    start_of,
)

__all__ = ["Observer"]

_CAUGHT = (Exception, SystemExit)

# The checks that a case leaves out by `training=False`.
_TRAINING = ("training", "fit", "state", "random")


class _DrewError(Exception):
    """A run drew random numbers, and another check judges those."""


@dataclass(frozen=True)
class Observer:
    """Asks the checks of a case.

    Attributes:
        checks: The checks to ask, in order.
        twins: How many times the referee runs again on moved numbers; the float32 run
            half as many times.
        reruns: The same for cases that compute everything themselves.
        float64: Opens the referee's float64; `None` where the backend has none.
        selected: Whether the user asked for some checks only.
        backend: What the backend can do; anything if `None`.
    """

    checks: tuple[Check, ...]
    twins: int
    reruns: int
    float64: Callable[[], AbstractContextManager[Any]] | None
    selected: bool = False
    backend: Backend | None = None

    def observe(
        self,
        case: Case,
        *,
        begin: Callable[[str], Any] = str,
        silent: Callable[[str, str], Any] | None = None,
    ) -> Iterator[Observation]:
        """Yields `build` first, then one observation a check that applies.

        Args:
            case: What to run.
            begin: Called with the name of each check before it is asked.
            silent: Called with the name of each check that had nothing to ask, and why.
        """
        blank = Observation(case.name, BUILD, "ok", file=case.file, line=case.line)
        start = time.perf_counter()
        try:
            with self.at("float32", 0, case.name):
                subject = build(case)
                arrays = start_of(subject)
                applying = list(self._applying(case, subject))
        except NotBuiltError as error:
            yield replace(blank, status="unsupported", detail=str(error))
            return
        except CaseError as error:
            yield replace(blank, status="failed", detail=str(error), usage=True)
            return
        except _CAUGHT as error:
            yield replace(blank, status="raised", raised=_raised(error))
            return
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
            about = replace(blank, check=check.name, judged=check.judged)
            found = self.ask(check, case, subject, wide, about)
            if isinstance(found, Observation):
                yield found
            elif silent is not None:
                silent(check.name, found)

    def ask(
        self,
        check: Check,
        case: Case,
        subject: Subject,
        wide: Subject | str,
        blank: Observation,
    ) -> Observation | str:
        """Asks one check.

        Args:
            check: The check.
            case: The case it is asked of.
            subject: The case as built in float32.
            wide: The same in float64, or why there is none.
            blank: The observation to fill in.

        Returns:
            The observation; or why there is nothing to ask, where nobody asked for this
            check by name.
        """
        if check.name in case.skip:
            return replace(blank, status="unsupported", detail=case.skip[check.name])
        lacking = self.backend and self.backend.lacks(check.name, subject.kind)
        if lacking:
            return replace(blank, status="unsupported", detail=lacking)
        start = time.perf_counter()
        try:
            found = self._asked(check, case, subject, wide, blank)
        except _DrewError as reason:
            return str(reason)
        except NotApplicableError as reason:
            if check.name not in case.checks:
                return str(reason)[:2000]
            found = replace(blank, status="unsupported", detail=str(reason))
        except UnsupportedError as reason:
            found = replace(blank, status="unsupported", detail=str(reason))
        except AbstainError as reason:
            found = replace(blank, status="abstain", detail=str(reason))
        except _CAUGHT as error:
            found = replace(blank, status="raised", raised=_raised(error))
        return replace(found, seconds=time.perf_counter() - start)

    def _applying(self, case: Case, subject: Subject) -> Iterator[Check]:
        for check in self.checks:
            if subject.kind not in check.kinds or check.name in case.elsewhere:
                continue
            if case.checks and check.name not in case.checks:
                continue
            if check.name in _TRAINING and not case.training:
                continue
            subject.rewind()
            if check.applies(subject):
                yield check

    def _asked(
        self,
        check: Check,
        case: Case,
        subject: Subject,
        wide: Subject | str,
        blank: Observation,
    ) -> Observation:
        with self.at("float32", 0, case.name):
            answer = run_once(check, case, subject)
            drew = subject.drew() or subject.memory.get("drew")
        found = replace(
            blank,
            structure=answer.structure,
            outputs=answer.outputs,
            expected=answer.expected,
            compute={**_own_dtype(subject), **answer.compute},
        )
        if check.judged != "numbers":
            return found
        if drew:
            self._refuse_random(check, subject, drew)
        twins = self._twins(subject)
        noise = self._moves("float32", -(-twins // 2), check, case, subject, answer)
        found = replace(found, noise=noise)
        if self.float64 is None:
            return found
        if isinstance(wide, Subject) and wide.kind == "metric":
            # The float32 run came first: what it made, this one has already or makes.
            wide.settled = len(wide.variables) == len(subject.variables)
        return self._referee(check, case, wide, found)

    def _refuse_random(self, check: Check, subject: Subject, drew: str) -> None:
        """Two backends never draw the same numbers: their statistics are compared.

        Raises:
            _DrewError: `random` is asked and judges it.
            AbstainError: Nothing judges it.
        """
        reason = f"draws random numbers: the seed {drew} advanced"
        other = next((c for c in self.checks if c.name == "random"), None)
        judged = other is not None and subject.kind in other.kinds
        if judged and check.name != "fit":
            raise _DrewError(reason)
        raise AbstainError(reason)

    def _referee(
        self, check: Check, case: Case, subject: Subject | str, found: Observation
    ) -> Observation:
        """Adds the float64 run, its spread under one roundoff, and the NumPy reference."""
        if isinstance(subject, str):
            return replace(found, detail=f"no float64: {subject}")
        try:
            with self.at("float64", 0, case.name):
                answer = run_once(check, case, subject)
            twins = self._twins(subject)
            spread = self._moves("float64", twins, check, case, subject, answer)
            proved = bool(_own_dtype(subject)) or self._proved(
                check, case, subject, answer, spread
            )
        except _CAUGHT as error:
            raised = _raised(error)
            return replace(found, detail=f"no float64: {raised.kind}: {raised.message}")
        if not proved:
            reason = f"no float64: a move of {PROOF_STEP:g} is lost in {check.name}"
            return replace(found, detail=reason)
        if not _moves_anything(subject) and fits_float32(answer.outputs):
            # Keras' promotion is lifted in the referee; a framework's own is not, by
            # which the cosine of a whole number is a float32.
            reason = f"no float64: {check.name} is given no float and may be float32"
            found = replace(found, detail=reason)
        else:
            found = replace(
                found,
                referee=answer.outputs,
                spread=spread,
                expected=answer.expected,
                noise=_with_own_error(found, answer.expected),
            )
        try:
            with self.at("float64", 0, case.name):
                return replace(found, reference=reference_of(check, case, subject))
        except _CAUGHT as error:
            raised = _raised(error)
            why = (
                f"its reference raised {raised.kind}: {raised.message} ({raised.place})"
            )
            return replace(found, status="failed", detail=why, usage=True)

    def _twins(self, subject: Subject) -> int:
        # A case that computes everything itself has to be run anew for each twin.
        return self.reruns if subject.kind == "arrays" else self.twins

    def _moves(
        self,
        dtype: str,
        twins: int,
        check: Check,
        case: Case,
        subject: Subject,
        still: Answer,
    ) -> Arrays:
        """How far the numbers move when inputs and weights move by one roundoff."""
        spread: Arrays = {}
        for twin in range(1, twins + 1):
            with self.at(dtype, twin, case.name):
                moved = run_once(check, case, subject)
            spread = widened(spread, still.numbers, moved.numbers)
        return spread

    def _proved(
        self, check: Check, case: Case, subject: Subject, still: Answer, spread: Arrays
    ) -> bool:
        """Whether the float64 run follows a move that float32 cannot see."""
        if not spread or subject.kind == "arrays":
            return True
        with self.at("float64", 1, case.name, step=PROOF_STEP):
            moved = run_once(check, case, subject)
        return responds(still.numbers, spread, moved.numbers)

    def _wide(self, case: Case) -> Subject | str:
        """The subject built once more in float64, or why that was not possible."""
        if self.float64 is None:
            return "the backend has no float64"
        try:
            with self.at("float64", 0, case.name):
                return build(case, again=True)
        except _CAUGHT as error:
            return f"{type(error).__name__}: {error}"

    @contextmanager
    def at(
        self, dtype: str, twin: int, name: str, *, step: float = ROUNDOFF
    ) -> Generator[None]:
        """Hands out numbers in this dtype, moved as this twin wants them."""
        wide = self.float64() if dtype == "float64" and self.float64 else nullcontext()
        with wide, working(Working(dtype, twin, name, step)):
            yield


def _moves_anything(subject: Subject) -> bool:
    """Whether the inputs of a function hold a float: all else is moved somewhere."""
    if subject.kind != "function":
        return True
    given = [str(leaf.dtype) for leaf in tensors(subject.inputs())]
    return any("float" in dtype or "complex" in dtype for dtype in given)


def _own_dtype(subject: Subject) -> dict[str, str]:
    """What every output is computed in where layers say so by their own policy."""
    narrow = narrowest(subject)
    return {"": narrow} if narrow else {}


def _with_own_error(found: Observation, expected: Arrays) -> Arrays:
    """The noise, and the error that the plain float32 run of this backend makes.

    A rule relates two runs that round alike but not equally: what the plain run loses,
    such as the digits of a near-cancellation, another run may lose elsewhere.
    """
    own = widened({}, expected, found.expected)
    return {
        name: np.fmax(moved, own[name])
        if name in own and own[name].dtype.kind == "f"
        else moved
        for name, moved in found.noise.items()
    }


def _raised(error: BaseException) -> Raised:
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return Raised(type(error).__name__, message_of(error)[:2000], place)
