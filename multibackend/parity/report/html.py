"""A judgement as one HTML file: overview, filters, and a section per difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, StrictUndefined, Template

from multibackend.parity.checks.table import CHECKS
from multibackend.parity.compare.rerun import rerun
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.figures import curve, error_map, histogram
from multibackend.parity.report.policy import policy
from multibackend.parity.report.programs import file_name
from multibackend.parity.report.text import (
    budgets,
    count,
    line_of,
    number,
    place,
    shorten,
    visible,
)
from multibackend.parity.report.wording import (
    MEANINGS,
    advice,
    excused_groups,
    excused_name,
    facts_of,
    headline,
    open_verdicts,
    sentence,
    sides,
    split_case,
)

__all__ = ["to_html", "write_html"]

# Of one verdict: what a reader compares by eye. The JSON report has every one.
_DIFFERENCES = 20
_LONGEST = 2000
# Sections that show everything; of more, a page would take too long to open.
_FULL = 150
_BRIEF, _BRIEFER, _MANY = 300, 60, 2000
_FIRST_FACTS = ("keras", "framework", "device")


@dataclass(frozen=True)
class _Row:
    """A case and, for each check, its verdicts with the number of their section."""

    name: str
    cells: Sequence[Sequence[tuple[Verdict, int | None]]]


def write_html(judgement: Judgement, path: str | Path) -> None:
    """Writes one self-contained file: no network, no other file.

    Args:
        judgement: What the comparison found.
        path: The file, replaced whole.

    Raises:
        OutputError: The file cannot be written.
    """
    write_text(path, to_html(judgement))


def to_html(judgement: Judgement) -> str:
    """Returns the page; every text of the record is escaped.

    Scripts and styles other than the page's own are refused by its content security
    policy, so that nothing runs even where a browser reads an escape otherwise.

    Args:
        judgement: What the comparison found.
    """
    opened = open_verdicts(judgement)
    style, script = _resource("report.css"), _resource("report.js")
    asked = dict.fromkeys(verdict.check for verdict in judgement.verdicts)
    checks = [check for check in dict.fromkeys((*CHECKS, *asked)) if check in asked]
    return _template().render(
        judgement=judgement,
        style=style,
        script=script,
        policy=policy(style, script),
        headline=headline(judgement),
        good=bool(judgement.verdicts) and not opened,
        advice=advice(judgement),
        counts=judgement.counts(),
        meanings=MEANINGS,
        facts=_facts(judgement),
        blamed={
            label: sum(label in verdict.blame for verdict in opened)
            for label in judgement.environments
        },
        blamable=list(
            dict.fromkeys(
                label
                for name in (*judgement.environments, "")
                for verdict in judgement.verdicts
                for label in verdict.blame
                if label == name or not name
            )
        ),
        checks=checks,
        modules=_modules(judgement, checks, opened),
        opened=opened,
        excused=excused_groups(judgement),
        slowest=max(judgement.stages.values(), default=0.0),
        most=_DIFFERENCES,
        full=_FULL,
        brief=_BRIEF if len(opened) <= _MANY else _BRIEFER,
        labels=list(judgement.environments),
        versions=_versions(judgement),
    )


def _modules(
    judgement: Judgement, checks: Sequence[str], opened: Sequence[Verdict]
) -> dict[str, list[_Row]]:
    """The matrix: the rows of each module, in the order of the cases."""
    sections = {id(verdict): position for position, verdict in enumerate(opened, 1)}
    found: dict[str, dict[str, list[tuple[Verdict, int | None]]]] = {}
    for verdict in judgement.verdicts:
        cells = found.setdefault(verdict.case, {})
        section = sections.get(id(verdict))
        cells.setdefault(verdict.check, []).append((verdict, section))
    modules: dict[str, list[_Row]] = {}
    for case, cells in found.items():
        module, name = split_case(case)
        row = _Row(name, [cells.get(check, []) for check in checks])
        modules.setdefault(module, []).append(row)
    return modules


def _facts(judgement: Judgement) -> list[tuple[str, list[str]]]:
    """What the records say of themselves, a row a fact, a column a record."""
    records = [dict(_flat(record)) for record in judgement.environments.values()]
    names: Iterable[str] = dict.fromkeys(
        (*_FIRST_FACTS, *(name for record in records for name in record))
    )
    return [(name, [record.get(name, "-") for record in records]) for name in names]


def _versions(judgement: Judgement) -> str:
    """What each backend ran with, in a line: what several share is told once."""
    told = [facts_of(name, facts) for name, facts in judgement.environments.items()]
    columns = zip(*told, strict=True)
    return ", ".join(", ".join(dict.fromkeys(column)) for column in columns)


def _flat(facts: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Facts within facts with dotted names: `switches.tf32`."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, Any]", value)
            yield from _flat(inner, f"{before}{name}.")
        else:
            yield f"{before}{name}", str(value)


def _template() -> Template:
    jinja = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters: dict[str, Callable[..., Any]] = {
        "visible": visible,
        "block": lambda text: shorten(visible(text, keep="\n"), _LONGEST),
        "number": number,
        "budgets": budgets,
        "excused_name": excused_name,
        "split_case": split_case,
        "brief": lambda text, most: shorten(visible(text), most),
        "source": lambda text: visible(text, keep="\n"),
        "shape": lambda shape: f"({', '.join(map(str, shape))})",
        "reproducer_name": file_name,
    }
    cast("dict[str, Any]", jinja.filters).update(filters)
    cast("dict[str, Any]", jinja.globals).update(
        count=count,
        line_of=line_of,
        place=place,
        rerun=rerun,
        sentence=sentence,
        sides=sides,
        curve=curve,
        error_map=error_map,
        histogram=histogram,
    )
    return jinja.from_string(_resource("template.html.jinja"))


def _resource(name: str) -> str:
    return files("multibackend.parity.report").joinpath(name).read_text("utf-8")
