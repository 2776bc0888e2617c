import re

import pytest

from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.markdown import to_markdown


def tables(text):
    """The cells of each table, as a Markdown reader splits them."""
    found = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append(re.split(r"(?<!\\)\|", line)[1:-1])
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def test_it_has_counts_environments_and_what_does_not_agree(sample):
    text = to_markdown(sample)
    counts, environments, opened, excused = tables(text)

    assert text.startswith("## 9 of 156 checks of 39 cases do not agree.\n")
    assert [cell.strip() for cell in counts[2]] == ["137", "6", "2", "1", "1", "1", "8"]
    assert len(environments) == 2 + 3
    assert len(opened) == 2 + 9
    assert len(excused) == 2 + 3
    assert "> the record of jax was interrupted" in text
    assert text.endswith("layers:rms_norm --checks grad_inputs`\n")


def test_a_row_names_case_check_blame_and_ratio(sample):
    row = next(line for line in to_markdown(sample).splitlines() if "gated" in line)

    assert row.startswith(
        "| **differ** | `multibackend.parity.cases.declared.layers:gated_dense` | "
        "`grad_weights` | `jax` | 77.5x | jax kernel&#91;0, 3&#93; in float32"
    )


def test_no_hostile_name_becomes_a_cell_a_line_or_html(hostile_judgement):
    text = to_markdown(hostile_judgement)

    for table in tables(text):
        assert {len(row) for row in table} == {len(table[0])}
    assert set(re.findall(r"<[^>]*>", text)) == {"<code>", "</code>"}
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    code_removed = re.sub(r"`[^`\n]*`|<code>.*?</code>", "", text)
    assert "`" not in code_removed
    assert "![" not in code_removed
    assert "_emphasis_" not in code_removed
    assert "](" not in code_removed


def test_a_long_list_is_cut_and_says_so():
    some = tuple(
        Verdict(f"m:{'c' * 200}{i}", "f", "differ", detail="d" * 5000)
        for i in range(2000)
    )
    text = to_markdown(Judgement(some, {}))

    assert "1,800 more rows are in the JSON and HTML reports." in text
    assert len(text.encode()) < 2**20


@pytest.mark.parametrize("word", ["differ", "failed", "missing"])
def test_every_open_word_is_listed(seven, word):
    assert f"| **{word}** | `m:{word}`" in to_markdown(seven)


def test_nothing_judged_is_said(empty):
    text = to_markdown(empty)

    assert text.startswith("## Nothing was judged.")
    assert text.endswith("`multibackend list`\n")
