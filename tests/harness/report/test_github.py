import pytest

from multibackend.cli import app
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.document import write_json
from multibackend.parity.report.github import to_annotations
from multibackend.parity.report.wording import OPEN


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch):
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


def only(verdict):
    (line,) = to_annotations(Judgement((verdict,), {}))
    return line


def test_every_open_verdict_is_an_error_at_its_case_and_nothing_else_is(sample):
    lines = to_annotations(sample)
    gated = next(line for line in lines if "gated_dense" in line)

    assert len(lines) == len(sample.of(*OPEN))
    assert gated == (
        "::error file=multibackend/parity/cases/declared/layers.py,line=24,"
        "title=gated_dense grad_weights%3A differ::"
        "jax kernel[0, 3] in float32: expected 0.40213117, received 0.40216217, error "
        "3.1e-5, budget 4.0e-7; first seen in gated_dense/gate; 2 more differences%0A"
        "multibackend check multibackend.parity.cases.declared.layers:gated_dense "
        "--checks grad_weights"
    )


def test_what_would_end_a_command_is_escaped():
    line = only(
        Verdict("m:a,b::c", "forward", "failed", detail="50 %\n::error::x", line=3)
    )

    assert line.startswith("::error title=a%2Cb%3A%3Ac forward%3A failed::50 %25")
    assert "\n" not in line
    assert line.count("%0A") == 1


def test_a_hostile_name_adds_no_command(hostile_judgement):
    for line in to_annotations(hostile_judgement):
        assert line.isprintable()
        head, _, _ = line.removeprefix("::error ").partition("::")
        assert len(head.split(",")) == 3


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("repository/tests/cases.py", "file=tests/cases.py,line=3,"),
        ("repository/cases.py", "file=cases.py,line=3,"),
        ("site-packages/keras/layers.py", ""),
    ],
)
def test_a_file_is_named_as_the_repository_knows_it(tmp_path, monkeypatch, file, told):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "repository"))

    line = only(Verdict("m:a", "forward", "differ", file=str(tmp_path / file), line=3))

    assert line.startswith(f"::error {told}title=")


def test_outside_a_workflow_the_working_folder_is_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    line = only(Verdict("m:a", "forward", "differ", file=str(tmp_path / "c.py")))

    assert line.startswith("::error file=c.py,title=")


@pytest.mark.parametrize(
    ("open_", "more"),
    [(10, ""), (11, "1 more check does"), (1500, "1,490 more checks do")],
)
def test_the_worst_ten_are_errors_and_a_notice_counts_the_others(open_, more):
    """GitHub drops every error of a step behind the tenth."""
    some = [
        Verdict(f"m:case_{ratio}", "forward", "differ", ratio=float(ratio))
        for ratio in range(1, open_ + 1)
    ]
    lines = to_annotations(Judgement(tuple(some), {}))
    errors = [line for line in lines if line.startswith("::error ")]

    assert [f"case_{open_ - place} " in line for place, line in enumerate(errors)] == (
        [True] * 10
    )
    told = f"::notice title=multibackend::{more} not agree; the log of this step"
    assert [line.startswith(told) for line in lines[10:]] == [True] * bool(more)


def test_nothing_judged_is_an_error(empty):
    (line,) = to_annotations(empty)

    assert line.startswith("::error title=multibackend::Nothing was judged.")


@pytest.mark.parametrize(
    ("options", "environment", "told"),
    [
        ([], "", False),
        (["--github"], "", True),
        ([], "true", True),
        (["--no-github"], "true", False),
    ],
)
def test_the_command_prints_them_when_asked_and_in_a_workflow(
    sample, tmp_path, monkeypatch, options, environment, told
):
    from typer.testing import CliRunner

    monkeypatch.setenv("GITHUB_ACTIONS", environment)
    write_json(sample, tmp_path / "verdicts.json")

    done = CliRunner().invoke(app, ["report", str(tmp_path), *options])

    lines = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert done.exit_code == 1
    assert lines == (to_annotations(sample) if told else [])
