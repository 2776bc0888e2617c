"""The score as JSON, as Markdown and on the terminal."""

from __future__ import annotations

import io
import json

import msgspec
import pytest
from rich.console import Console

from multibackend.parity.selftest.document import Document
from multibackend.parity.selftest.report import report
from multibackend.parity.selftest.score import score
from multibackend.parity.selftest.trial import Trial


@pytest.fixture
def told(fault, said, judgement, tmp_path):
    """What a trial with one missed fault and one false alarm says, in each form."""
    found = judgement(
        said("f:off", "differ", "jax"),
        said("f:missed|", "agree"),
        said("c:fine", "differ", "torch"),
    )
    scored = score(found, [fault(), fault("f:missed|", size="1e-5")])
    screen = io.StringIO()
    written = report(
        Trial(scored, found, 12.0),
        json=tmp_path / "selftest.json",
        markdown=tmp_path / "selftest.md",
        console=Console(file=screen, width=200),
    )
    assert [path.name for path in written] == ["selftest.json", "selftest.md"]
    return (*(path.read_text("utf-8") for path in written), screen.getvalue())


def test_the_json_reads_back_into_its_schema(told):
    document = msgspec.json.decode(told[0], type=Document)

    assert document.schema == 1
    assert [planted.check for planted in document.faults] == ["forward", None]
    assert [said.case for said in document.controls.alarms] == ["c:fine"]
    assert {t.name: t.met for t in document.targets}["false alarms"] is False


def test_the_json_is_closed(told):
    more = json.loads(told[0]) | {"more": 1}

    with pytest.raises(msgspec.ValidationError, match="more"):
        _ = msgspec.convert(more, Document)


def test_the_markdown_has_versions_counts_and_what_went_wrong(told):
    text = told[1]

    assert "- jax: keras 3.15.1, jax 1.0, cpu" in text
    assert "| faults caught | at least 98% | 50.0% | 1/2 | NO |" in text
    assert "not caught: forward: agree" in text
    assert "c:fine" in text
    # A pipe in a name would end a cell.
    assert "missed&#124;" in text


def test_the_terminal_names_the_missed_targets_last(told):
    assert told[2].rstrip().splitlines()[-1].startswith("Missed: faults caught, ")
