"""Coverage and counts in a Markdown file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from multibackend.conformance.causes import causes
from multibackend.conformance.summary import BEGIN, END, summary, write_summary
from multibackend.conformance.tables import every
from multibackend.errors import OutputError


@pytest.fixture
def board(make_board, make_sample):
    return make_board(
        make_sample("keras.ops.abs[plain]", {"torch": "agree", "jax": "agree"}),
        make_sample("keras.ops.abs[NaN]", {"torch": "agree", "jax": "known"}),
        make_sample("keras.ops.add[plain]", {"torch": "abstain", "jax": "agree"}),
        make_sample("keras.ops.add[ties]", {"torch": "differ", "jax": "agree"}),
        make_sample("keras.ops.add[zero]", {"torch": "missing", "jax": "agree"}),
    )


def test_counts_each_check_once_by_its_worst_word(board):
    row = next(line for line in summary(board).splitlines() if "`keras.ops`" in line)
    assert row == "| `keras.ops` | 2 | 5 | 1 | 1 | 2 | 1 |"


def test_says_how_much_is_covered(board):
    told = summary(board).splitlines()[0]
    assert "2 of 3 public symbols (66.7%) by 5 samples and 5 checks" in told
    assert "1 known causes" in told


def test_names_the_frameworks_without_what_they_were_built_for(board):
    board.environments["torch"]["framework"] = "torch 2.13.0+cpu"
    assert summary(board).startswith("Keras 3.15.1 on torch 2.13.0, jax: ")


def test_sums_up_all_rooms(board):
    assert summary(board).splitlines()[-1] == "| all | 2 | 5 | 1 | 1 | 2 | 1 |"


def test_leaves_the_rest_of_a_file_alone(board, tmp_path):
    file = tmp_path / "README.md"
    file.write_text(f"# Top\n{BEGIN}\nold\n{END}\nbelow\n", "utf-8")
    write_summary(board, file)
    write_summary(board, file)
    text = file.read_text("utf-8")
    assert text == f"# Top\n{BEGIN}\n{summary(board)}\n{END}\nbelow\n"


@pytest.mark.parametrize("text", ["# Top\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n"])
def test_refuses_a_file_without_the_place(board, tmp_path, text):
    file = tmp_path / "README.md"
    file.write_text(text, "utf-8")
    with pytest.raises(OutputError, match="Write them where the counts are to stand"):
        write_summary(board, file)
    assert file.read_text("utf-8") == text


def test_refuses_a_file_that_is_not_there(board, tmp_path):
    with pytest.raises(OutputError, match="No such file"):
        write_summary(board, tmp_path / "README.md")


def test_the_counts_of_the_readme_are_of_these_samples_and_causes():
    readme = Path(__file__).parents[3] / "README.md"
    _, _, rest = readme.read_text("utf-8").partition(BEGIN)
    told = re.search(
        r"by (\d+) samples and \d+ checks; (\d+) known causes", rest.partition(END)[0]
    )

    assert told, "run `python -m tox run -e conform`"
    # What is compiled as one is told apart.
    asked = sum(len(sample.parts) or 1 for sample in every())
    assert (int(told[1]), int(told[2])) == (asked, len(causes()))
