import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from multibackend.errors import OutputError
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.html import to_html, write_html
from multibackend.parity.report.text import visible


class Page(HTMLParser):
    """Elements with their attributes, and the text, of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.words = []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def of(self, tag, **wanted):
        return [
            given
            for name, given in self.elements
            if name == tag and wanted.items() <= given.items()
        ]


def test_the_matrix_has_a_cell_for_every_verdict(sample):
    page = Page(to_html(sample))

    for word, amount in sample.counts().items():
        assert len(page.of("td", **{"class": word})) == amount
        assert len(page.of("button", **{"data-word": word})) == 1
        assert f"{amount} {word}" in page.text


def test_every_open_verdict_has_a_section_that_its_cell_links_to(sample):
    page = Page(to_html(sample))
    links = [given["href"] for given in page.of("a") if "#d" in given["href"]]
    sections = [f"#{given['id']}" for given in page.of("article")]

    assert len(sections) == 9
    assert sorted(links) == sorted(sections)


def test_a_section_has_all_that_one_asks_for(sample):
    text = to_html(sample)
    section = Page(
        next(s for s in re.findall("<article.*?</article>", text, re.S) if "gate/" in s)
    ).text

    for asked in (
        "differ gated_dense grad_weights jax 77.5x budget",
        "multibackend/parity/cases/declared/layers.py:24",
        "First seen in gated_dense/gate",
        "jax value kernel[0, 3] 0.40213117 0.40216217 3.1e-5 4.0e-7 77.5x float32",
        "gate/kernel[15, 7]",
        "float64",
        "multibackend check multibackend.parity.cases.declared.layers:gated_dense "
        "--checks grad_weights",
    ):
        assert asked in section


def test_environments_notes_reasons_and_times_are_there(sample):
    text = Page(to_html(sample)).text

    for asked in (
        "9 of 156 checks of 39 cases do not agree.",
        "framework 2.13.0 0.10.2 2.21.0",
        "deviates in 3 checks 2 checks 5 checks",
        "switches.fast_math False True False",
        "the record of jax was interrupted",
        "softplus switches to the identity above 20",
        "grad_inputs, grad_weights of 4 cases",
        "start tensorflow",
    ):
        assert asked in text


@pytest.mark.parametrize("name", ["sample", "hostile_judgement", "empty"])
def test_nothing_is_loaded_and_only_our_own_script_may_run(name, request):
    text = to_html(request.getfixturevalue(name))
    page = Page(text)
    (policy,) = page.of("meta", **{"http-equiv": "Content-Security-Policy"})
    (script,) = re.findall("<script>(.*?)</script>", text, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    assert policy["content"].startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'" in policy["content"]
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"link", "img", "iframe", "object", "embed", "base", "form"}
    for _, given in page.elements:
        assert "src" not in given
        assert given.get("href", "#").startswith("#")
        assert not [attribute for attribute in given if attribute.startswith("on")]


def test_every_hostile_name_is_text_and_nothing_else(hostile_judgement):
    text = to_html(hostile_judgement)
    shown = Page(text).text

    for verdict in hostile_judgement.verdicts:
        assert visible(verdict.check) in shown
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    assert "49" not in shown


def test_ids_are_unique_and_labels_point_somewhere(sample):
    page = Page(to_html(sample))
    ids = [given["id"] for _, given in page.elements if "id" in given]

    assert len(ids) == len(set(ids))
    for _, given in page.elements:
        assert {given.get("for", ids[0]), given.get("aria-labelledby", ids[0])} <= set(
            ids
        )


def test_two_verdicts_of_one_check_are_both_shown():
    twice = Verdict("m:a", "forward", "agree"), Verdict("m:a", "forward", "differ")

    text = to_html(Judgement(twice, {}))

    assert '<td class="agree">agree<br><a href="#d1">differ</a>' in text


def test_differences_beyond_those_shown_are_counted(make):
    many = make.differ(*[make.value()] * 25)
    page = Page(to_html(Judgement((Verdict("m:a", "forward", **many),), {})))

    assert page.text.count("0.40216217") == 20
    assert "5 more differences in the JSON report" in page.text


@pytest.mark.parametrize("all_differ", [False, True], ids=["usual", "all differ"])
def test_five_thousand_verdicts_are_at_most_three_megabytes(make, all_differ):
    judgement = make.large(all_differ=all_differ)

    assert len(judgement.verdicts) == 5000
    assert len(to_html(judgement).encode()) <= 3_000_000


def test_nothing_judged_is_said(empty):
    page = Page(to_html(empty))

    assert "Nothing was judged." in page.text
    assert "multibackend list" in page.text
    assert not page.of("table")


def test_the_page_is_written_whole(tmp_path, sample):
    write_html(sample, tmp_path / "deep" / "report.html")
    written = (tmp_path / "deep" / "report.html").read_text("utf-8")

    assert written == to_html(sample)
    with pytest.raises(OutputError):
        write_html(sample, tmp_path / "deep")
