"""docs/formats.md names every field of what is written, and no other."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from multibackend.parity.compare.verdict import KINDS, VERDICTS
from multibackend.parity.record.observation import Observation, Raised, Status
from multibackend.parity.record.schema import SCHEMA, ObservationFile, RecordFile
from multibackend.parity.record.write import GROUPS, RecordWriter
from multibackend.parity.report import schema as verdicts_schema

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")


def section(title: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S)
    assert found is not None, f"docs/formats.md has no section {title!r}"
    return found[1]


def told(title: str) -> list[str]:
    """The fields in the table of a section, in order."""
    return re.findall(r"^\| `([\w-]+)` \|", section(title), re.M)


def objects() -> dict[str, list[str]]:
    """The fields of each object of the schema of verdicts, by its name."""
    text = (
        resources.files("multibackend.parity.report")
        .joinpath("verdicts.schema.json")
        .read_text("utf-8")
    )
    whole: dict[str, Any] = json.loads(text)
    found = {"document": whole, **whole["$defs"]}
    return {
        name: list(each["properties"])
        for name, each in found.items()
        if "properties" in each
    }


@pytest.mark.parametrize("name", objects())
def test_the_page_has_each_field_of_the_verdicts(name: str) -> None:
    assert sorted(told(name)) == sorted(objects()[name])


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("record.json", RecordFile),
        ("observation", ObservationFile),
        ("raised", Raised),
    ],
)
def test_the_page_has_each_field_of_a_record(title: str, model: type[Any]) -> None:
    assert sorted(told(title)) == sorted(field.name for field in fields(model))


def test_the_page_has_each_group_of_arrays_word_and_kind() -> None:
    assert sorted(told("arrays")) == sorted(GROUPS)
    for word in (*VERDICTS, *KINDS, *get_args(Status)):
        assert f"`{word}`" in PAGE, word


def test_the_page_has_the_numbers_of_both_formats() -> None:
    assert f"the number of the record format, {SCHEMA}" in section("observation")
    assert f"the number of this format, {SCHEMA} " in section("record.json")
    assert f"the number of this format, {verdicts_schema.SCHEMA} " in section(
        "document"
    )


def test_the_block_of_the_page_reads_a_record(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    names: dict[str, Any] = {}
    exec(compile(block, "formats.md", "exec"), names)  # noqa: S102 - our own page
    about = RecordFile("multibackend record", SCHEMA, "jax", {}, "", cases=("m:a",))
    writer = RecordWriter(tmp_path / "jax")
    writer.open(about, overwrite=False)
    outputs = {"output": np.array([1.0, -7.5], "float32")}
    writer.add(Observation("m:a", "forward", "ok", "*", outputs=outputs))

    assert names["largest"](tmp_path / "jax") == {"m:a": 7.5}
