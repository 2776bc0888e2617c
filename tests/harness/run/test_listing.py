"""Cases listed by a process of their own: what a module does there stays there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from multibackend.errors import TargetError
from multibackend.parity.run.listing import listed

CASE = "from multibackend import case\n@case\ndef one(): return 1.0\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return tmp_path


def test_the_cases_of_a_file_are_listed_with_their_place(here: Path) -> None:
    _ = (here / "mine.py").write_text(CASE)
    (found,) = listed(("mine.py",))

    assert (found.name, found.line) == ("mine:one", 2)
    assert Path(found.file).name == "mine.py"
    assert "mine" not in sys.modules


def test_what_a_file_prints_is_no_answer(here: Path) -> None:
    _ = (here / "loud.py").write_text(f"print('hello', flush=True)\n{CASE}")

    assert [case.name for case in listed(("loud.py",))] == ["loud:one"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise RuntimeError('broken')", "RuntimeError: broken"),
        ("value = 3", "an optimizer, found none"),
        ("import os; os._exit(7)", "exit code 7"),
        (CASE + CASE, "'mine:one' twice"),
    ],
)
def test_a_file_that_cannot_be_listed_is_refused(
    text: str, told: str, here: Path
) -> None:
    _ = (here / "mine.py").write_text(text)

    with pytest.raises(TargetError, match=told):
        _ = listed(("mine.py",))


def test_a_file_that_is_not_there_starts_no_process() -> None:
    with pytest.raises(TargetError, match="found none"):
        _ = listed(("nowhere.py",))
