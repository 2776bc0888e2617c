import io
import re

import pytest
from rich.console import Console

from multibackend.parity.report.progress import Progress

FACTS = {"keras": "3.15.1", "framework": "2.13.0", "device": "cpu"}


def shown(act, **settings):
    file = io.StringIO()
    console = Console(file=file, width=120, **settings)
    with Progress(console) as progress:
        act(progress)
    return file.getvalue()


def usual(progress):
    progress.started("torch")
    progress.ready("torch", FACTS, 3.14)
    progress.total("torch", 3)
    for name in ("m:a", "m:b"):
        progress.case_done("torch", name, 0.25)
    progress.restarted("torch", "killed by SIGSEGV")
    progress.case_done("torch", "m:c", 0.25)
    progress.finished("torch")


def test_a_log_gets_a_line_at_each_milestone_and_none_a_case():
    assert re.sub(r"in \d+\.\d s", "in N s", shown(usual)) == (
        "torch: starting\n"
        "torch: ready after 3.1 s (keras 3.15.1, torch 2.13.0, cpu)\n"
        "torch: started again: killed by SIGSEGV\n"
        "torch: finished 3 of 3 cases in N s\n"
    )


def test_a_terminal_gets_a_live_line_a_backend():
    def both(progress):
        usual(progress)
        progress.started("jax")
        progress.total("jax", 7)
        progress.case_done("jax", "m:the_last", 0.5)

    text = shown(both, force_terminal=True, color_system=None)
    last = text.split("\n")

    assert any("torch" in line and "3/3" in line for line in last)
    assert any("jax" in line and "1/7" in line for line in last)
    assert "the_last 0.5 s" in text
    assert "torch: " not in text


def test_a_dumb_terminal_gets_the_lines_of_a_log(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")

    text = shown(usual, force_terminal=True)

    assert "torch: starting" in text
    assert "\x1b" not in text


def test_a_backend_that_stopped_early_says_how_far_it_came():
    def early(progress):
        progress.started("jax")
        progress.total("jax", 7)
        progress.case_done("jax", "m:a", 0.1)
        progress.finished("jax")

    assert "jax: finished 1 of 7 cases" in shown(early)


@pytest.mark.parametrize("terminal", [False, True], ids=["log", "terminal"])
def test_names_are_not_markup_and_move_no_cursor(terminal):
    def hostile(progress):
        progress.started("[red]x[/red]")
        progress.case_done("[red]x[/red]", "[/] {task} \x1b[2J\n", 0.1)
        progress.restarted("[red]x[/red]", "[bold]\x1b[2J")

    text = shown(hostile, force_terminal=terminal, color_system=None)

    assert "[red]x[/red]" in text
    assert r"started again: [bold]\x1b[2J" in text
    assert "\x1b[2J" not in text


@pytest.mark.parametrize("terminal", [False, True], ids=["log", "terminal"])
def test_the_display_never_fails_for_an_unexpected_order(terminal):
    def odd(progress):
        progress.finished("a")
        progress.case_done("b", "m:x", 0.0)
        progress.total("b", 0)
        progress.ready("c", {}, 0.0)
        progress.finished("b")

    assert "of unknown version" in shown(odd, force_terminal=terminal) or terminal


def test_the_display_is_closed_when_the_run_raises():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True)

    def interrupted():
        with Progress(console) as progress:
            progress.started("torch")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert file.getvalue().endswith("\x1b[?25h")


def test_without_a_console_it_writes_to_standard_error(capsys):
    with Progress() as progress:
        progress.started("torch")
    captured = capsys.readouterr()

    assert captured.out == ""
    assert captured.err == "torch: starting\n"
