"""A process that is asked: what it tells, and every way in which it does not."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from multibackend.doctor import ask as asking
from multibackend.doctor.ask import ask
from multibackend.doctor.examine import examine
from multibackend.doctor.facts import Seen, Told
from multibackend.parity.run.config import Config, Interpreter

Ask = Callable[..., Seen]

#: What every script may use; the lines of a test stand behind it.
_HEAD = """\
import json, os, signal, subprocess, sys, time
TOLD = {told!r}
def tell(which):
    os.write(1, TOLD[which] + b"\\n")
"""


@pytest.fixture
def asked(tmp_path: Path, seen: Callable[..., Seen]) -> Ask:
    """Asks a backend whose interpreter runs these lines."""
    one = seen("jax")
    told = {
        "installation": msgspec.json.encode(Told(installation=one.installation)),
        "computation": msgspec.json.encode(Told(computation=one.computation)),
        "missing": msgspec.json.encode(
            Told(installation=seen("jax", here={"installed": False}).installation)
        ),
        "raised": msgspec.json.encode(Told(raised="ImportError: no libz")),
    }

    def of(
        lines: str, *, limit: float = 30.0, env: Mapping[str, str] | None = None
    ) -> Seen:
        script = tmp_path / "fake.py"
        _ = script.write_text(_HEAD.format(told=told) + lines)
        executable = tmp_path / "python"
        _ = executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}"\n')
        executable.chmod(0o755)
        config = Config({"jax": Interpreter(str(executable), dict(env or {}))})
        (answer,) = ask(["jax"], config, os.environ, limit=limit)
        return answer

    return of


def how(seen: Seen) -> tuple[str, str]:
    assert seen.trouble is not None
    return seen.trouble.kind, seen.trouble.how


def problems(seen: Seen) -> list[str]:
    return [each.found for each in examine([seen]) if each.level == "problem"]


def test_what_is_told_is_seen(asked: Ask, seen: Callable[..., Seen]) -> None:
    answer = asked("tell('installation'); tell('computation')")

    assert answer.works
    assert answer.installation == seen("jax").installation
    assert answer.computation == seen("jax").computation


def test_a_framework_that_is_not_installed_is_no_trouble(asked: Ask) -> None:
    answer = asked("tell('missing')")

    assert (answer.missing, answer.trouble) == (True, None)


def test_an_import_that_raises_is_told_with_its_reason(asked: Ask) -> None:
    answer = asked("tell('installation'); tell('raised')")

    assert how(answer) == ("raised", "ImportError: no libz")
    assert len(problems(answer)) == 1


def test_a_crash_is_told_with_the_signal_and_what_was_installed(asked: Ask) -> None:
    answer = asked(
        "tell('installation'); print('first\\nlast', file=sys.stderr, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGSEGV)"
    )

    assert how(answer) == ("ended", "killed by SIGSEGV")
    assert answer.trouble is not None
    assert answer.trouble.words == "first / last"
    assert answer.installation is not None
    assert problems(answer) == [
        "The process of jax was killed by SIGSEGV: first / last."
    ]


def test_an_exit_without_a_word_is_told_even_with_code_0(asked: Ask) -> None:
    assert how(asked("tell('installation')")) == ("ended", "ended with exit code 0")
    assert how(asked("sys.exit(7)")) == ("ended", "ended with exit code 7")


def test_the_reason_that_a_library_of_google_gives_goes_before_its_last_lines(
    asked: Ask,
) -> None:
    answer = asked(
        "print('F1128 17:04:39.2 80 parse.cc:23] Unknown flag: --x', file=sys.stderr)\n"
        "for n in range(9): print('usage', file=sys.stderr)\nsys.exit(1)"
    )

    assert answer.trouble is not None
    assert answer.trouble.words == "Unknown flag: --x"


def test_a_process_that_hangs_is_ended_with_all_that_it_started(
    asked: Ask, tmp_path: Path
) -> None:
    begun = time.monotonic()
    answer = asked(
        "tell('installation')\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(90)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(other.pid))\n"
        "time.sleep(90)",
        limit=2.0,
    )

    assert how(answer) == ("overdue", "2 s")
    assert time.monotonic() - begun < 30
    assert _gone(int((tmp_path / "pid").read_text()))


def _gone(process: int) -> bool:
    """Whether it is gone soon: the signal is sent, and the kernel takes a moment.

    A killed process that nobody has collected yet is gone all the same.
    """
    status = Path(f"/proc/{process}/stat")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if status.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        '{"hello": 1}',
        "[]",
        '{"installation": {"python": "3"}}',
        "\\xff\\xfe",
        "x" * 100_000,
    ],
    ids=["text", "json", "list", "half", "bytes", "long"],
)
def test_rubbish_is_told_as_it_is_and_breaks_nothing(line: str, asked: Ask) -> None:
    answer = asked(f"os.write(1, b'{line}\\n'); sys.exit(0)")

    assert answer.trouble is not None
    assert answer.trouble.kind == "rubbish"
    assert len(answer.trouble.how) <= 200
    assert len(problems(answer)) == 1


def test_rubbish_after_the_facts_does_not_matter(asked: Ask) -> None:
    assert asked("tell('installation'); tell('computation'); print('bye')").works


def test_a_crash_after_the_facts_does_not_matter(asked: Ask) -> None:
    """Frameworks fall over at exit; the suite kills its children before that."""
    lines = "tell('installation'); tell('computation'); os.kill(os.getpid(), 9)"

    assert asked(lines).works


@pytest.mark.parametrize("name", ["no/such/python", "."])
def test_an_interpreter_that_does_not_start_costs_its_backend_alone(
    name: str, tmp_path: Path
) -> None:
    config = Config({"jax": Interpreter(str(tmp_path / name))})
    jax, openvino = ask(["jax", "openvino"], config, os.environ, limit=60)

    assert jax.trouble is not None
    assert jax.trouble.kind == "interpreter"
    assert openvino.installation is not None


def test_keras_is_given_an_empty_folder_and_the_backend(
    asked: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    answer = asked(
        "home = os.environ['KERAS_HOME']\n"
        "print(os.environ['KERAS_BACKEND'], os.listdir(home), file=sys.stderr)\n"
        "print(os.environ['XLA_FLAGS'], file=sys.stderr); sys.exit(1)",
        env={"XLA_FLAGS": "--mine"},
    )

    assert answer.trouble is not None
    assert answer.trouble.words == "jax [] / --mine"
    # The user's own are what is told.
    assert answer.surroundings.variables["KERAS_BACKEND"] == "torch"
    assert answer.surroundings.keras_home == str(tmp_path / "mine")


def test_all_are_started_before_one_is_waited_for(asked: Ask, tmp_path: Path) -> None:
    """Each waits for the other: one after the other, both would be overdue."""
    script = tmp_path / "both.py"
    _ = script.write_text(
        "import os, pathlib, sys, time\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "(here / f'{sys.argv[-1]}.begun').touch()\n"
        "while len(list(here.glob('*.begun'))) < 2: time.sleep(0.01)\n"
        "sys.exit(5)\n"
    )
    executable = tmp_path / "python"
    _ = executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$3"\n')
    executable.chmod(0o755)
    one = Interpreter(str(executable))
    answers = ask(
        ["torch", "jax"], Config({"torch": one, "jax": one}), os.environ, limit=30
    )

    assert [how(answer)[1] for answer in answers] == ["ended with exit code 5"] * 2


def test_ctrl_c_ends_what_was_started(
    asked: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object) -> None:
        while not (tmp_path / "pid").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(asking, "_wait", interrupted)
    file = str(tmp_path / "pid")
    with pytest.raises(KeyboardInterrupt):
        _ = asked(
            f"open({file + '.part'!r}, 'w').write(str(os.getpid()))\n"
            f"os.rename({file + '.part'!r}, {file!r}); time.sleep(90)"
        )

    assert _gone(int((tmp_path / "pid").read_text()))
