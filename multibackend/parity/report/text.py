"""Names, numbers and places as short, harmless text."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

__all__ = ["budgets", "count", "line_of", "number", "place", "shorten", "visible"]


def visible(text: object, keep: str = "") -> str:
    r"""Text with every control, bidirectional or unpaired character as an escape.

    A name from a record can then neither move a cursor nor break a line, and every
    encoding of Unicode and XML can hold it.

    Args:
        text: Anything; `str` of it is taken.
        keep: Characters to leave as they are, such as a newline.

    Example:
    >>> visible("a\nb \x1b[31m")
    'a\\nb \\x1b[31m'
    """
    return "".join(
        letter
        if letter.isprintable() or letter in keep
        else letter.encode("unicode_escape").decode("ascii")
        for letter in str(text)
    )


def shorten(text: str, limit: int) -> str:
    """Text of at most `limit` characters, its cut end marked by three dots."""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def number(value: float | None) -> str:
    """A measured number in two or three digits; `-` where nothing was measured.

    Example:
    >>> [number(v) for v in (3.14159e-5, 0.25, 0.0, float("inf"), None)]
    ['3.1e-5', '0.25', '0', 'inf', '-']
    """
    if value is None:
        return "-"
    if value == 0 or 1e-3 <= abs(value) < 999.5:
        return f"{value:.3g}"
    if 999.5 <= abs(value) < 1e4:
        return f"{value:.0f}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def budgets(ratio: float | None) -> str:
    """How many budgets an error is: `77.5x`; just above one is never shown as one."""
    if ratio is None:
        return "-"
    text = number(ratio)
    if not math.isfinite(ratio):
        return f"{text} x"
    return ">1x" if ratio > 1 and text == "1" else f"{text}x"


def place(output: str | None, index: tuple[int, ...] | None) -> str:
    """The place of an element: `kernel[0, 3]`."""
    if not index:
        return output or ""
    return f"{output or ''}[{', '.join(map(str, index))}]"


def line_of(file: str, line: int) -> str:
    """A line of a file as an editor takes it, from the working folder where it may be.

    Example:
    >>> from pathlib import Path
    >>> line_of(str(Path.cwd() / "layers.py"), 3)
    'layers.py:3'
    """
    path = Path(file)
    with suppress(OSError, ValueError):
        path = path.relative_to(Path.cwd())
    return f"{path}:{line}"


def count(amount: int, noun: str) -> str:
    """A number and its noun: `1 case`, `2 cases`."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"
