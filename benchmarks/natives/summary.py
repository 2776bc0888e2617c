"""The table of docs/library.md: our step beside the quickest that others make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from natives.targets import NATIVE_TORCH
from natives.timings import Row, Timing, rows

__all__ = ["BEGIN", "END", "summary", "written"]

BEGIN, END = "<!-- steps: begin -->", "<!-- steps: end -->"

#: A column: its title, the backend, and whose steps it is the quickest of.
_COLUMNS = (
    ("torch: Keras `fit`", "torch", ("Keras fit",)),
    ("torch: native eager", "torch", ("native eager",)),
    ("torch: best native", "torch", NATIVE_TORCH),
    ("jax: native compiled", "jax", ("native compiled",)),
    ("tensorflow: native compiled", "tensorflow", ("native compiled",)),
)


def summary(found: Sequence[Timing]) -> str:
    """The table: how many times as long as our step the others take."""
    made = {(row.backend, row.name, row.batch): row for row in rows(found)}
    titles = [title for title, _, _ in _COLUMNS]
    lines = [
        f"| model | batch | {' | '.join(titles)} |",
        "|---" * (len(titles) + 2) + "|",
    ]
    for name, batch in dict.fromkeys((row.name, row.batch) for row in made.values()):
        cells = _cells(
            {b: r for (b, n, k), r in made.items() if (n, k) == (name, batch)}
        )
        lines.append(f"| {name} | {batch} | {' | '.join(cells)} |")
    return "\n".join(lines)


def written(text: str, found: Sequence[Timing]) -> str:
    """A page with the table between its two marks.

    Raises:
        SystemExit: The page lacks a mark.
    """
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        message = f"Expected the marks {BEGIN} and {END} in the page, found no pair. Put them where the table goes."
        raise SystemExit(message)
    return f"{head}{begin}\n\n{summary(found)}\n\n{end}{tail}"


def _cells(by: dict[str, Row]) -> Iterator[str]:
    for _, backend, steps in _COLUMNS:
        row = by.get(backend)
        theirs = row.seconds(*steps) if row else None
        ours = row.ours() if row else None
        yield f"{theirs / ours:.2f}" if theirs and ours else "-"
