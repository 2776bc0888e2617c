"""Scoreboards: what a cell says, what covers a symbol, merging and comparing."""

from __future__ import annotations

import pytest

from multibackend.conformance.board import BoardError, read_board, worst, write_board
from multibackend.conformance.change import changes, regressions
from multibackend.conformance.merge import merge
from multibackend.conformance.told import change_lines, coverage_lines, time_lines
from multibackend.errors import RecordError

AGREE = {"torch": "agree", "jax": "agree"}
OFF = {"torch": "agree", "jax": "differ"}
KNOWN = {"torch": "agree", "jax": "known"}


def test_a_cell_is_the_worst_of_its_samples(make_board, make_sample):
    found = make_board(
        make_sample("keras.ops.add[one]", AGREE),
        make_sample("keras.ops.add[two]", OFF),
    ).cells()

    assert found["keras.ops.add", "torch", "forward"] == "agree"
    assert found["keras.ops.add", "jax", "forward"] == "differ"


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["agree", "known"], "known"),
        (["unsupported", "agree"], "unsupported"),
        (["missing", "failed"], "failed"),
        ([], "missing"),
    ],
)
def test_the_worst_word(words, word):
    assert worst(words) == word


def test_an_alias_covers_its_symbol(make_board, make_sample):
    found = make_board(make_sample("keras.ops.absolute[one]", AGREE))

    assert found.covered() == ["keras.ops.abs"]
    line = next(coverage_lines(found))
    assert "1 of 3 public symbols covered (33.3%)" in line
    assert "2 uncovered" in line


def test_a_scoreboard_is_read_as_it_was_written(make_board, make_sample, tmp_path):
    made = make_board(make_sample("keras.ops.add[one]", OFF, causes=["a-cause"]))
    write_board(made, tmp_path / "scoreboard.json")

    assert read_board(tmp_path / "scoreboard.json") == made


@pytest.mark.parametrize("text", ["", "[]", '{"keras": 3}'])
def test_what_is_no_scoreboard_is_refused_in_a_sentence(tmp_path, text):
    file = tmp_path / "scoreboard.json"
    _ = file.write_text(text, "utf-8")

    with pytest.raises(RecordError, match="Expected a scoreboard in"):
        _ = read_board(file)
    with pytest.raises(RecordError, match="Expected a scoreboard at"):
        _ = read_board(tmp_path / "none.json")


def test_of_a_sample_in_two_scoreboards_the_later_one_counts(make_board, make_sample):
    one = make_board(
        make_sample("keras.ops.add[one]", OFF),
        make_sample("keras.ops.abs[one]", AGREE, date="2026-01-01"),
    )
    two = make_board(make_sample("keras.ops.add[one]", AGREE))
    both = merge([one, two])

    assert {s.name: s.date for s in both.samples} == {
        "keras.ops.add[one]": "2026-11-29",
        "keras.ops.abs[one]": "2026-01-01",
    }
    assert both.cells()["keras.ops.add", "jax", "forward"] == "agree"


def test_scoreboards_of_two_versions_are_not_merged(make_board):
    with pytest.raises(BoardError, match=r"received 3\.14\.1 and 3\.15\.1"):
        _ = merge([make_board(keras="3.14.1"), make_board()])


def test_what_got_worse_is_a_regression_and_what_got_better_is_none(
    make_board, make_sample
):
    before = make_board(
        make_sample("keras.ops.add[one]", AGREE),
        make_sample("keras.ops.abs[one]", KNOWN),
        make_sample("keras.ops.abs[two]", OFF),
        make_sample("keras.ops.abs[gone]", AGREE),
    )
    after = make_board(
        make_sample("keras.ops.add[one]", OFF),
        make_sample("keras.ops.abs[one]", AGREE),
        make_sample("keras.ops.abs[two]", OFF),
        make_sample("keras.ops.abs[new]", OFF),
    )
    found = {(c.sample, c.backend): c for c in changes(before, after)}

    assert [c.sample for c in regressions(before, after)] == [
        "keras.ops.add[one]",
        "keras.ops.abs[new]",
    ]
    assert found["keras.ops.abs[one]", "jax"].better
    assert found["keras.ops.abs[gone]", "torch"].after == ""
    assert ("keras.ops.abs[two]", "jax") not in found
    text = "\n".join(change_lines(list(found.values()), before, after))
    assert "2 regressions, 1 differ now, 1 agree now, 3 other changes" in text
    # What is new and differs has a line, what is gone has none.
    assert text.splitlines()[1:] == [
        "  keras.ops.add[one] forward on jax: agree -> differ",
        "  keras.ops.abs[new] forward on jax: not asked -> differ",
        "  keras.ops.abs[one] forward on jax: known -> agree",
    ]


def test_where_the_time_went_is_told_by_check_and_sample(make_board, make_sample):
    lines = list(time_lines(make_board(make_sample("keras.ops.add[one]", AGREE))))

    assert lines[1].split() == ["forward", "1", "1.00", "1.00", "1.0"]
    assert lines[-1].split() == ["1.00", "keras.ops.add[one]"]
