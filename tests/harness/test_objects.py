"""The table of objects in docs/library.md says what the package holds."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "library.md").read_text("utf-8")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """The script that writes the table."""
    spec = importlib.util.spec_from_file_location("objects", ROOT / "docs/objects.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where a dataclass looks its module up
    spec.loader.exec_module(module)
    return module


def rows() -> list[list[str]]:
    """The cells of the table in the page, row by row."""
    _, _, rest = PAGE.partition("<!-- objects: begin -->")
    table, _, _ = rest.partition("<!-- objects: end -->")
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table.strip().splitlines()[2:]
    ]


def test_the_table_lists_every_public_class_with_its_sentence_and_source(
    generator: ModuleType,
) -> None:
    expected = [
        [f"`{each.name}`", each.summary, f"[paper]({each.link})" if each.link else "-"]
        for each in generator.objects()
    ]

    assert [row[:3] for row in rows()] == expected


def test_every_object_passes_checks_on_every_backend() -> None:
    for row in rows():
        for cell in row[3:]:
            passed, _, asked = cell.partition(",")[0].partition(" of ")
            assert int(passed) > 0, row[0]
            assert int(asked) >= int(passed), row[0]


def test_every_object_names_its_source(generator: ModuleType) -> None:
    plain = {"MaskedMaxPooling", "MaskedMeanPooling", "SimpleDense", "SquareLoss"}

    assert {e.name for e in generator.objects() if not e.link} <= plain


def test_every_object_has_cases(generator: ModuleType) -> None:
    cases = generator.cases()
    names = [each.name for each in generator.objects()]

    assert len(names) >= 45
    assert [name for name in names if len(cases.get(name, ())) < 2] == []
    assert len(set[str]().union(*(cases[name] for name in names))) >= 120


@pytest.mark.parametrize(
    ("verdict", "passed"),
    [
        ({"verdict": "agree", "blame": []}, True),
        ({"verdict": "differ", "blame": ["jax"]}, True),
        ({"verdict": "known", "blame": ["torch", "jax"]}, False),
        ({"verdict": "differ", "blame": []}, False),
        ({"verdict": "abstain", "blame": [], "detail": "torch: refused"}, False),
        ({"verdict": "abstain", "blame": [], "detail": "jax, torch: none"}, False),
        ({"verdict": "abstain", "blame": [], "detail": "jax: it refuses"}, True),
        ({"verdict": "abstain", "blame": [], "detail": "a kink"}, False),
        ({"verdict": "unsupported", "blame": []}, False),
    ],
)
def test_a_backend_passes_what_it_is_not_blamed_for(
    generator: ModuleType, verdict: dict[str, Any], passed: bool
) -> None:
    assert generator.passed(verdict, "torch") is passed


def test_a_page_without_marks_is_refused(generator: ModuleType) -> None:
    with pytest.raises(SystemExit, match="objects: begin"):
        generator.placed("# A page", "a table")
