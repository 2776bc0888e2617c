"""Writes down what a reproducer of a difference could be made of, the smallest first."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import msgspec
import numpy as np

from multibackend.parity.cases.case import Arguments, Case
from multibackend.parity.checks.numbers import as_numpy
from multibackend.parity.checks.subject import Subject
from multibackend.parity.reproduce.draft import Draft, Node, Plan, write_drafts
from multibackend.parity.reproduce.inside.objects import Making, keras_name
from multibackend.parity.reproduce.recipes import REFUSED
from multibackend.parity.reproduce.sources import sliced
from multibackend.parity.run.alone import part
from multibackend.parity.run.captured import Arrays, pack_inputs, trains_in
from multibackend.parity.run.listen import heard
from multibackend.parity.run.messages import Describe
from multibackend.parity.run.observe import Observer
from multibackend.parity.run.once import build
from multibackend.weights import labels

__all__ = ["describe"]

# A sub-layer that is wrong behind a check is mostly wrong in a simpler one too.
_SIMPLER = {
    "training": ("forward",),
    "state": ("training", "forward"),
    "grad_inputs": ("forward",),
    "grad_weights": ("grad_inputs", "forward"),
    "hvp": ("grad_inputs", "forward"),
    "fit": ("grad_weights", "forward"),
}
_FLOATS = ("float16", "bfloat16", "float32", "float64")


def describe(case: Case, wish: Describe, observer: Observer) -> None:
    """Writes the drafts of a difference into a file.

    Args:
        case: The case.
        wish: The check, the output and the site that differ.
        observer: Who builds the case.

    Raises:
        OutputError: The folder cannot be written.
    """
    reasons: list[str] = []
    drafts: list[Draft] = []
    if wish.check in REFUSED:
        write_drafts(Path(wish.file), [], REFUSED[wish.check])
        return
    with observer.at("float32", 0, case.name):
        subject = build(case)
        for describing in _ways(case, wish, subject):
            try:
                drafts.append(describing())
            except Exception as error:  # noqa: BLE001 - each way may fail; why is told
                reasons.append(str(error))
    refused = "" if drafts else "; ".join(dict.fromkeys(reasons))
    write_drafts(Path(wish.file), drafts, refused)


def _ways(
    case: Case, wish: Describe, subject: Subject
) -> Iterator[Callable[[], Draft]]:
    """Every way to write it down, the smallest first."""
    if wish.site:
        yield from _alone(case, wish, subject)
    yield lambda: _Drafting(case, wish, subject).constructed()
    yield lambda: _Drafting(case, wish, subject).by_case()


def _alone(case: Case, wish: Describe, whole: Subject) -> Iterator[Callable[[], Draft]]:
    """The sub-layer or the function that differs alone."""
    arrays: Arrays = {}
    try:
        captured = heard(whole, arrays, training=trains_in(wish.check))
    except Exception:  # noqa: BLE001 - the whole raises: there is no part to ask
        return
    for call in (*captured.calls, *captured.ops):
        if call.site == wish.site:
            lone = part(whole, call, arrays)
            for check in (wish.check, *_SIMPLER.get(wish.check, ())):
                asking = _Drafting(case, _asking(wish, check), lone)
                yield asking.constructed
            return


def _asking(wish: Describe, check: str) -> Describe:
    return msgspec.structs.replace(wish, check=check)


@dataclass(frozen=True)
class _Drafting:
    """Writes one subject down."""

    case: Case
    wish: Describe
    subject: Subject

    def constructed(self) -> Draft:
        """The object by its constructor, or the function by its name."""
        making = Making(_finder(self.case, self.subject.target))
        kind = self.subject.kind
        target = self.subject.target
        if kind == "arrays":
            message = "the case computes its arrays itself"
            raise LookupError(message)
        made = making.function(target) if kind == "function" else making.object(target)
        if kind == "model":
            message = "a compiled model is built by the case itself"
            raise LookupError(message)
        kept = [line for slice_ in making.slices for line in slice_.kept]
        sources = tuple(dict.fromkeys(slice_.text for slice_ in making.slices))
        return self._draft(made, sources, kept)

    def by_case(self) -> Draft:
        """The object that the case function returns."""
        function = self.case.function
        name = getattr(function, "__name__", "")
        if not name or not inspect.isfunction(function):
            message = "nobody declared the case, so there is no function to copy"
            raise LookupError(message)
        find = _finder(self.case, self.subject.target)
        found = sliced(name, function.__module__, find)
        return self._draft(["case", name], (found.text,), list(found.kept))

    def _draft(self, made: Node, sources: tuple[str, ...], kept: list[str]) -> Draft:
        subject, arrays = self.subject, dict[str, Any]()
        subject.rewind()
        nested = _packed(self._given(), arrays)
        bad = None
        if self._refuses() and subject.kind in ("layer", "model"):
            bad = _packed(self._bad(), arrays)[1]
        labels_ = None
        if subject.kind == "model":
            labels_ = pack_inputs(subject.targets(), arrays, _array)
        names, told = _weights(subject, arrays)
        remarks = [f"It still needs the user's own code: `{line}`." for line in kept]
        plan = Plan(
            title=_title(subject, self.case),
            check=self.wish.check,
            kind=subject.kind,
            made=made,
            inputs=nested[1],
            output=self.wish.output,
            labels=labels_,
            bad=bad,
            weights="given" if any(names) else "",
            given=names,
            labelled=told,
            sources=sources,
            remarks=tuple(remarks),
            wide=self.wish.wide,
            trains=subject.trains,
        )
        return Draft(plan, arrays)

    def _given(self) -> Arguments:
        """What the object is called on; a layer is built on its good inputs."""
        if not self._refuses() or self.subject.kind in ("layer", "model"):
            return self.subject.inputs()
        bad = self._bad()
        if self.subject.kind != "metric":
            return bad
        if bad.kwargs:
            message = "its bad input has keywords, and a batch of a metric has none"
            raise LookupError(message)
        return Arguments(([bad.args],), {})

    def _refuses(self) -> bool:
        return self.wish.check == "errors"

    def _bad(self) -> Arguments:
        bad = self.subject.bad.get(self.wish.output)
        if not isinstance(bad, Arguments):
            message = "its bad input is a function of the case, and no input of a call"
            raise LookupError(message)  # noqa: TRY004 - a reason, not a wrong type
        return replace(self.subject, raw=bad).inputs()


def _packed(given: Arguments, arrays: Arrays) -> Node:
    return pack_inputs([list(given.args), dict(given.kwargs)], arrays, _array)


def _array(leaf: Any) -> Any:
    if keras.ops.is_tensor(leaf) or isinstance(leaf, keras.Variable):
        return as_numpy(leaf)
    return leaf if isinstance(leaf, np.ndarray | np.generic) else None


def _weights(
    subject: Subject, arrays: dict[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The name of the array of each weight, nothing where it is no float; its label."""
    if subject.kind not in ("layer", "model"):
        return (), ()
    names: list[str] = []
    for place, weight in enumerate(subject.target.weights):
        floating = keras.backend.standardize_dtype(weight.dtype) in _FLOATS
        names.append(f"weight {place}" if floating else "")
        if floating:
            arrays[names[-1]] = as_numpy(weight)
    return tuple(names), tuple(labels(subject.target.weights))


def _title(subject: Subject, case: Case) -> str:
    if subject.kind == "arrays":
        return case.name
    target = subject.target
    if subject.kind == "function":
        return keras_name(target) or getattr(target, "__name__", case.name)
    name = type(target).__name__
    for room in ("layers", "losses", "metrics", "optimizers"):
        if getattr(getattr(keras, room), name, None) is type(target):
            return f"keras.{room}.{name}"
    return name


def _finder(case: Case, target: Any) -> Callable[[str], str | None]:
    """Reads the sources of the user's own package."""
    modules = [
        getattr(case.function, "__module__", ""),
        getattr(target, "__module__", ""),
    ]
    tops = {str(name).partition(".")[0] for name in modules} - {"keras", "builtins", ""}

    def find(name: str) -> str | None:
        if name.partition(".")[0] not in tops:
            return None
        loaded = sys.modules.get(name)
        file = getattr(loaded, "__file__", None)
        if file is None:
            spec = importlib.util.find_spec(name)
            file = spec.origin if spec else None
        return Path(file).read_text("utf-8") if file and file.endswith(".py") else None

    return find
