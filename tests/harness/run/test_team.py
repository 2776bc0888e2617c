"""Backends asked in rounds: their children stay warm, and none of them is left running."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from multibackend.errors import EnvironmentUnfitError, RecordError
from multibackend.parity import job
from multibackend.parity.checks.table import pair
from multibackend.parity.compare.verdict import Judgement
from multibackend.parity.record.read import read_about, read_observation
from multibackend.parity.record.schema import RecordFile
from multibackend.parity.record.write import file_stem
from multibackend.parity.run.config import Config, Interpreter
from multibackend.parity.run.drive import Driver
from multibackend.parity.run.interrupt import Interrupted
from multibackend.parity.run.messages import Capture
from multibackend.parity.run.request import Request
from multibackend.parity.run.run import run
from multibackend.parity.run.settings import Settings
from multibackend.parity.run.team import Team, team

#: A child of either backend: it notes every order with its own number, and leaves what
#: `save` leaves of the case `m:a`.
CHILD = """
me = os.environ["KERAS_BACKEND"]
cases = order["folder"]
def note(asked):
    with open(os.path.join(NOTES, me), "a") as file:
        print(json.dumps(asked | {"pid": os.getpid()}), file=file)
note({"type": "start"})
BEFORE
ready(backend=me)
while True:
    asked = hear()
    note(asked)
    case, kind = asked["case"], asked["type"]
    if kind == "asked" and case == "m:a":
        open(os.path.join(cases, STEMS[me]), "w").close()
    if kind == "load":
        say("begun", case=case, check="save from " + sorted(asked["senders"])[0])
    FAULT
    say("done", case=case, seconds=0.1)
"""

STEMS = {
    name: f"{file_stem('m:a', pair('save', name))}.json" for name in ("jax", "torch")
}


class Bench:
    """Requests for teams of fake children, and what the children noted."""

    def __init__(self, folder: Path, interpreter: Callable[[str], str]) -> None:
        self.folder = folder
        self._interpreter = interpreter

    def request(
        self, fault: str = "pass", *, before: str = "pass", **given: Any
    ) -> Request:
        (self.folder / "notes").mkdir()
        head = f"NOTES = {str(self.folder / 'notes')!r}\nSTEMS = {STEMS!r}\n"
        python = self._interpreter(
            head + CHILD.replace("FAULT", fault).replace("BEFORE", before)
        )
        _ = (self.folder / "m.py").write_text("")
        return Request(
            backends=("jax", "torch"),
            out=self.folder / "out",
            targets=(str(self.folder / "m.py"),),
            settings=Settings(time_limit=20.0, start_limit=20.0),
            config=Config({name: Interpreter(python) for name in ("jax", "torch")}),
            **given,
        )

    def told(self, backend: str, kind: str) -> list[dict[str, Any]]:
        """The orders of this kind that the backend's children got."""
        text = (self.folder / "notes" / backend).read_text()
        return [
            note for note in map(json.loads, text.splitlines()) if note["type"] == kind
        ]

    def about(self, backend: str) -> RecordFile:
        """What the record of this backend says of itself."""
        return read_about(self.folder / "out" / backend)

    def left(self, backend: str) -> set[str]:
        """The files of observations that lie in the record of this backend."""
        room = self.folder / "out" / backend / "cases"
        return {file.name for file in room.iterdir()}

    def nobody_is_left(self) -> bool:
        pids = {note["pid"] for b in ("jax", "torch") for note in self.told(b, "start")}
        return not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def stage(tmp_path: Path, interpreter: Callable[[str], str]) -> Bench:
    return Bench(tmp_path, interpreter)


def rounds(members: Team) -> None:
    members.record()
    members.exchange()


CAPTURE = Capture("m:a", "forward", "/nowhere")


# ---------------------------------------------------------------------------- rounds


def test_one_child_a_backend_carries_out_every_round(stage: Bench, notes) -> None:
    """Importing a framework again would cost more than the round."""
    with team(stage.request(), notes) as members:
        rounds(members)
        assert members.ask("torch", CAPTURE, check="forward") is None

    assert len(stage.told("torch", "start")) == 1
    assert [n["case"] for n in stage.told("torch", "asked")] == ["m:a", "m:b", "m:c"]
    assert [n["case"] for n in stage.told("torch", "capture")] == ["m:a"]
    assert stage.told("jax", "capture") == []
    pids = {
        n["pid"]
        for k in ("start", "asked", "load", "capture")
        for n in stage.told("torch", k)
    }
    assert len(pids) == 1


def test_each_loads_what_the_others_saved_and_nothing_else(stage: Bench, notes) -> None:
    with team(stage.request(), notes) as members:
        rounds(members)

    (load,) = stage.told("jax", "load")
    assert load["case"] == "m:a"
    assert load["senders"] == {"torch": str((stage.folder / "out/torch").resolve())}
    assert stage.about("jax").exchanged == ("torch",)
    assert stage.about("torch").exchanged == ("jax",)
    assert stage.about("jax").complete


def test_a_record_that_was_never_exchanged_says_so(stage: Bench, notes) -> None:
    """Whoever compares must not call missing what nobody asked for."""
    with team(stage.request(), notes) as members:
        members.record()

    assert stage.about("jax").complete
    assert stage.about("jax").exchanged == ()


def test_a_run_is_all_rounds_and_ends_every_child(stage: Bench, notes) -> None:
    done = run(stage.request(), notes)

    assert set(done.folders) == {"jax", "torch"}
    assert {"start jax", "run jax", "exchange jax"} <= set(done.stages)
    assert stage.nobody_is_left()


def test_why_a_check_had_nothing_to_ask_is_in_the_record(stage: Bench, notes) -> None:
    fault = "if kind == 'asked' and case == 'm:b': say('done', case=case, seconds=0.1, "
    request = stage.request(f"{fault}silent={{'spec': 'no symbols'}}); continue")
    with team(request, notes) as members:
        members.record()

    assert stage.about("jax").silent == {"m:b": {"spec": "no symbols"}}


# ------------------------------------------------------------------- lost in a round


def test_a_child_that_dies_while_loading_costs_that_order_alone(
    stage: Bench, notes
) -> None:
    request = stage.request("if kind == 'load' and me == 'jax': os._exit(7)")
    with team(request, notes) as members:
        rounds(members)
        assert members.ask("jax", CAPTURE, check="forward") is None

    lost = read_observation(stage.folder / "out/jax/cases" / STEMS["torch"])
    assert (lost.case, lost.check, lost.status) == ("m:a", "save from torch", "failed")
    assert "ended with exit code 7 in save from torch" in lost.detail
    assert stage.left("jax") == set(STEMS.values())
    assert stage.about("jax").exchanged == ("torch",)
    assert len(stage.told("jax", "start")) == 2
    assert len(stage.told("torch", "start")) == 1


def test_a_case_that_has_ended_a_child_is_asked_nothing_more(
    stage: Bench, notes
) -> None:
    """One that hangs would hang for the whole limit in every round."""
    request = stage.request("if kind == 'asked' and me == 'jax': os._exit(7)")
    with team(request, notes) as members:
        rounds(members)
        lost = members.ask("jax", CAPTURE, check="forward")

    assert stage.told("jax", "load") == []
    assert stage.told("jax", "capture") == []
    assert "this case ended a process before" in str(lost)


def test_an_order_that_ends_its_child_says_how_and_leaves_the_record_alone(
    stage: Bench, notes
) -> None:
    request = stage.request("if kind == 'capture': sys.exit('out of memory')")
    with team(request, notes) as members:
        rounds(members)
        before = stage.left("jax")
        lost = members.ask("jax", CAPTURE, check="forward")

    assert str(lost) == (
        "the process was ended with exit code 1 in forward: out of memory"
    )
    assert stage.left("jax") == before


def test_an_order_has_a_limit_of_its_own(stage: Bench, notes) -> None:
    request = stage.request("if kind == 'capture': time.sleep(60)")
    with team(request, notes) as members:
        members.record()
        begun = time.monotonic()
        lost = members.ask("jax", CAPTURE, check="forward", limit=0.3)

    assert time.monotonic() - begun < 15
    assert "stopped after 0.3 s" in str(lost)


# --------------------------------------------------------------------------- the end


def test_nobody_is_left_when_what_comes_between_the_rounds_fails(
    stage: Bench, notes
) -> None:
    def between(members: Team) -> None:
        members.record()
        assert not stage.nobody_is_left()
        message = "a fault of ours"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="a fault of ours"):  # noqa: SIM117
        with team(stage.request(), notes) as members:
            between(members)
    assert stage.nobody_is_left()


def test_a_fault_of_one_backend_ends_all(stage: Bench, notes) -> None:
    fault = "if kind == 'load' and me == 'jax': time.sleep(60)"

    def broken(driver: Driver) -> None:
        if driver.backend == "torch":
            message = "broken now"
            raise EnvironmentUnfitError(message)
        driver.load({"torch": stage.folder / "out/torch"})

    with team(stage.request(fault), notes) as members:
        members.record()
        with pytest.raises(EnvironmentUnfitError, match="broken now"):
            members.together(broken)
        assert stage.nobody_is_left()
    assert STEMS["torch"] not in stage.left("jax")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A job in the background may be started with SIGINT ignored; not this one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    _ = signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_in_a_later_round_keeps_the_first_and_leaves_nobody(
    stage: Bench, notes
) -> None:
    request = stage.request("if kind == 'load': time.sleep(60)")
    with team(request, notes) as members:
        members.record()
        stop = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        stop.start()
        with pytest.raises(Interrupted) as raised:
            members.exchange()
        stop.join()

    assert "multibackend: interrupted" in str(raised.value)
    assert stage.nobody_is_left()
    assert stage.about("jax").complete
    assert stage.about("jax").exchanged == ()


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_before_any_child_is_ready_leaves_what_lay_there(
    stage: Bench, notes
) -> None:
    """The case runs of an earlier record are none of this run's."""
    request = stage.request(before="time.sleep(60)", overwrite=True)
    earlier = stage.folder / "out" / "jax" / "cases" / "old.build.json"
    earlier.parent.mkdir(parents=True)
    earlier.touch()

    def stop() -> None:
        while len(list((stage.folder / "notes").iterdir())) < 2:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    with team(request, notes) as members:
        stopping = threading.Thread(target=stop)
        stopping.start()
        with pytest.raises(Interrupted, match="nothing was recorded yet") as raised:
            members.record()
        stopping.join()

    assert not raised.value.opened
    assert stage.nobody_is_left()
    assert earlier.exists()


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("stage_of_it", ["compare", "locate", "with_evidence"])
def test_an_interrupt_while_comparing_leaves_whole_records_and_nobody(
    stage_of_it: str, stage: Bench, notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_args: object, **_more: object) -> None:
        signal.raise_signal(signal.SIGINT)

    # What the children left in place of observations cannot be read.
    nothing = Judgement((), {})
    for name, answer in (
        ("load_records", []),
        ("compare", nothing),
        ("locate", nothing),
    ):
        monkeypatch.setattr(job, name, lambda *_, answer=answer, **__: answer)
    monkeypatch.setattr(job, stage_of_it, stopped)
    with pytest.raises(KeyboardInterrupt):
        _ = job.judge_all(stage.request(), notes)

    assert stage.nobody_is_left()
    assert stage.about("jax").complete
    assert stage.about("torch").complete


# --------------------------------------------------------------------- made elsewhere


def copied(record: Path, to: Path) -> None:
    (to / "cases").mkdir(parents=True)
    _ = (to / "record.json").write_bytes((record / "record.json").read_bytes())
    for file in (record / "cases").iterdir():
        if file.name in STEMS.values():
            _ = (to / "cases" / file.name).write_bytes(file.read_bytes())


def test_a_record_made_elsewhere_is_loaded_too(stage: Bench, notes) -> None:
    request = stage.request()
    _ = run(request, notes)
    far = stage.folder / "far" / "torch"
    copied(stage.folder / "out" / "torch", far)
    for note in (stage.folder / "notes").iterdir():
        note.unlink()
    alone = Request(
        backends=("jax",),
        out=stage.folder / "again",
        targets=request.targets,
        config=request.config,
        exchange=(stage.folder / "far",),
    )
    _ = run(alone, notes)

    (load,) = stage.told("jax", "load")
    assert load["senders"] == {"torch": str(far.resolve())}
    assert read_about(stage.folder / "again/jax").exchanged == ("torch",)


def test_two_records_of_one_backend_cannot_both_be_loaded(stage: Bench, notes) -> None:
    request = stage.request()
    _ = run(request, notes)
    for name in ("one", "two"):
        copied(stage.folder / "out" / "torch", stage.folder / "far" / name / "torch")
    alone = Request(
        backends=("jax",),
        out=stage.folder / "again",
        targets=request.targets,
        config=request.config,
        exchange=(stage.folder / "far",),
    )

    with pytest.raises(RecordError, match=r"one record of torch.*--exchange"):
        _ = run(alone, notes)
    assert not (stage.folder / "again/jax/record.json").exists()
