"""The JSON, its schema, and the visit that writes it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from rich.console import Console

from multibackend import __version__
from multibackend.doctor.document import Document, schema, to_json
from multibackend.doctor.examine import examine
from multibackend.doctor.facts import Seen, Trouble, Unmet
from multibackend.doctor.visit import visit

SHIPPED = json.loads(
    files("multibackend.doctor").joinpath("doctor.schema.json").read_text()
)
VALIDATOR = jsonschema.Draft202012Validator(SHIPPED)


@pytest.fixture
def whole(seen: Callable[..., Seen]) -> tuple[Seen, ...]:
    """Every kind of fact, one of them with what no text can hold."""
    off = {"keras_json": {"epsilon": float("nan")}, "variables": {"CXX": "\udcff"}}
    told = {"threads": {"in an operation": 2}, "capability": 9.0, "cuda": "12.8"}
    unmet = (Unmet("torch 2.13.0", "sympy>=9", None),)
    crashed = Trouble("ended", "killed by SIGSEGV", "boom")
    return (
        seen(
            "torch", around=off, told=told, here={"unmet": unmet, "extras": ("plot",)}
        ),
        seen("jax", silent=True, trouble=crashed, interpreter="/j/python"),
        Seen(backend="tensorflow", surroundings=seen().surroundings),
    )


def written(seen: tuple[Seen, ...]) -> Any:
    return json.loads(to_json(seen, examine(seen)), parse_constant=pytest.fail)


def test_the_shipped_schema_is_that_of_the_fields() -> None:
    assert schema() == SHIPPED


def test_what_is_written_fits_the_shipped_schema(whole: tuple[Seen, ...]) -> None:
    document = written(whole)

    VALIDATOR.validate(document)
    assert document["schema"] == 2
    assert document["version"] == __version__
    assert document["fit"] is False
    assert [each["backend"] for each in document["backends"]] == [
        "torch",
        "jax",
        "tensorflow",
    ]


def test_what_is_written_reads_back(seen: Callable[..., Seen]) -> None:
    one = (seen("torch"), seen("jax", silent=True, trouble=Trouble("raised", "x")))
    document = msgspec.json.decode(to_json(one, examine(one)), type=Document)

    assert document.backends == one
    assert document.findings == examine(one)


@pytest.mark.parametrize("place", [(), ("findings", 0), ("backends", 0), ("backends", 0, "surroundings"), ("backends", 0, "computation")])  # fmt: skip
def test_the_schema_is_closed_and_whole(
    place: tuple[Any, ...], whole: tuple[Seen, ...]
) -> None:
    more, less = written(whole), written(whole)
    inner, outer = more, less
    for step in place:
        inner, outer = inner[step], outer[step]
    inner["more"] = 1
    _ = outer.popitem()

    assert not VALIDATOR.is_valid(more)
    assert not VALIDATOR.is_valid(less)


def test_the_page_names_every_topic_and_level() -> None:
    page = (Path(__file__).parents[3] / "docs" / "doctor.md").read_text("utf-8")
    finding = SHIPPED["$defs"]["Finding"]["properties"]

    for word in (*finding["topic"]["enum"], *finding["level"]["enum"]):
        assert f"| `{word}` |" in page, word


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose interpreter for JAX is not there."""
    monkeypatch.chdir(tmp_path)
    table = '[tool.multibackend.backends.jax]\npython = "no/python"\n'
    _ = (tmp_path / "pyproject.toml").write_text(table)
    return tmp_path


def test_a_visit_writes_prints_and_says_whether_it_is_fit(project: Path) -> None:
    screen = io.StringIO()
    fit = visit(
        ["jax"],
        limit=30,
        json=project / "doctor.json",
        console=Console(file=screen, width=300),
    )
    document = json.loads((project / "doctor.json").read_text("utf-8"))

    assert fit is False
    VALIDATOR.validate(document)
    assert document["backends"][0]["trouble"]["kind"] == "interpreter"
    assert f"{project}/no/python does not start" in screen.getvalue()
    assert f"Wrote {project}/doctor.json" in screen.getvalue()
