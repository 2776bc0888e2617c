"""Shows a trial on the terminal and writes what was asked for."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from multibackend.parity.report.atomic import write_text
from multibackend.parity.selftest.document import to_document, to_json, to_markdown
from multibackend.parity.selftest.show import print_score
from multibackend.parity.selftest.trial import Trial

__all__ = ["report"]


def report(
    trial: Trial,
    *,
    json: Path | None = None,
    markdown: Path | None = None,
    console: Console | None = None,
) -> list[Path]:
    """Writes the files first, then prints: what was computed is not lost.

    Args:
        trial: What was found.
        json: Where the score goes as JSON, if anywhere.
        markdown: Where it goes as Markdown, if anywhere.
        console: Where to print.

    Returns:
        The files that were written.

    Raises:
        OutputError: A file cannot be written.
    """
    document = to_document(trial.score, trial.judgement, seconds=trial.seconds)
    written: list[Path] = []
    if json is not None:
        write_text(json, to_json(document))
        written.append(json)
    if markdown is not None:
        write_text(markdown, to_markdown(trial.score, document))
        written.append(markdown)
    print_score(trial.score, console or Console())
    return written
