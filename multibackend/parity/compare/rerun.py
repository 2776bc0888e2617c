"""The command that asks a verdict again: told by reports, and by a reproducer."""

from __future__ import annotations

import shlex
from pathlib import Path

from multibackend.parity.cases.select import dotted
from multibackend.parity.checks.table import CHECKS, asked
from multibackend.parity.compare.verdict import NO_CASE, Verdict

__all__ = ["rerun"]


def rerun(verdict: Verdict) -> str:
    """The command that asks this check of this case again.

    A verdict on the building of a case, on a catalogue entry or on a record is about
    no check, so all of them are asked.
    """
    if verdict.case == NO_CASE:
        return f"multibackend run --backend {' '.join(verdict.blame)}"
    command = f"multibackend check {shlex.quote(_target(verdict))}"
    check = asked(verdict.check)
    return f"{command} --checks {shlex.quote(check)}" if check in CHECKS else command


def _target(verdict: Verdict) -> str:
    """The case as a target: by its file, where that is what its name came from."""
    module, colon, name = verdict.case.partition(":")
    file = Path(verdict.file)
    if not (colon and verdict.file and file.is_file() and dotted(file) == module):
        return verdict.case
    inside = file.is_relative_to(Path.cwd())
    return f"{file.relative_to(Path.cwd()) if inside else file}::{name}"
