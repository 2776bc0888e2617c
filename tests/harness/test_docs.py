"""The pages in `docs`: what they name exists, what they show runs, what they tell is so."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from multibackend.cli import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Every page that a person wrote; the others are made by a script, and say so.
PAGES = sorted(
    path
    for path in (*DOCS.glob("*.md"), *(ROOT / f"{n}.md" for n in ("README",)))
    if path.name not in ("benchmarks.md", "steps.md", "selftest.md")
)
NAMES = [path.stem for path in PAGES]
_ELSEWHERE = ("http:", "https:", "#")


def text(page: Path) -> str:
    return page.read_text("utf-8")


def blocks(page: Path, *languages: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```", text(page), re.M | re.S)
    return [block for language, block in found if language in languages]


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", text(page), flags=re.M | re.S)


def commands(page: Path) -> list[str]:
    """Every `multibackend ...` of a block or between backticks, options whole."""
    shown = "".join(blocks(page, "bash", "sh")).replace("\\\n", " ").splitlines()
    spans = re.findall(r"`([^`\n]+)`", prose(page))
    # A `...` stands for what the reader fills in.
    return [
        line.partition(" #")[0].strip()
        for line in (*shown, *spans)
        if line.startswith("multibackend ") and "..." not in line and "…" not in line
    ]


def refused(line: str) -> str:
    """What the command line's parser says against a command, or nothing."""
    words = [word.strip("[]") for word in shlex.split(line)[1:]]
    group: Any = typer.main.get_command(app)
    if words[0] not in group.commands:
        return f"{words[0]} is no command"
    if len(words) == 1:  # the name of a command, in a sentence
        return ""
    try:
        group.commands[words[0]].make_context(words[0], words[1:])
    except Exception as error:  # noqa: BLE001 - whatever it says against it
        return getattr(error, "message", "") or repr(error)
    return ""


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_the_command_line_takes_every_command_of_a_page(page: Path) -> None:
    told = {line: refused(line) for line in commands(page)}

    assert {line: why for line, why in told.items() if why} == {}


def test_a_command_that_does_not_exist_is_seen() -> None:
    """The proof above needs this: the parser might as well take anything."""
    assert "no command" in refused("multibackend teh a.py")
    assert "No such option" in refused("multibackend check a.py --josn x")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_file_that_a_page_links_or_names_exists(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    linked = {
        (page.parent / link.partition("#")[0])
        for link in links
        if not link.startswith(_ELSEWHERE)
    }
    named = re.findall(
        r"`((?:multibackend|tests|docs|benchmarks|\.ci|\.github)/[\w./-]+)`",
        prose(page),
    )

    assert [str(path) for path in linked if not path.exists()] == []
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_heading_that_a_page_links_to_exists(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]*#[^)\s]+)\)", prose(page)):
        if link.startswith(("http:", "https:")):
            continue
        name, _, anchor = link.partition("#")
        headings = re.findall(
            r"^#+ (.+)$", text(page.parent / name if name else page), re.M
        )
        known = {
            re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings
        }
        assert anchor in known, link


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_page_has_one_sentence_a_line(page: Path) -> None:
    """So that a change of one sentence is a change of one line."""
    plain = re.sub(r"\$\$.*?\$\$", "", prose(page), flags=re.S)
    lines = [ln for ln in plain.splitlines() if not re.match(r"\||- |\d+\. ", ln)]

    assert [line for line in lines if re.search(r"[a-z`)]\. [A-Z`]", line)] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_what_a_page_shows_at_the_prompt_is_what_comes_out(page: Path) -> None:
    """No framework is needed for these; the blocks of Python are run elsewhere."""
    whole = "\n".join(blocks(page, "pycon"))
    test = doctest.DocTestParser().get_doctest(whole, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(verbose=False)
    said: list[str] = []

    assert runner.run(test, out=said.append).failed == 0, "".join(said)
    assert bool(test.examples) == (">>>" in text(page))


def test_every_page_is_reached_from_the_readme() -> None:
    readme = text(ROOT / "README.md")

    assert [
        path.name
        for path in sorted(DOCS.glob("*.md"))
        if f"docs/{path.name}" not in readme
    ] == []
