"""A visit on a terminal and in a log."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from multibackend.doctor.examine import examine
from multibackend.doctor.facts import Seen, Trouble, Unmet
from multibackend.doctor.terminal import print_visit

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]")


@pytest.fixture(autouse=True)
def no_wish_about_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def printed(*seen: Seen, verbose: bool = False, **settings: Any) -> str:
    file = io.StringIO()
    console = Console(file=file, **settings)
    print_visit(seen, examine(seen), console, verbose=verbose)
    return file.getvalue()


@pytest.fixture
def ill(seen: Callable[..., Seen]) -> tuple[Seen, ...]:
    """One that works and has a note, one that is not installed, one that crashed."""
    off = {"keras_json": {"floatx": "float64"}, "variables": {"OMP_NUM_THREADS": "2"}}
    unmet = (Unmet("torch 2.13.0", "sympy>=9", "1.0"),)
    return (
        seen("torch", around=off, here={"unmet": unmet}),
        seen("jax", silent=True, here={"installed": False, "framework": None}),
        seen(
            "tensorflow",
            silent=True,
            trouble=Trouble("ended", "killed by SIGSEGV", "boom"),
        ),
    )


def test_a_log_is_plain_and_has_a_row_a_backend_then_findings_then_a_sentence(
    ill: tuple[Seen, ...],
) -> None:
    assert printed(*ill).splitlines() == [
        "torch       torch 2.13.0       keras 3.15.1  numpy 2.4.6  python 3.11.7  cpu",
        "jax         jax                keras 3.15.1  numpy 2.4.6  python 3.11.7  "
        "not installed",
        "tensorflow  tensorflow 2.21.0  keras 3.15.1  numpy 2.4.6  python 3.11.7  "
        "does not work",
        "",
        "problem tensorflow: The process of tensorflow was killed by SIGSEGV: boom.",
        "    Try `KERAS_BACKEND=tensorflow python -X faulthandler -c 'import keras'`, "
        "then reinstall it: python -m pip install 'keras-multibackend[tensorflow]'",
        "note: Only torch works here: there is nothing to compare it with.",
        "    Install another, or record here (multibackend run --backend torch --out "
        "records) and compare elsewhere.",
        "note jax: jax is not installed in /venv/bin/python.",
        "    Install it: python -m pip install 'keras-multibackend[jax]'",
        "note torch: torch 2.13.0 requires sympy>=9, 1.0 is installed.",
        "    Install it: python -m pip install 'sympy>=9'",
        "note: keras.json has floatx 'float64': Keras computes in it instead of float32.",
        "    Edit /home/me/.keras/keras.json if nobody meant it; `multibackend check` "
        "leaves the file out.",
        "",
        "Not fit: 1 problem, 4 notes; torch works here.",
    ]


def test_a_terminal_has_colour_and_no_color_takes_it_away(
    ill: tuple[Seen, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert COLOUR.search(printed(*ill, force_terminal=True))

    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(printed(*ill, force_terminal=True))


@pytest.mark.parametrize("verbose", [False, True], ids=["usual", "verbose"])
def test_no_line_is_wider_than_the_terminal(
    verbose: bool, ill: tuple[Seen, ...]
) -> None:
    text = printed(
        *ill, verbose=verbose, width=80, force_terminal=True, color_system=None
    )

    assert max(map(len, text.splitlines())) <= 80


def test_what_is_fine_and_every_fact_is_shown_when_asked_for(
    ill: tuple[Seen, ...],
) -> None:
    usual, whole = printed(*ill), printed(*ill, verbose=True)

    assert "\nok" not in usual
    assert "ok torch: torch 2.13.0 computes on a cpu, with Keras 3.15.1." in whole
    assert re.search(r"^  variables +OMP_NUM_THREADS=2$", whole, re.M)
    assert re.search(r"^  keras json +floatx=float64$", whole, re.M)
    assert re.search(
        r"^  unmet +by=torch 2.13.0, needs=sympy>=9, found=1.0$", whole, re.M
    )
    assert re.search(r"^  compiler +/usr/bin/g\+\+$", whole, re.M)
    assert re.search(r"^  how +killed by SIGSEGV$", whole, re.M)


def test_a_name_from_outside_moves_no_cursor(seen: Callable[..., Seen]) -> None:
    off = {"variables": {"KERAS_BACKEND": "\x1b[2J\n[bold]x"}}

    assert "KERAS_BACKEND=\\x1b[2J\\n[bold]x names no" in printed(seen(around=off))


def last(*seen: Seen) -> str:
    return printed(*seen).splitlines()[-1]


def test_the_last_sentence_says_what_works(seen: Callable[..., Seen]) -> None:
    missing = seen("jax", silent=True, here={"installed": False})
    empty = {"variables": {"KERAS_BACKEND": ""}}

    assert last(seen("torch")) == "Fit: torch works here."
    assert last(seen("torch"), seen("jax"), seen("numpy")) == (
        "Fit: torch, jax and numpy work here."
    )
    assert last(seen("torch", around=empty)) == "Fit: torch works here (1 note)."
    assert last(missing) == "Not fit: jax cannot be used (1 note)."


def test_a_backend_that_did_not_start_has_a_row_too(seen: Callable[..., Seen]) -> None:
    one = seen("jax", silent=True, trouble=Trouble("interpreter", "No such file"))
    row = printed(
        Seen(backend="jax", surroundings=one.surroundings, trouble=one.trouble)
    )

    assert row.splitlines()[0] == "jax  does not work"


def test_a_row_tells_of_the_backend_that_was_asked_for(
    seen: Callable[..., Seen],
) -> None:
    """Keras may have loaded another, whose version is not torch's."""
    other = seen("torch", told={"backend": "jax", "framework": "0.10.2"})

    assert printed(other).startswith("torch  torch 2.13.0 ")
