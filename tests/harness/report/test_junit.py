import xml.etree.ElementTree as ET

import pytest

from multibackend.errors import OutputError
from multibackend.parity.report.junit import write_junit
from multibackend.parity.report.text import visible


@pytest.fixture
def suite_of(tmp_path):
    def write(judgement):
        write_junit(judgement, tmp_path / "junit.xml")
        root = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - we wrote it
        assert root.tag == "testsuites"
        (suite,) = root
        return suite

    return write


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("agree", None),
        ("differ", "failure"),
        ("missing", "failure"),
        ("failed", "error"),
        ("known", "skipped"),
        ("abstain", "skipped"),
        ("unsupported", "skipped"),
    ],
)
def test_each_word_has_its_outcome(suite_of, seven, word, outcome):
    (test,) = suite_of(seven).findall(f"testcase[@name='{word}[forward]']")

    assert [child.tag for child in test] == ([outcome] if outcome else [])


def test_the_totals_are_those_of_the_tests(suite_of, sample):
    suite = suite_of(sample)

    assert int(suite.get("tests")) == len(suite.findall("testcase")) == 156
    for total, tag in (
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        assert int(suite.get(total)) == len(suite.findall(f"testcase/{tag}"))
    assert float(suite.get("time")) == pytest.approx(
        sum(float(test.get("time")) for test in suite.findall("testcase")), abs=0.1
    )


def test_a_test_names_its_module_its_file_and_every_difference(suite_of, sample):
    (test,) = suite_of(sample).findall("testcase[@name='gated_dense[grad_weights]']")
    failure = test[0]

    assert test.get("classname") == "multibackend.parity.cases.declared.layers"
    assert test.get("file") == "multibackend/parity/cases/declared/layers.py"
    assert test.get("line") == "24"
    assert failure.get("message").startswith("differ: jax kernel[0, 3] in float32")
    assert "jax bias[2]" in failure.text
    assert "gate/kernel[15, 7]" in failure.text
    assert "multibackend check" in failure.text


def test_skips_say_why(suite_of, sample):
    (test,) = suite_of(sample).findall("testcase[@name='recall_at_k[forward]']")

    assert "tied at element [2]" in test[0].get("message")


def test_hostile_names_are_well_formed_and_readable(suite_of, hostile_judgement):
    suite = suite_of(hostile_judgement)
    names = {test.get("name") for test in suite.findall("testcase")}

    for verdict in hostile_judgement.verdicts:
        assert any(visible(f"[{verdict.check}]") in name for name in names)


def test_the_environments_are_properties(suite_of, sample):
    suite = suite_of(sample)
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}

    assert properties["jax.framework"] == "0.10.2"


def test_nothing_judged_is_an_error_and_no_empty_success(suite_of, empty):
    suite = suite_of(empty)

    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
    assert suite.find("testcase/error").get("message") == "Nothing was judged."


def test_a_folder_in_the_way_is_an_output_error(tmp_path, sample):
    with pytest.raises(OutputError):
        write_junit(sample, tmp_path)
