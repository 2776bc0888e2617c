"""The README says what is so: its commands, options, checks and exit codes."""

from __future__ import annotations

import ast
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from multibackend import errors
from multibackend.parity.checks.table import CHECKS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def commands() -> set[str]:
    """Every `multibackend ...` in a block or between backticks."""
    block_lines = "".join(blocks("bash")).splitlines()
    spans = re.findall(r"`(multibackend [^`]+)`", README)
    return {line for line in (*block_lines, *spans) if line.startswith("multibackend ")}


def test_ci_runs_the_test_command_of_the_readme_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    lines = [
        line
        for line in script.read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]

    assert lines[0] == "set -euo pipefail"
    assert lines[1] == 'cd "$(dirname "${BASH_SOURCE[0]}")/.."'
    assert len(lines) == 3
    assert f"{lines[2]}\n" in blocks("bash")
    assert script.stat().st_mode & stat.S_IXUSR


def test_a_case_takes_three_lines() -> None:
    (block,) = blocks("python")
    (function,) = (
        node for node in ast.parse(block).body if isinstance(node, ast.FunctionDef)
    )

    assert function.end_lineno is not None
    assert function.end_lineno - function.decorator_list[0].lineno + 1 == 3


@pytest.fixture(scope="module")
def helped() -> dict[str, str]:
    """What each command that the README names says of itself."""
    names = {line.split()[1] for line in commands()}
    plain = os.environ | {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
    return {
        name: subprocess.run(
            [sys.executable, "-m", "multibackend", name, "--help"],
            env=plain,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for name in names
    }


def test_every_command_of_the_readme_exists(helped: dict[str, str]) -> None:
    assert helped.keys() == {
        "check",
        "compare",
        "conform",
        "doctor",
        "list",
        "report",
        "run",
        "selftest",
    }


def test_every_option_of_the_readme_exists(helped: dict[str, str]) -> None:
    missing = [
        (line, option)
        for line in commands()
        for option in re.findall(r"--[a-z-]+", line)
        if option not in helped[line.split()[1]]
    ]

    assert missing == []


@pytest.mark.parametrize("command", ["check", "compare", "report"])
def test_every_report_that_the_readme_names_can_be_asked_for(
    command: str, helped: dict[str, str]
) -> None:
    for option in ("--json", "--html", "--junit", "--markdown"):
        assert option in helped[command]


def test_the_table_of_checks_is_the_table_of_checks() -> None:
    table = README.partition("| check | asks |")[2].partition("\n\n")[0]

    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.M)) == CHECKS


def test_every_room_of_the_house_has_a_line() -> None:
    """A reader finds any room from here."""
    table = README.partition("| room | holds |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`(?:multibackend/)?(?:parity/)?(\w+)`", table))
    rooms = {
        path.parent.name
        for pattern in ("*", "parity/*")
        for path in (ROOT / "multibackend").glob(f"{pattern}/__init__.py")
    }

    assert len(rooms) > 15
    assert rooms - {"parity"} - told == set()


def test_the_exit_codes_are_those_of_the_errors() -> None:
    table = README.partition("| exit code | means |")[2].partition("\n\n")[0]
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.M)}
    raised = {getattr(errors, name).exit_code for name in errors.__all__}

    assert told == {0, 1, 2, 3, 4, 130}
    assert raised == {2, 3}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_file_that_a_page_links_or_names_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    named = re.findall(r"`((?:multibackend|tests|\.ci)/[\w./]+)`", text)

    assert [name for name in (*links, *named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_page_has_one_sentence_a_line(page: str) -> None:
    """So that a change of one sentence is a change of one line."""
    prose = re.sub(r"```.*?```", "", (ROOT / page).read_text("utf-8"), flags=re.S)
    lines = [line for line in prose.splitlines() if not line.startswith(("|", "- "))]

    assert [line for line in lines if re.search(r"[a-z`)]\. [A-Z`]", line)] == []
