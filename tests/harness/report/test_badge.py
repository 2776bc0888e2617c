import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from multibackend.cli import app
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.badge import message, to_badge
from multibackend.parity.report.document import write_json

SVG = "{http://www.w3.org/2000/svg}"
THREE = {"torch": {}, "jax": {}, "tensorflow": {}}
GREEN, RED, GREY = "#2e7d32", "#c62828", "#616161"


def parsed(judgement) -> Any:
    return ET.fromstring(to_badge(judgement))  # noqa: S314 - what we wrote


def judged(*verdicts):
    return Judgement(verdicts, THREE)


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (
            [Verdict("m:a", "forward", "agree")],
            ("agrees on torch, jax, tensorflow", GREEN),
        ),
        (
            [Verdict("m:a", "forward", "known", ("jax",))],
            ("agrees on torch, jax, tensorflow", GREEN),
        ),
        (
            [
                Verdict("m:a", "forward", "agree"),
                Verdict("m:a", "jit", "differ", ("tensorflow",)),
                Verdict("m:b", "jit", "differ", ("torch",)),
                Verdict("m:c", "jit", "failed", ("jax",)),
            ],
            ("differs on torch, tensorflow", RED),
        ),
        ([Verdict("m:a", "forward", "failed", ("jax",))], ("fails on jax", RED)),
        ([Verdict("m:a", "forward", "failed")], ("fails", RED)),
        (
            [Verdict("(every case)", "record", "missing", ("mlx",))],
            ("is missing on mlx", RED),
        ),
        ([Verdict("m:a", "forward", "abstain")], ("nothing judged", GREY)),
        ([], ("nothing judged", GREY)),
    ],
)
def test_the_badge_says_who_agrees_or_who_does_not(verdicts, told):
    assert message(judged(*verdicts)) == told


def test_the_badge_is_one_file_that_a_screen_reader_can_read():
    root = parsed(judged(Verdict("m:a", "forward", "agree")))

    told = "multibackend: agrees on torch, jax, tensorflow"
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title") == told
    assert [text.text for text in root.iter(f"{SVG}text")] == told.split(": ")
    assert not [e for e in root.iter() if {"href", "src", "style"} & set(e.attrib)]


def test_each_text_has_room_and_the_boxes_are_as_wide_as_the_badge():
    root = parsed(judged(Verdict("m:a", "forward", "agree")))
    whole = int(root.find(f"{SVG}rect").get("width"))
    (label,) = re.findall(r"M3 0H(\d+)V", root.find(f"{SVG}path").get("d"))
    texts = [
        (int(e.get("x")), int(e.get("x")) + int(e.get("textLength")))
        for e in root.iter(f"{SVG}text")
    ]

    assert whole == int(root.get("width"))
    assert texts[0][1] + 6 == int(label) == texts[1][0] - 6
    assert texts[1][1] + 6 == whole


def test_a_hostile_label_is_text(hostile_judgement):
    root = parsed(hostile_judgement)

    assert {e.tag.removeprefix(SVG) for e in root.iter()} == {
        *("svg", "title", "rect", "path", "g", "text")
    }


def test_the_command_writes_it(sample, tmp_path):
    from typer.testing import CliRunner

    write_json(sample, tmp_path / "verdicts.json")
    done = CliRunner().invoke(
        app, ["report", str(tmp_path), "--badge", str(tmp_path / "badge.svg")]
    )

    assert f"Wrote {tmp_path / 'badge.svg'}" in done.stdout.replace("\n", "")
    assert (tmp_path / "badge.svg").read_text("utf-8") == to_badge(sample)
