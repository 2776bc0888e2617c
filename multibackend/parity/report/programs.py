"""The reproducers of a judgement as files, one for each difference that has one."""

from __future__ import annotations

from pathlib import Path

from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.record.write import file_stem
from multibackend.parity.report.atomic import write_text

__all__ = ["PROGRAMS", "file_name", "forget_programs", "write_programs"]

#: The folder of the reproducers, in the folder of a check.
PROGRAMS = "reproducers"


def file_name(verdict: Verdict) -> str:
    """What the file of a verdict's reproducer is called, in letters that every system takes."""
    return f"{file_stem(verdict.case, verdict.check)}.py"


def write_programs(judgement: Judgement, folder: Path) -> list[Path]:
    """Writes each reproducer into a file named after its case and check.

    Args:
        judgement: What the comparison found.
        folder: Where they go; it is made where there is something to write.

    Returns:
        The files, in the order of the verdicts.

    Raises:
        OutputError: A file cannot be written.
    """
    written: list[Path] = []
    for verdict in judgement.verdicts:
        if verdict.reproducer:
            file = folder / file_name(verdict)
            write_text(file, verdict.reproducer)
            written.append(file)
    return written


def forget_programs(folder: Path) -> None:
    """Removes the reproducers of an earlier check.

    Raises:
        OSError: One cannot be removed.
    """
    for file in folder.glob("*.py"):
        file.unlink()
