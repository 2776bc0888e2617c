"""What the README and the tutorial show comes out: one run of both pages' cases."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("my_cases.py", "first_cases.py", "standardize_cases.py", "fixed_cases.py")

pytestmark = pytest.mark.parity


@dataclass(frozen=True)
class Shown:
    """What came of the pages' cases: the folder, the exit code, and the verdicts."""

    folder: Path
    code: int
    document: dict[str, Any]

    def of(self, file: str) -> list[dict[str, Any]]:
        """The verdicts on the cases of one file."""
        module = file.removesuffix(".py")
        return [v for v in self.document["verdicts"] if v["case"].startswith(module)]


def blocks(page: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)


def multibackend(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "multibackend", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("pages")
    (block,) = blocks("README.md")
    named = {"my_cases.py": block}
    for block in blocks("docs/tutorial.md"):
        if match := re.match(r"# (\w+\.py)\n", block):
            named[match[1]] = block
    assert set(named) == set(FILES)
    for name, text in named.items():
        _ = (folder / name).write_text(text, "utf-8")
    done = multibackend("check", *FILES, "--json", "verdicts.json", folder=folder)
    assert (folder / "verdicts.json").is_file(), done.stdout + done.stderr
    document = json.loads((folder / "verdicts.json").read_text("utf-8"))
    return Shown(folder, done.returncode, document)


@pytest.mark.parametrize("file", ["my_cases.py", "first_cases.py", "fixed_cases.py"])
def test_what_a_page_says_agrees_does_on_every_backend(shown: Shown, file: str) -> None:
    verdicts = shown.of(file)

    assert set(shown.document["environments"]) == {"torch", "jax", "tensorflow"}
    assert {verdict["verdict"] for verdict in verdicts} == {"agree"}
    assert {"forward", "grad_inputs"} <= {verdict["check"] for verdict in verdicts}


def test_the_layer_of_the_tutorial_fails_on_tensorflow_as_it_says(shown: Shown) -> None:
    (verdict,) = shown.of("standardize_cases.py")

    assert shown.code == 1
    assert (verdict["verdict"], verdict["kind"]) == ("differ", "error")
    assert verdict["blame"] == ["tensorflow"]
    assert "no attribute 'mean'" in verdict["differences"][0]["received"]


def test_the_two_records_of_the_tutorial_differ_in_float64_as_it_says(
    shown: Shown,
) -> None:
    folders = [f"multibackend-report/{name}" for name in ("torch", "jax")]
    done = multibackend("compare", *folders, "-v", folder=shown.folder)
    line = next(
        text
        for text in done.stdout.splitlines()
        if text.startswith("differ  standardize_cases:standardize  forward")
    )

    assert done.returncode == 1
    assert "torch, jax" in line
    # What PyTorch's compiler sets for itself is not what a case changed.
    assert "Note: " not in done.stdout
    assert "jax output[1, 1] in float64: expected 2.38826574945" in done.stdout
    assert "64 of 64 elements" in done.stdout


def test_the_agreement_of_the_page_on_pytest_is_one(
    tmp_path: Path, surroundings: Callable[..., dict[str, str]]
) -> None:
    (block,) = (text for text in blocks("docs/pytest.md") if "found = " in text)
    file = tmp_path / "page.py"
    _ = file.write_text(block, "utf-8")
    done = subprocess.run(
        [sys.executable, file.name],
        cwd=tmp_path,
        env=surroundings({}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "1 check:  1 agree" in done.stdout
