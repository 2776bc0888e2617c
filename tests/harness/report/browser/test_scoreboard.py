"""The scoreboard as a person meets it: filters, search, a page a symbol, its limits."""

from __future__ import annotations

import pytest

from multibackend.conformance.board import Asked, Board, Reason, Sampled, Symbol
from multibackend.conformance.site import to_site

BACKENDS = ("torch", "jax", "tensorflow")
EVIL = "</script><img src=x onerror=alert(1)>"
ROWS = "[...document.querySelectorAll('#matrix tbody tr')].map(r => r.cells[0].textContent)"


def sampled(symbol, label, words, *, detail="", causes=()):
    asked = Asked(
        "forward", dict(zip(BACKENDS, words, strict=True)), detail=detail, causes=causes
    )
    name = f"{symbol}[{label}]"
    return Sampled(
        name, "ops.small", f"{symbol}(n(2))", "2026-11-29", (symbol,), (asked,)
    )


@pytest.fixture
def board():
    agree = ("agree",) * 3
    return Board(
        keras="3.15.1",
        date="2026-11-29",
        backends=BACKENDS,
        environments={name: {"backend": name} for name in BACKENDS},
        symbols=(
            Symbol("keras.ops.abs", "function", ("keras.ops.absolute",)),
            Symbol("keras.ops.log", "function"),
            Symbol("keras.layers.Dense", "class"),
            Symbol("keras.layers.Layer", "class"),
        ),
        samples=(
            sampled("keras.ops.abs", "matrix", agree),
            sampled(
                "keras.ops.log", "edge", ("agree", "known", "agree"), causes=("flush",)
            ),
            sampled(
                "keras.layers.Dense",
                "first",
                ("differ", "agree", "agree"),
                detail=EVIL,
            ),
        ),
        causes=(Reason("flush", "Small numbers are zero.", ("jax",), "assert False"),),
        uncovered={"keras.layers.Layer": "a base class computes nothing"},
    )


def choose(browser, field, value):
    _ = browser.run(
        f"(field => {{ field.value = {value!r}; field.dispatchEvent(new Event('input')) }})"
        f"(document.getElementById({field!r}))"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_opens_without_a_complaint_in_both_themes(browser, opened, board, theme):
    _ = opened(to_site(board))
    browser.theme(theme)

    assert browser.faults == []
    assert browser.run(ROWS) == [
        "ops.abs",
        "ops.log",
        "layers.Dense",
        "layers.Layer",
    ]
    lead = browser.run("document.getElementById('lead').textContent")
    assert "3 of 4 public symbols covered (75.0 %)" in lead


def test_search_and_filters_leave_what_fits(browser, opened, board):
    _ = opened(to_site(board))
    choose(browser, "search", "absolute")
    assert browser.run(ROWS) == ["ops.abs"]
    choose(browser, "search", "flush")
    assert browser.run(ROWS) == ["ops.log"]
    choose(browser, "search", "")
    choose(browser, "namespace", "keras.layers")
    assert browser.run(ROWS) == ["layers.Dense", "layers.Layer"]
    _ = browser.run("document.querySelector('#words .d').click()")
    assert browser.run(ROWS) == ["layers.Dense"]
    choose(browser, "backend", "jax")
    assert browser.run(ROWS) == []


def test_a_symbol_has_a_page_with_its_causes_and_a_way_back(browser, opened, board):
    _ = opened(to_site(board))
    _ = browser.run(
        "new Promise(done => { addEventListener('hashchange', () => setTimeout(done));"
        " document.querySelector('a[href=\"#keras.ops.log\"]').click() })"
    )
    page = browser.run("document.getElementById('page').innerText")
    assert "keras.ops.log(n(2))" in page
    assert "Small numbers are zero." in page
    assert browser.run("document.getElementById('overview').hidden")

    _ = browser.run(
        "new Promise(done => { addEventListener('hashchange', () => setTimeout(done));"
        " document.querySelector('#page a').click() })"
    )
    assert not browser.run("document.getElementById('overview').hidden")


def test_what_an_error_says_is_text(browser, opened, board):
    _ = opened(to_site(board))
    _ = browser.run(
        "new Promise(done => { addEventListener('hashchange', () => setTimeout(done));"
        " location.hash = '#keras.layers.Dense' })"
    )

    assert EVIL in browser.run("document.getElementById('page').textContent")
    assert browser.run("document.querySelectorAll('img').length") == 0
    assert browser.faults == []


def test_a_symbol_without_a_sample_says_why(browser, opened, board):
    _ = opened(to_site(board))
    _ = browser.run(
        "new Promise(done => { addEventListener('hashchange', () => setTimeout(done));"
        " location.hash = '#keras.layers.Layer' })"
    )

    page = browser.run("document.getElementById('page').innerText")
    assert "a base class computes nothing" in page


def test_a_page_of_all_of_keras_opens_in_two_seconds_and_three_megabytes(
    browser, opened, board
):
    symbols = tuple(Symbol(f"keras.ops.f{k}", "function") for k in range(760))
    samples = tuple(
        sampled(f"keras.ops.f{k % 760}", f"sample {k}", ("agree",) * 3)
        for k in range(6000)
    )
    page = to_site(
        Board(board.keras, board.date, BACKENDS, {}, symbols, samples, uncovered={})
    )

    assert len(page.encode()) < 3 * 2**20
    assert opened(page) < 2.0
