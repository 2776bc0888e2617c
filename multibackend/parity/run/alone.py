"""Each sub-layer asked alone, on the inputs that the referee itself gave it.

An error grows on its way through a model, so the first layer whose output is off in a
whole run need not be the one that is wrong. Fed with the same numbers everywhere, each
sub-layer answers for itself.

What cannot be seen so: layers that a framework runs as one compiled loop (the cell of
an LSTM on JAX). Where a layer's own code is at fault, the functions of `keras.ops` that
it calls are asked in the same way; see `calls` for which of them are heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy.typing as npt

from multibackend.inputs import current
from multibackend.parity.cases.case import Arguments, Case
from multibackend.parity.cases.reason import message_of
from multibackend.parity.checks.answer import AbstainError, NotApplicableError
from multibackend.parity.checks.subject import Subject
from multibackend.parity.checks.sublayers import sublayers
from multibackend.parity.checks.table import Check, load
from multibackend.parity.record.atomic import make_folder
from multibackend.parity.record.observation import Observation, Raised
from multibackend.parity.record.write import write_observation
from multibackend.parity.run.captured import (
    Arrays,
    Call,
    Captured,
    read_arrays,
    read_captured,
    trains_in,
    unpack_inputs,
    write_captured,
)
from multibackend.parity.run.listen import heard
from multibackend.parity.run.moves import widened
from multibackend.parity.run.observe import Observer
from multibackend.parity.run.once import build, run_once

__all__ = ["alone", "capture", "part"]

# What the code under test may raise.
_CAUGHT = (Exception, SystemExit)


def capture(case: Case, check: str, file: Path, observer: Observer) -> None:
    """Writes what each sub-layer of a case is called on, in float64 where there is any.

    Args:
        case: The case; one without sub-layers leaves a file without calls.
        check: The check in question: some run with training=True.
        file: Where the JSON goes; the arrays go beside it.
        observer: Whose float64 is used.
    """
    arrays: Arrays = {}
    dtype = "float64" if observer.float64 else "float32"
    try:
        with observer.at(dtype, 0, case.name):
            captured = heard(build(case), arrays, training=trains_in(check))
    except _CAUGHT as error:
        arrays.clear()
        captured = Captured(fault=f"{type(error).__name__}: {str(error)[:500]}")
    write_captured(file, captured, arrays)


def part(whole: Subject, call: Call, arrays: Mapping[str, npt.NDArray[Any]]) -> Subject:
    """One sub-layer, or one function it calls, as a subject on captured inputs.

    Args:
        whole: The subject that holds it.
        call: Which one, and how it was called.
        arrays: The captured arrays.

    Raises:
        KeyError: This backend has no such sub-layer.
    """
    args, kwargs = unpack_inputs(call.inputs, arrays)
    again = whole.rebuild
    if call.op:
        # It was called in float64: `cast(x, "float64")` means the working dtype.
        args, kwargs = keras.tree.map_structure(_working, [args, kwargs])
        target, own = getattr(keras.ops, call.op), set[int]()
    else:
        target = sublayers(whole.target)[call.path]
        own = {id(variable) for variable in target.variables}
    return replace(
        whole,
        name=f"{whole.name} {call.site}",
        kind="function" if call.op else "layer",
        target=target,
        raw=Arguments(tuple(args), kwargs),
        labels=None,
        starts=tuple(start for start in whole.starts if id(start.variable) in own),
        kept=[(v, value) for v, value in whole.kept if id(v) in own],
        memory={},
        rebuild=None if again is None else lambda: part(again(), call, arrays),
        bad={},
    )


def _working(leaf: Any) -> Any:
    return current().dtype if isinstance(leaf, str) and leaf == "float64" else leaf


def alone(case: Case, check: str, file: Path, folder: Path, observer: Observer) -> None:
    """Asks the check of every captured sub-layer alone.

    Each costs three runs: float32, float64, and float64 on moved numbers.

    Args:
        case: The case.
        check: The check.
        file: What `capture` wrote, on any backend.
        folder: Where the observations go, those of the first call in `0`, of the
            second in `1`, and so on; none where the check does not apply.
        observer: Whose float64 is used.

    Raises:
        OutputError: The folder cannot be written.
        RecordError: The file is damaged.
    """
    captured = read_captured(file)
    asking = _Asking(
        case=case,
        check=load(check),
        arrays=read_arrays(file, captured),
        observer=observer,
        narrow=_built(case, "float32", observer),
        wide=_built(case, "float64", observer),
    )
    for place, call in enumerate(captured.calls):
        found = asking.ask(call)
        if found is not None:
            make_folder(folder / str(place))
            write_observation(folder / str(place), found)


def _built(case: Case, dtype: str, observer: Observer) -> Subject | str:
    """The whole case, or why it cannot be had."""
    if dtype == "float64" and observer.float64 is None:
        return "the backend has no float64"
    try:
        with observer.at(dtype, 0, case.name):
            return build(case)
    except _CAUGHT as error:
        return f"{type(error).__name__}: {error}"


@dataclass(frozen=True)
class _Asking:
    """One check of one case, to be asked of its sub-layers."""

    case: Case
    check: Check
    arrays: Arrays
    observer: Observer
    narrow: Subject | str
    wide: Subject | str

    def ask(self, call: Call) -> Observation | None:
        """The answer of one sub-layer, or `None` where the check does not apply."""
        blank = Observation(
            self.case.name,
            f"{self.check.name} at {call.site}",
            "ok",
            judged=self.check.judged,
            file=self.case.file,
            line=self.case.line,
        )
        if isinstance(self.narrow, str):
            return replace(blank, status="unsupported", detail=self.narrow)
        try:
            found = self._single(self.narrow, call, blank)
        except NotApplicableError:
            return None
        except AbstainError as reason:
            return replace(blank, status="abstain", detail=str(reason))
        except _CAUGHT as error:
            raised = Raised(type(error).__name__, message_of(error)[:2000])
            return replace(blank, status="raised", raised=raised)
        if self.check.judged != "numbers" or isinstance(self.wide, str):
            return found
        try:
            return self._double(self.wide, call, found)
        except _CAUGHT as error:
            reason = f"no float64: {type(error).__name__}: {error}"
            return replace(found, detail=reason)

    def _single(self, whole: Subject, call: Call, blank: Observation) -> Observation:
        """The float32 run.

        Raises:
            NotApplicableError: The check does not apply to this sub-layer.
            AbstainError: It draws random numbers, which no two backends share.
        """
        with self.observer.at("float32", 0, self.case.name):
            suspect = part(whole, call, self.arrays)
            suspect.rewind()
            if suspect.kind not in self.check.kinds or not self.check.applies(suspect):
                raise NotApplicableError(call.site)
            answer = run_once(self.check, self.case, suspect)
            drew = suspect.drew()
        if drew and self.check.judged == "numbers":
            message = f"draws random numbers: the seed {drew} advanced"
            raise AbstainError(message)
        return replace(
            blank,
            structure=answer.structure,
            outputs=answer.outputs,
            expected=answer.expected,
            compute=answer.compute,
        )

    def _double(self, whole: Subject, call: Call, found: Observation) -> Observation:
        """Adds the float64 run and how far it moves under one roundoff."""
        at, name = self.observer.at, self.case.name
        with at("float64", 0, name):
            suspect = part(whole, call, self.arrays)
            still = run_once(self.check, self.case, suspect)
        with at("float64", 1, name):
            moved = run_once(self.check, self.case, suspect)
        return replace(
            found,
            referee=still.outputs,
            spread=widened({}, still.numbers, moved.numbers),
            expected=still.expected,
        )
