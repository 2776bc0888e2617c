"""A judgement as JUnit XML, which most continuous integration services display."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from multibackend.parity.compare.rerun import rerun
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.text import visible
from multibackend.parity.report.wording import (
    EXCUSED,
    OPEN,
    advice,
    describe,
    headline,
    sentence,
    split_case,
)

__all__ = ["write_junit"]


def write_junit(judgement: Judgement, path: str | Path) -> None:
    """Writes a test case per verdict.

    `differ` and `missing` are failures, `failed` is an error, `known`, `abstain` and
    `unsupported` are skipped with their reason. A judgement without a verdict is one
    error, because a service takes a file without tests for success.

    Args:
        judgement: What the comparison found.
        path: The file, replaced whole.

    Raises:
        OutputError: The file cannot be written.
    """
    suite = ET.Element("testsuite", _totals(judgement))
    facts = ET.SubElement(suite, "properties")
    for label, environment in judgement.environments.items():
        for name, value in environment.items():
            given = {"name": visible(f"{label}.{name}"), "value": visible(value)}
            _ = ET.SubElement(facts, "property", given)
    for verdict in judgement.verdicts:
        suite.append(_test(verdict))
    if not judgement.verdicts:
        test = ET.SubElement(suite, "testcase", classname="multibackend", name="run")
        _add(test, "error", headline(judgement), " ".join(advice(judgement)))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    write_text(path, f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')


def _totals(judgement: Judgement) -> dict[str, str]:
    counts = judgement.counts()
    empty = not judgement.verdicts
    numbers = {
        "tests": len(judgement.verdicts) or 1,
        "failures": counts["differ"] + counts["missing"],
        "errors": counts["failed"] + empty,
        "skipped": sum(counts[word] for word in EXCUSED),
    }
    spent = sum(map(_seconds, judgement.verdicts))
    totals = {name: str(number) for name, number in numbers.items()}
    return {"name": "multibackend", **totals, "time": f"{spent:.3f}"}


def _seconds(verdict: Verdict) -> float:
    """The slowest backend's time: they run side by side."""
    return max(verdict.seconds.values(), default=0.0)


def _test(verdict: Verdict) -> ET.Element:
    module, name = split_case(verdict.case)
    given = {
        "classname": visible(module) or "multibackend",
        "name": visible(f"{name}[{verdict.check}]"),
        "time": f"{_seconds(verdict):.3f}",
    }
    if verdict.file:
        given |= {"file": visible(verdict.file), "line": str(verdict.line)}
    test = ET.Element("testcase", given)
    message = f"{verdict.verdict}: {sentence(verdict)}"
    if verdict.verdict in OPEN:
        kind = "error" if verdict.verdict == "failed" else "failure"
        all_of_it = [*map(describe, verdict.differences), verdict.detail]
        _add(test, kind, message, "\n".join((*all_of_it, rerun(verdict))))
    elif verdict.verdict in EXCUSED:
        _add(test, "skipped", message)
    return test


def _add(test: ET.Element, kind: str, message: str, text: str = "") -> None:
    given = {"message": visible(message), "type": f"multibackend.{kind}"}
    child = ET.SubElement(test, kind, given)
    child.text = visible(text, keep="\n") or None
