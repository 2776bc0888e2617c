"""Lines on a console: escaped, indented, aligned, wrapped between fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from multibackend.parity.report.text import visible

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["INDENT", "Pen"]

INDENT = 4
# What is left for the last field of a table; with less, rows flow.
_LEAST = 16


class Pen:
    """Writes lines onto a console: escaped, indented, wrapped between fields."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._pending = self._used = False

    def text(self, words: object, style: str = "") -> Text:
        """Words as they are: no markup, no control character, in the encoding."""
        encoding = self.console.encoding
        plain = visible(words).encode(encoding, "backslashreplace").decode(encoding)
        return Text(plain, style)

    def gap(self) -> None:
        """An empty line before the next line, unless none came before."""
        self._pending = self._used

    def flow(self, fields: Iterable[Text], indent: int = 0) -> list[Text]:
        """Fields two spaces apart; one that does not fit starts a new line."""
        lines = [Text(" " * indent)]
        start = True
        for field in filter(None, fields):
            wide = lines[-1].cell_len + 2 + field.cell_len > self.console.width
            if wide and not start and self.console.is_terminal:
                lines.append(Text(" " * (indent + INDENT)))
                start = True
            _ = lines[-1].append("" if start else "  ").append_text(field)
            start = False
        return lines

    def table(
        self,
        rows: Iterable[Sequence[Text]],
        indent: int = 0,
        last: Sequence[Text] = (),
    ) -> list[list[Text]]:
        """The lines of each row: columns aligned where they fit, else flowing.

        Args:
            rows: The fields of each row.
            indent: How far every line is moved in.
            last: A field more for each row, cut to the room that the others leave.
        """
        rows = list(rows)
        widths = [max(t.cell_len for t in c) for c in zip(*rows, strict=True)]
        total = indent + sum(widths) + 2 * (len(widths) - 1)
        if self.console.is_terminal:
            room = self.console.width - total - 2
            if room < (_LEAST if last else -2):
                narrow = self.console.width - indent - INDENT
                ends = [[self.cut(text, narrow)] for text in last] or [[]] * len(rows)
                both = zip(rows, ends, strict=True)
                return [self.flow([*row, *end], indent) for row, end in both]
            last = [self.cut(text, room) for text in last]
        if last:
            rows = [[*row, text] for row, text in zip(rows, last, strict=True)]
            widths.append(0)
        lines: list[list[Text]] = []
        for row in rows:
            line = Text(" " * indent)
            for field, width in zip(row, widths, strict=True):
                room = max(0, width - field.cell_len) + 2
                _ = line.append_text(field).append(" " * room)
            line.rstrip()
            lines.append([line])
        return lines

    def cut(self, text: Text, room: int) -> Text:
        """Text of at most so many cells, its cut end marked by three dots."""
        if text.cell_len <= room:
            return text
        kept = text.copy()
        kept.truncate(max(0, room - 3))
        return kept.append("...")

    def say(self, words: object, style: str = "", indent: int = 0) -> None:
        """A sentence, wrapped between words on a terminal, kept whole elsewhere."""
        text, margin = self.text(words, style), Text(" " * indent)
        pieces: Iterable[Text] = [text]
        if self.console.is_terminal:
            width = max(20, self.console.width - indent)
            pieces = text.wrap(self.console, width, overflow="fold")
        for piece in pieces:
            piece.rstrip()
            self.lines([margin + piece])

    def lines(self, lines: Iterable[Text]) -> None:
        """Lines as they are: only the terminal itself may break them."""
        for line in lines:
            if self._pending:
                self.console.print()
            self._pending, self._used = False, True
            self.console.print(line, soft_wrap=True)
