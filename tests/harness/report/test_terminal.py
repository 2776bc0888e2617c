import contextlib
import io
import os
import re
import subprocess
import sys

import pytest
from rich.console import Console

from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.document import write_json
from multibackend.parity.report.terminal import print_judgement
from multibackend.parity.report.text import visible
from multibackend.parity.report.wording import (
    EXCUSED,
    OPEN,
)

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]")


@pytest.fixture(autouse=True)
def no_wish_about_colour(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def printed(judgement, *, verbose=False, **settings):
    file = io.StringIO()
    console = Console(file=file, **settings)
    print_judgement(judgement, console, verbose=verbose)
    return file.getvalue()


def drained(terminal):
    """All that was written to a terminal whose other end is closed."""
    found = b""
    with contextlib.suppress(OSError):  # so Linux tells the end
        while piece := os.read(terminal, 65536):
            found += piece
    os.close(terminal)
    return found.decode()


def on_terminal(judgement, width, **settings):
    return printed(
        judgement, width=width, force_terminal=True, color_system=None, **settings
    )


def test_a_log_is_plain_text(sample):
    assert "\x1b" not in printed(sample)


def test_a_terminal_has_colour_and_no_color_takes_it_away(sample, monkeypatch):
    assert COLOUR.search(printed(sample, force_terminal=True))

    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(printed(sample, force_terminal=True))


def test_a_difference_is_one_line_with_case_check_backend_error_budget_and_site(sample):
    line = next(line for line in printed(sample).splitlines() if "gated_dense " in line)

    assert re.sub(" +", " ", line) == (
        "differ multibackend.parity.cases.declared.layers:gated_dense grad_weights "
        "jax 77.5x budget (3.1e-5 / 4.0e-7) in gated_dense/gate"
    )


def test_what_has_no_error_to_tell_says_why_on_its_line(sample):
    lines = [re.sub(" +", " ", line) for line in printed(sample).splitlines()]
    ends = [" ".join(line.split(" ")[2:]) for line in lines if line[:6] != "Note: "]

    assert (
        "forward tensorflow tensorflow output in float32: expected shape (4, 8, 8), "
        "received (4, 7, 8)"
    ) in ends
    assert (
        "forward jax the record of jax ends before this case: it was interrupted"
    ) in ends


def test_each_open_verdict_is_one_line_on_a_terminal_that_has_the_room(sample):
    lines = on_terminal(sample, 120).splitlines()
    opened = [line for line in lines if line.strip().split(" ")[0] in OPEN]

    assert len(opened) == len(sample.of(*OPEN))
    assert any(line.endswith("in gated_dense/gate") for line in opened)
    assert any(line.endswith("...") for line in opened)


def test_what_is_open_comes_before_what_is_excused_and_nothing_open_is_left_out(
    sample,
):
    lines = printed(sample).splitlines()
    words = [line.split(" ")[0] for line in lines]
    opened = [i for i, word in enumerate(words) if word in OPEN]
    excused = [i for i, word in enumerate(words) if word in EXCUSED]

    assert len(opened) == len(sample.of(*OPEN))
    assert excused
    assert max(opened) < min(excused)
    assert "agree" not in words


def test_the_environments_come_first_one_line_each(sample):
    lines = printed(sample).splitlines()

    assert lines[:3] == [
        "torch       keras 3.15.1  torch 2.13.0       cpu",
        "jax         keras 3.15.1  jax 0.10.2         cpu",
        "tensorflow  keras 3.15.1  tensorflow 2.21.0  cpu",
    ]


def test_the_end_has_notes_counts_times_and_the_next_step(sample):
    text = printed(sample)

    assert "Note: the record of jax was interrupted" in text
    assert "9 of 156 checks of 39 cases do not agree." in text
    assert "156 checks:  137 agree  6 differ  2 failed  1 missing  1 known" in text
    assert "Time:  start torch 3.1 s" in text
    assert text.rstrip().endswith(
        "multibackend check multibackend.parity.cases.declared.layers:rms_norm "
        "--checks grad_inputs"
    )


def test_reasons_that_are_the_same_are_told_once(sample):
    assert printed(sample).count("a metric has no gradient") == 1


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("verbose", [False, True], ids=["usual", "verbose"])
def test_no_line_is_wider_than_the_terminal_but_the_command_to_copy(
    sample, width, verbose
):
    *lines, command = on_terminal(sample, width, verbose=verbose).splitlines()

    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    assert command.startswith("  multibackend check ")


@pytest.mark.parametrize(
    ("given", "coloured", "plain"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, True),
    ],
    ids=["terminal", "NO_COLOR", "dumb"],
)
def test_the_command_obeys_the_terminal_that_it_finds(
    sample, tmp_path, given, coloured, plain
):
    pty = pytest.importorskip("pty", reason="a terminal that a test can make")
    write_json(sample, tmp_path / "verdicts.json")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "multibackend", "report", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=theirs, stderr=theirs, env={**os.environ, **given}
    ) as process:
        os.close(theirs)
        text = drained(ours)

    assert process.returncode == 1
    assert "do not agree" in text
    assert bool(COLOUR.search(text)) is coloured
    assert ("\x1b" not in text) is plain


def test_a_pipe_gets_plain_text(sample, tmp_path):
    write_json(sample, tmp_path / "verdicts.json")
    command = [sys.executable, "-m", "multibackend", "report", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "do not agree" in done.stdout
    assert "\x1b" not in done.stdout


def test_long_names_move_to_a_new_line_unbroken():
    name, check, blame = "a_name" * 9, "grad_weights", ("torch", "tensorflow")
    verdict = Verdict(f"m:{name}", check, "differ", blame, ratio=3.0)

    lines = on_terminal(Judgement((verdict,), {}), 80).splitlines()

    assert lines[1] == f"  differ  {name}  {check}"
    assert lines[2] == "      torch, tensorflow  3x budget"


@pytest.mark.parametrize("terminal", [False, True], ids=["log", "terminal"])
def test_every_hostile_name_is_shown_as_it_is_and_obeyed_by_nothing(
    hostile_judgement, terminal
):
    text = printed(
        hostile_judgement,
        width=400,
        force_terminal=terminal,
        color_system=None,
        verbose=True,
    )

    assert not [c for c in text if not c.isprintable() and c != "\n"]
    for verdict in hostile_judgement.verdicts:
        assert visible(verdict.check) in text


def test_an_encoding_without_our_letters_gets_escapes_and_no_traceback(
    hostile_judgement,
):
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    print_judgement(hostile_judgement, Console(file=file))
    file.flush()

    assert rb"\ud55c\uae00" in file.buffer.getvalue()


def test_verbose_lists_every_verdict_and_every_difference(sample):
    text = printed(sample, verbose=True)
    rows = [line for line in text.splitlines() if line.split(" ")[0] in sample.counts()]

    assert len(rows) == len(sample.verdicts)
    assert "gate/kernel[15, 7] in float64" in text
    assert "layers.py:24" in text


@pytest.mark.parametrize("terminal", [False, True], ids=["log", "terminal"])
def test_every_word_is_shown(seven, terminal):
    text = printed(seven, force_terminal=terminal, verbose=True)

    for word in seven.counts():
        assert f"1 {word}" in text


def test_nothing_judged_is_said_with_the_next_step(empty):
    assert printed(empty) == (
        "Nothing was judged.\n"
        "A run without a verdict proves nothing; name a target that has cases:\n"
        "  multibackend list\n"
    )
