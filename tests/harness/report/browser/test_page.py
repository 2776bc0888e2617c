"""The report as a person meets it: in a real browser, by eye, keyboard and reader."""

import pytest

from multibackend.parity.report.html import to_html

VISIBLE_ROWS = (
    "[...document.querySelectorAll('.matrix tbody tr:not(.module)')]"
    ".filter(row => row.getClientRects().length).map(row => row.cells[0].textContent)"
)
VISIBLE_ARTICLES = (
    "[...document.querySelectorAll('article')].filter(a => !a.hidden).map(a => a.id)"
)
FOCUSED = "document.activeElement.id || document.activeElement.className"


def names(verdicts):
    return list(dict.fromkeys(v.case.partition(":")[2] for v in verdicts))


def click(browser, selector):
    browser.run(f"document.querySelector({selector!r}).click()")


def typed(browser, text):
    for letter in text:
        browser.press(letter)


def test_the_tester_hears_what_a_page_complains_of(browser, opened):
    policy = "default-src 'none'; script-src 'unsafe-inline'"
    _ = opened(
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<p style="color: red">x</p><script>missing()</script>'
    )

    assert any("Content Security Policy" in fault for fault in browser.faults)
    assert any("missing is not defined" in fault for fault in browser.faults)


@pytest.mark.parametrize("name", ["sample", "hostile_judgement", "empty", "seven"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_opens_without_a_complaint_in_both_themes(
    browser, opened, request, name, theme
):
    _ = opened(to_html(request.getfixturevalue(name)))
    browser.theme(theme)
    shade = browser.run(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g)"
        ".reduce((sum, part) => sum + +part, 0)"
    )

    assert browser.faults == []
    assert "case" in browser.run("document.getElementById('shown').textContent")
    assert (shade > 3 * 128) is (theme == "light")


def test_nothing_of_a_hostile_record_becomes_an_element(
    browser, opened, hostile_judgement
):
    _ = opened(to_html(hostile_judgement))

    assert browser.run("document.querySelectorAll('img, a[href^=http]').length") == 0
    assert browser.run("document.querySelectorAll('script').length") == 1


def test_a_word_shows_its_cases_and_sections_alone(browser, opened, sample):
    _ = opened(to_html(sample))
    click(browser, "[data-word=failed]")

    assert set(browser.run(VISIBLE_ROWS)) == set(names(sample.of("failed")))
    assert len(browser.run(VISIBLE_ARTICLES)) == 2
    assert browser.run("document.getElementById('shown').textContent") == (
        "2 of 39 cases"
    )

    click(browser, "[data-word=failed]")
    assert len(browser.run(VISIBLE_ROWS)) == 39


def test_a_backend_shows_what_it_is_blamed_for_alone(browser, opened, sample):
    _ = opened(to_html(sample))
    click(browser, "[data-backend=tensorflow]")
    blamed = [v for v in sample.verdicts if "tensorflow" in v.blame]

    assert set(browser.run(VISIBLE_ROWS)) == set(names(blamed))
    click(browser, "[data-word=failed]")
    assert browser.run(VISIBLE_ROWS) == ["digits_classifier"]


def test_the_keyboard_searches_and_shows_all_again(browser, opened, sample):
    _ = opened(to_html(sample))
    browser.press("/")
    typed(browser, "layers jax")

    assert browser.run(VISIBLE_ROWS) == ["gated_dense"]
    assert len(browser.run(VISIBLE_ARTICLES)) == 1

    typed(browser, " nobody")
    assert browser.run(VISIBLE_ROWS) == []
    assert browser.run("document.getElementById('none').hidden") is False

    browser.press("Escape")
    assert len(browser.run(VISIBLE_ROWS)) == 39


def test_the_keyboard_reaches_every_difference_from_the_top(browser, opened, sample):
    _ = opened(to_html(sample))
    for _ in range(2):
        browser.press("Tab")
    assert browser.run(FOCUSED) == "skip"
    browser.press("Enter")
    assert browser.run(FOCUSED) == "h-open"

    # What is behind a section can be reached: its reproducer opens by a key.
    browser.run("document.querySelector('.reproducer summary').focus()")
    browser.press("Enter")
    assert browser.run("document.querySelector('.reproducer').open") is True
    shown = browser.run("document.querySelector('.reproducer pre').innerText")
    assert '"<b>" if 1 < 2 else "&amp;"' in shown


def test_a_cell_leads_to_its_section_by_key(browser, opened, sample):
    _ = opened(to_html(sample))
    seen = set()
    for _ in range(60):
        browser.press("Tab")
        link = browser.run("document.activeElement.getAttribute('href')")
        if link and link.startswith("#d"):
            seen.add(link)
    assert len(seen) == 9

    browser.run("document.querySelector('.matrix a').focus()")
    target = browser.run("document.activeElement.getAttribute('href')")
    browser.press("Enter")
    assert browser.run(FOCUSED) == target.removeprefix("#")
    top = browser.run("document.activeElement.getBoundingClientRect().top")
    assert 0 <= top < 900


def test_a_reader_is_told_what_each_figure_is(browser, opened, sample):
    _ = opened(to_html(sample))
    told = [
        browser.told(f"document.querySelectorAll('.figures svg')[{place}]")
        for place in range(4)
    ]

    assert told == [
        ("image", "Error of jax in kernel, 32 by 32 cells"),
        ("image", "Errors in units in the last place: torch, jax, tensorflow"),
        ("image", "error in budgets by step: torch, jax, tensorflow"),
        ("image", "loss by step: torch, jax, tensorflow"),
    ]


def test_figures_have_colours_that_both_themes_show(browser, opened, sample):
    _ = opened(to_html(sample))
    strokes = "[...document.querySelectorAll('.map path')].map(p => getComputedStyle(p).stroke)"
    light = browser.run(strokes)
    browser.theme("dark")
    dark = browser.run(strokes)

    assert len(light) == len(set(light)) >= 5
    assert len(dark) == len(set(dark)) == len(light)
    assert "none" not in light + dark


@pytest.mark.parametrize("all_differ", [False, True], ids=["usual", "all differ"])
def test_five_thousand_verdicts_open_in_two_seconds(browser, opened, make, all_differ):
    assert opened(to_html(make.large(all_differ=all_differ))) < 2.0
    assert browser.faults == []
    browser.press("/")
    typed(browser, "length_77")
    assert len(browser.run(VISIBLE_ROWS)) == 11
