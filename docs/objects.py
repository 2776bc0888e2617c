"""Writes the table of objects: what stands in the library, and what it passes.

Objects and references are read from the package, the figures from the verdicts of a run
of its own cases:

    multibackend check --json verdicts.json
    python docs/objects.py verdicts.json docs/library.md
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "multibackend"
ROOMS = ("layers", "losses", "metrics")
BEGIN, END = "<!-- objects: begin -->", "<!-- objects: end -->"
_WHO = re.compile(r"(\w+(?:, \w+)*): ")
_LINK = re.compile(r"https?://[^\s)>\]]+[^\s)>\].,;]")


@dataclass(frozen=True)
class Object:
    """A public class of the library.

    Attributes:
        name: Its name.
        room: `layers`, `losses` or `metrics`.
        summary: The first sentence of its docstring.
        link: The first link of its docstring, the source of the formula; or nothing.
    """

    name: str
    room: str
    summary: str
    link: str


def objects() -> list[Object]:
    """Every public class of the library, read without importing it."""
    return [
        Object(name, room, *_told(_class(room, name)))
        for room in ROOMS
        for name in _exported(PACKAGE / room / "__init__.py")
    ]


def _exported(file: Path) -> list[str]:
    """The names in `__all__`."""
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return sorted(ast.literal_eval(node.value), key=str.lower)
    message = f"Expected `__all__` in {file}, found none."
    raise SystemExit(message)


def _class(room: str, name: str) -> ast.ClassDef:
    for file in sorted((PACKAGE / room).glob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node
    message = f"Expected class {name} in multibackend/{room}, found none."
    raise SystemExit(message)


def _told(node: ast.ClassDef) -> tuple[str, str]:
    text = ast.get_docstring(node) or ""
    link = _LINK.search(text)
    return text.partition("\n")[0], link[0] if link else ""


def cases() -> dict[str, set[str]]:
    """By object, the names of the declared cases that use it."""
    found: dict[str, set[str]] = {}
    folder = PACKAGE / "parity" / "cases" / "declared"
    for file in sorted(folder.glob("*.py")):
        module = f"multibackend.parity.cases.declared.{file.stem}"
        for function, name in _uses(ast.parse(file.read_text("utf-8"))):
            found.setdefault(name, set()).add(f"{module}:{function}")
    return found


def _uses(tree: ast.Module) -> Iterator[tuple[str, str]]:
    rooms = {f"multibackend.{room}" for room in ROOMS}
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom) and node.module in rooms:
                yield from ((function.name, alias.name) for alias in node.names)


def passed(verdict: dict[str, Any], backend: str) -> bool:
    """Whether a backend has nothing to answer for in this verdict."""
    if verdict["verdict"] == "agree":
        return True
    if verdict["verdict"] == "abstain":
        # The reason begins with who has it: `torch: torch.compile refuses`.
        named = _WHO.match(verdict["detail"] or "")
        return named is not None and backend not in named[1].split(", ")
    # A difference is not that of the backends that are not blamed.
    judged = verdict["verdict"] in ("differ", "known")
    return judged and bool(verdict["blame"]) and backend not in verdict["blame"]


def cell(verdicts: list[dict[str, Any]], backend: str) -> str:
    """How many checks a backend passes in all cases, and the others by name."""
    asked = list(dict.fromkeys(v["check"] for v in verdicts))
    left = {v["check"] for v in verdicts if not passed(v, backend)}
    told = f"{len(asked) - len(left)} of {len(asked)}"
    return (
        f"{told}, not `{'`, `'.join(c for c in asked if c in left)}`" if left else told
    )


def table(document: dict[str, Any], found: Iterable[Object]) -> str:
    """The table in Markdown."""
    backends = list(document["environments"])
    used = cases()
    lines = [
        f"| object | does | source | {' | '.join(backends)} |",
        "|---|---|---|" + "---|" * len(backends),
    ]
    for each in found:
        verdicts = [
            v for v in document["verdicts"] if v["case"] in used.get(each.name, ())
        ]
        if not verdicts:
            message = f"Expected verdicts of {each.name}, found none. Run every case."
            raise SystemExit(message)
        source = f"[paper]({each.link})" if each.link else "-"
        cells = " | ".join(cell(verdicts, backend) for backend in backends)
        lines.append(f"| `{each.name}` | {each.summary} | {source} | {cells} |")
    return "\n".join(lines)


def placed(page: str, text: str) -> str:
    """The page with `text` between its two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"Expected {BEGIN} and {END} in the page, found them not. Add them."
        raise SystemExit(message)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main() -> int:
    """Rewrites the table of a page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("verdicts", type=Path, help="what `check --json` wrote")
    parser.add_argument("page", type=Path, help="the page that holds the two marks")
    asked = parser.parse_args()
    document = json.loads(asked.verdicts.read_text("utf-8"))
    page = placed(asked.page.read_text("utf-8"), table(document, objects()))
    asked.page.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
