"""The page: whole in one file, and nothing that a sample says is markup."""

from __future__ import annotations

import json
import re

from multibackend.conformance.site import to_site


def data_of(page):
    (text,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', page, re.S
    )
    return json.loads(text)


def test_the_page_holds_the_scoreboard_and_needs_nothing_else(make_board, make_sample):
    sample = make_sample(
        "keras.ops.add[one]", {"torch": "agree", "jax": "known"}, causes=["a-cause"]
    )
    page = to_site(make_board(sample))
    data = data_of(page)

    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert data["samples"][0][5] == [["forward", "ak", "", None, "", [0]]]
    assert data["causes"][0][:2] == ["a-cause", "It is so."]
    assert [row[3] for row in data["symbols"]] == [[], [0], []]


def test_what_an_error_says_ends_no_element(make_board, make_sample):
    evil = "</script><script>alert(1)</script>"
    sample = make_sample("keras.ops.add[one]", {"torch": "differ"}, detail=evil)
    page = to_site(make_board(sample))

    assert evil not in page
    assert data_of(page)["samples"][0][5][0][4] == evil


def test_an_earlier_scoreboard_is_told_with_what_changed(make_board, make_sample):
    before = make_board(
        make_sample("keras.ops.add[one]", {"torch": "agree", "jax": "differ"}),
        keras="3.14.1",
    )
    after = make_board(
        make_sample("keras.ops.add[one]", {"torch": "agree", "jax": "agree"})
    )
    (past,) = data_of(to_site(after, [before]))["earlier"]

    assert past["keras"] == "3.14.1"
    assert past["changes"] == [
        ["keras.ops.add[one]", "forward", "jax", "differ", "agree"]
    ]
