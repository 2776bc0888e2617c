"""A visit on a terminal: a row a backend, what to do, and one sentence at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec

from multibackend.backends import named
from multibackend.doctor.examine import fit
from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.finding import Finding
from multibackend.parity.report.pen import INDENT, Pen
from multibackend.parity.report.text import count

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_visit"]

_STYLES = {"problem": "bold red", "note": "yellow", "ok": "green"}


def print_visit(
    seen: Sequence[Seen],
    findings: Sequence[Finding],
    console: Console,
    *,
    verbose: bool = False,
) -> None:
    """Prints the backends, what was found and what to do, and whether it is fit.

    Args:
        seen: The backends as they were seen.
        findings: What follows from it.
        console: Where to; its settings decide on colour and width.
        verbose: Prints every fact, and what was looked at and is fine.
    """
    pen = Pen(console)
    rows = [
        [pen.text(each.backend, "bold"), *map(pen.text, _cells(each))] for each in seen
    ]
    for lines in pen.table(rows):
        pen.lines(lines)
    pen.gap()
    if verbose:
        for each in seen:
            _print_facts(pen, each)
    _print_findings(pen, [f for f in findings if verbose or f.level != "ok"])
    pen.gap()
    style = "bold green" if fit(seen, findings) else "bold red"
    pen.say(closing(seen, findings), style)


def closing(seen: Sequence[Seen], findings: Sequence[Finding]) -> str:
    """Whether the machine is fit, and why not, in one sentence."""
    levels = [each.level for each in findings]
    counted = ((levels.count("problem"), "problem"), (levels.count("note"), "note"))
    told = ", ".join(count(number, word) for number, word in counted if number)
    working = [each.backend for each in seen if each.works]
    if not working:
        return (
            f"Not fit: {_and([each.backend for each in seen])} cannot be used ({told})."
        )
    works = f"{_and(working)} {'works' if len(working) == 1 else 'work'} here"
    if levels.count("problem"):
        return f"Not fit: {told}; {works}."
    return f"Fit: {works} ({told})." if told else f"Fit: {works}."


def _and(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _cells(seen: Seen) -> tuple[str, ...]:
    """Framework, Keras, NumPy, Python and device; empty where nothing is known."""
    here, told = seen.installation, seen.computation
    framework = named(seen.backend).framework
    if here is None:
        return (_state(seen), "", "", "", "")
    version = told.framework if told and seen.works else here.framework
    keras = told.keras if told else here.keras
    return (
        f"{framework} {version}" if version else framework,
        f"keras {keras}" if keras else "no keras",
        f"numpy {here.numpy}" if here.numpy else "no numpy",
        f"python {here.python}",
        _state(seen),
    )


def _state(seen: Seen) -> str:
    if seen.missing:
        return "not installed"
    if not seen.works or seen.computation is None:
        return "does not work"
    kind, name = seen.computation.device, seen.computation.device_name
    return kind if kind == name else f"{kind} ({name})"


def _print_facts(pen: Pen, seen: Seen) -> None:
    pen.say(seen.backend, "bold")
    rows = [[pen.text(name, "dim"), pen.text(value)] for name, value in _facts(seen)]
    for lines in pen.table(rows, 2):
        pen.lines(lines)
    pen.gap()


def _facts(seen: Seen) -> Iterator[tuple[str, str]]:
    """Every fact that says something, by its name in the JSON."""
    known: dict[str, Any] = {}
    for part in (seen.surroundings, seen.installation, seen.computation, seen.trouble):
        known |= {} if part is None else msgspec.to_builtins(part)
    for name, value in known.items():
        if value is not None and (text := _words(value)):
            yield name.replace("_", " "), text


def _words(value: Any) -> str:
    match value:
        case dict():
            some = cast("dict[str, Any]", value)
            return ", ".join(f"{key}={_words(each)}" for key, each in some.items())
        case list() | tuple():
            return "; ".join(map(_words, cast("Sequence[Any]", value)))
        case _:
            return str(value)


def _print_findings(pen: Pen, findings: Sequence[Finding]) -> None:
    for finding in findings:
        whose = f" {finding.backend}" if finding.backend else ""
        style = _STYLES[finding.level]
        pen.say(f"{finding.level}{whose}: {finding.found}", style)
        if finding.do:
            pen.say(finding.do, indent=INDENT)
