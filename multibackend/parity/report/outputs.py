"""The files that a command was asked to write, and the writing of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from multibackend.backends import BACKENDS
from multibackend.errors import OutputError, RecordError
from multibackend.parity.compare.verdict import Judgement
from multibackend.parity.record.read import read_about
from multibackend.parity.record.write import RecordWriter
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.badge import to_badge
from multibackend.parity.report.document import write_json
from multibackend.parity.report.html import write_html
from multibackend.parity.report.junit import write_junit
from multibackend.parity.report.markdown import to_markdown
from multibackend.parity.report.programs import (
    PROGRAMS,
    forget_programs,
    write_programs,
)
from multibackend.parity.report.stubs import stubs

__all__ = ["Outputs", "forget_earlier"]


def forget_earlier(folder: Path, *, keep: Sequence[str]) -> None:
    """Removes what an earlier check left, so that nobody judges it again by mistake.

    Args:
        folder: Where `check` writes.
        keep: The backends that are about to replace their own records.

    Raises:
        OutputError: Something cannot be removed.
    """
    for name in (*BACKENDS, *_plugins(folder)):
        if name not in keep:
            RecordWriter(folder / name).remove()
    try:
        for file in ("verdicts.json", "report.html"):
            (folder / file).unlink(missing_ok=True)
        forget_programs(folder / PROGRAMS)
    except OSError as error:
        message = (
            f"Expected to replace the report in {folder}, received "
            f"{error.strerror or error}. Choose another folder with --out."
        )
        raise OutputError(message) from error


def _plugins(folder: Path) -> Iterator[str]:
    """The backends of no row that have a record of ours here, named as they are."""
    for file in sorted(folder.glob("*/record.json")):
        name = file.parent.name
        if name not in BACKENDS:
            # What cannot be read may be somebody else's, and is left to `compare`.
            with suppress(RecordError):
                if read_about(file.parent).backend == name:
                    yield name


@dataclass(frozen=True)
class Outputs:
    """Where to write which form of the verdicts; `None` where not asked for."""

    json: Path | None = None
    html: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    badge: Path | None = None
    stubs: Path | None = None
    programs: Path | None = None

    def write(self, judgement: Judgement) -> list[Path]:
        """Writes every form that was asked for and returns the files.

        Raises:
            OutputError: A file cannot be written.
        """
        if self.json is not None:
            write_json(judgement, self.json)
        if self.html is not None:
            write_html(judgement, self.html)
        if self.junit is not None:
            write_junit(judgement, self.junit)
        if self.markdown is not None:
            write_text(self.markdown, to_markdown(judgement))
        if self.badge is not None:
            write_text(self.badge, to_badge(judgement))
        if self.stubs is not None:
            write_text(self.stubs, stubs(judgement))
        every = (
            self.json,
            self.html,
            self.junit,
            self.markdown,
            self.badge,
            self.stubs,
        )
        written = [path for path in every if path is not None]
        if self.programs is not None:
            written += write_programs(judgement, self.programs)
        return written
