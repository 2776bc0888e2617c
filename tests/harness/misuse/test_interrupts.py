"""Ctrl-C at the command line outside of a run: one sentence, 130, and nothing half."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from multibackend.cli.check import _judged
from multibackend.cli.commands import main
from multibackend.parity import job
from multibackend.parity.compare.catalogue import Catalogue
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report import document
from multibackend.parity.run.interrupt import Interrupted
from multibackend.parity.run.request import Request


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """`main` handles signals, and a job in the background may start without SIGINT."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.getsignal(name) for name in names}
    _ = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for name, handler in before.items():
        _ = signal.signal(name, handler)


def stopped(*_args: object, **_more: object) -> None:
    signal.raise_signal(signal.SIGINT)


def test_while_a_report_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document.write_json(
        Judgement((Verdict("m:a", "forward", "agree"),), {}), tmp_path / "verdicts.json"
    )
    monkeypatch.setattr(Path, "replace", stopped)
    page = tmp_path / "page.html"
    given = ["multibackend", "report", str(tmp_path), "--html", str(page)]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 130
    told = capsys.readouterr()
    assert told.err == "multibackend: interrupted; what was recorded stays\n"
    assert [file.name for file in tmp_path.iterdir()] == ["verdicts.json"]


@pytest.mark.parametrize("opened", [True, False])
def test_the_earlier_report_goes_only_with_the_earlier_records(
    opened: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_args: object, **_more: object) -> None:
        raise Interrupted(tmp_path, 0, opened=opened)

    monkeypatch.setattr(job, "judge_all", run)
    report = tmp_path / "report.html"
    report.touch()
    with pytest.raises(Interrupted):
        _ = _judged(
            Request(("jax",), tmp_path, overwrite=True),
            Catalogue((), "mine.toml"),
            None,
        )

    assert report.exists() is not opened
