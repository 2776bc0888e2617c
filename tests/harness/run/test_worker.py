"""A child that lies, dies or hangs: refused at the start, one case lost afterwards."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path

import pytest

from multibackend.errors import (
    CaseError,
    EnvironmentUnfitError,
    MultibackendError,
    TargetError,
)
from multibackend.parity.run.messages import Planned

CASES = [Planned(f"m:{name}", "m.py", 3) for name in "abc"]


def run_all(bench) -> None:
    for case in CASES:
        bench.worker.run(case)


def done(bench) -> list[str]:
    return [what for kind, what in bench.notes.told if kind == "case_done"]


# ------------------------------------------------------------------------ at the start


def test_a_child_that_is_ready_says_who_it_is_and_what_there_is(bench) -> None:
    made = bench("ready()\nhear()")
    ready = made.worker.start()

    assert ready.environment["backend"] == "jax"
    assert ready.cases == tuple(CASES)


def test_a_child_gets_its_order_whole(bench, tmp_path: Path) -> None:
    note = tmp_path / "order.json"
    made = bench(f"open({str(note)!r}, 'w').write(json.dumps(order))\nready()\nhear()")
    _ = made.worker.start()
    text = note.read_text()

    assert '"targets": ["m.py"]' in text
    assert f'"folder": "{tmp_path / "cases"}"' in text


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("print('hello', file=out)", "something else than a message"),
        ("print('{}', file=out)", "something else than a message"),
        ("say('gossip')", "something else than a message"),
        ("say('ready', environment=3)", "something else than a message"),
        ("out.write('x' * 10**6 + '\\n')", "something else than a message"),
        ("sys.exit(0)", "ended with exit code 0"),
        ("sys.exit('no such thing')", r"exit code 1: no such thing\."),
        ("1 / 0", "ZeroDivisionError"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
        ("os.abort()", "killed by SIGABRT"),
        ("ready(backend='tensorflow')", "it says that it loaded 'tensorflow'"),
        ("ready(dtype='float64')", "it says that it computes in float64"),
    ],
)
def test_a_child_that_does_not_start_as_asked_is_refused(
    lines: str, told: str, bench
) -> None:
    """A backend other than the one asked for must never yield a record."""
    with pytest.raises(EnvironmentUnfitError, match=told):
        _ = bench(lines).worker.start()


def test_a_child_that_does_not_get_ready_is_given_up(bench) -> None:
    with pytest.raises(EnvironmentUnfitError, match=r"not ready within 0\.3 s"):
        _ = bench("time.sleep(60)", start_limit=0.3).worker.start()


@pytest.mark.parametrize("kind", ["begun", "done"])
def test_a_child_that_starts_with_another_message_is_refused(kind: str, bench) -> None:
    """Another version of this package may answer in that interpreter."""
    lines = f"say({kind!r}, case='m:a', check='build', seconds=1)"

    with pytest.raises(EnvironmentUnfitError, match="ready"):
        _ = bench(lines).worker.start()


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("TargetError", 2, TargetError),
        ("CaseError", 2, CaseError),
        ("EnvironmentUnfitError", 3, EnvironmentUnfitError),
        ("SomethingNew", 2, MultibackendError),
    ],
)
def test_what_a_child_cannot_do_is_raised_with_its_exit_code(
    kind: str, code: int, expected: type[MultibackendError], bench
) -> None:
    lines = f"say('fault', kind={kind!r}, message='Expected more.', exit_code={code})"

    with pytest.raises(expected, match=r"Expected more\.") as raised:
        _ = bench(lines).worker.start()
    assert raised.value.exit_code == code


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_an_interpreter_that_is_none_is_an_unfit_environment(
    mode: int, bench, tmp_path: Path
) -> None:
    made = bench("")
    _ = (tmp_path / "python").write_bytes(b"\x00 no program")
    (tmp_path / "python").chmod(mode)

    with pytest.raises(EnvironmentUnfitError, match="Expected an interpreter for jax"):
        _ = made.worker.start()


# ---------------------------------------------------------------------- in the middle

ANSWER = """
ready()
while True:
    case = hear()["case"]
    say("begun", case=case, check="build")
    say("begun", case=case, check="forward")
    if case == "m:b":
        {fault}
    say("done", case=case, seconds=0.1)
"""


def test_cases_that_run_leave_nothing_to_add(bench) -> None:
    made = bench(ANSWER.format(fault="pass"))
    run_all(made)

    assert made.added == []
    assert done(made) == ["m:a", "m:b", "m:c"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV in forward"),
        ("os._exit(7)", "ended with exit code 7 in forward"),
        ("sys.exit('out of memory')", "exit code 1 in forward: out of memory"),
        ("print('rubbish', file=out)", "something else than a message"),
        ("time.sleep(60)", r"stopped after 1 s \(--time-limit\) in forward"),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "stopped"),
    ],
)
def test_a_case_that_ends_its_child_costs_itself_and_no_other(
    fault: str, told: str, bench
) -> None:
    made = bench(ANSWER.format(fault=fault), time_limit=1.0)
    run_all(made)
    (lost,) = made.added

    assert (lost.case, lost.check, lost.status) == ("m:b", "forward", "failed")
    assert (lost.file, lost.line) == ("m.py", 3)
    assert re.search(told, lost.detail), lost.detail
    assert done(made) == ["m:a", "m:b", "m:c"]
    restarts = [what for kind, what in made.notes.told if kind == "restarted"]
    assert len(restarts) == 1
    assert restarts[0].startswith("m:b, forward: ")


def test_a_child_that_dies_before_it_names_a_check_died_while_building(bench) -> None:
    made = bench("ready()\nhear()\nos._exit(1)")
    made.worker.run(CASES[0])

    assert [lost.check for lost in made.added] == ["build"]


def test_every_case_may_end_its_child(bench) -> None:
    made = bench("ready()\nhear()\nos._exit(1)")
    run_all(made)

    assert [lost.case for lost in made.added] == ["m:a", "m:b", "m:c"]


def test_a_case_that_closes_every_file_of_its_child_is_given_up(bench) -> None:
    """What a case starts as a daemon does so; the process itself lives on."""
    made = bench(ANSWER.format(fault="out.close(); os.close(1); time.sleep(60)"))
    run_all(made)

    assert [lost.case for lost in made.added] == ["m:b"]


def test_a_child_that_cannot_be_replaced_is_an_unfit_environment(
    bench, tmp_path: Path
) -> None:
    flag = str(tmp_path / "was here")
    made = bench(
        f"if os.path.exists({flag!r}): sys.exit('broken now')\n"
        f"open({flag!r}, 'w').close()\nready()\nhear()\nos._exit(1)"
    )
    made.worker.run(CASES[0])

    with pytest.raises(EnvironmentUnfitError, match="broken now"):
        made.worker.run(CASES[1])


def test_a_halted_worker_leaves_no_process_and_blames_no_case(
    bench, tmp_path: Path
) -> None:
    """Ctrl-C: what was not run is missing, not failed."""
    note = tmp_path / "pid"
    made = bench(f"open({str(note)!r}, 'w').write(str(os.getpid()))\nready()\nhear()")
    _ = made.worker.start()
    made.worker.halt()
    run_all(made)

    assert made.added == []
    assert done(made) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


def test_a_case_that_is_halted_is_not_called_failed(bench) -> None:
    made = bench("ready()\nhear()\ntime.sleep(60)")
    _ = made.worker.start()
    halt = threading.Timer(0.3, made.worker.halt)
    halt.start()
    made.worker.run(CASES[0])
    halt.join()

    assert made.added == []
    assert done(made) == []


def test_a_hanging_child_is_gone_when_its_case_is_given_up(
    bench, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    made = bench(
        f"open({str(note)!r}, 'w').write(str(os.getpid()))\nready()\nhear()\n"
        "time.sleep(60)",
        time_limit=0.5,
    )
    begun = time.monotonic()
    made.worker.run(CASES[0])

    assert time.monotonic() - begun < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
