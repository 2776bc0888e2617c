"""The pages in `docs` run as they stand."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["training"])
def test_the_blocks_of_a_page_run_one_after_the_other(page):
    text = (DOCS / f"{page}.md").read_text("utf-8")
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S):
        exec(compile(block, f"{page}.md", "exec"), names)  # noqa: S102 - our own page

    assert round(float(names["acceleration"]), 3) == 9.8
    assert [float(each) for each in names["along"]] == [6.0, 0.0]
    assert names["losses"][-1] < names["losses"][0]
    assert names["step"].notes == names["smooth"].notes == names["fast"].notes == []
    assert len(names["history"].history["loss"]) == 3
