"""The site of a difference: from the verdict alone, and from sub-layers asked alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multibackend.parity.compare.compare import load_records
from multibackend.parity.compare.locate import ITSELF, locate
from multibackend.parity.compare.site import step_site
from multibackend.parity.compare.verdict import Difference, Judgement, Verdict
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.read import Record
from multibackend.parity.record.write import write_observation
from multibackend.parity.run.captured import (
    Call,
    Captured,
    pack_inputs,
    read_arrays,
    read_captured,
    unpack_inputs,
    write_captured,
)

LABELS = ("torch", "jax", "tensorflow")


def differing(*outputs: tuple[str, float]) -> Verdict:
    """A verdict of `fit` whose outputs differ, each by so many budgets."""
    found = [
        Difference("value", "jax", name, "float32", "1", "2", (0,), ratio, 1.0)
        for name, ratio in outputs
    ]
    return Verdict("m:a", "fit", "differ", ("jax",), tuple(found))


@pytest.mark.parametrize(
    ("outputs", "site"),
    [
        ([("step 2/weights/dense/kernel", 9.0)], "step 2, dense/kernel"),
        (
            [("step 10/weights/a", 99.0), ("step 9/weights/b", 2.0)],
            "step 9, b",
        ),
        (
            [("step 1/weights/a", 2.0), ("step 1/weights/b", 3.0)],
            "step 1, b",
        ),
        (
            [("step 1/slots/adam/momentum", 50.0), ("step 1/weights/a", 2.0)],
            "step 1, a",
        ),
        ([("step 2/weights/a", 2.0), ("step 1/logs/loss", 2.0)], "step 1, loss"),
        ([("output", 4.0)], None),
        ([], None),
    ],
)
def test_training_differs_first_in_a_step_and_a_variable(outputs, site):
    assert step_site(differing(*outputs)) == site


@dataclass
class Suspects:
    """Children that answer from a table instead of running anything.

    Attributes:
        sites: What the case calls, in order.
        found: The answers by check, site and backend.
        ops: The functions that they call, in order.
        left_out: Sub-layers that cannot be heard.
        mute: Backends whose child dies when it is to capture.
        orders: What was asked of whom.
    """

    sites: list[str]
    found: Mapping[tuple[str, str], Mapping[str, Observation]]
    ops: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    mute: tuple[str, ...] = ()
    orders: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    def capture(self, backend: str, case: str, check: str, file: Path) -> bool:
        self.orders.append(("capture", backend, check))
        if backend in self.mute:
            return False
        calls = tuple(Call(site, site, ["list", []]) for site in self.sites)
        ops = tuple(
            Call(site, site.partition(": ")[0], ["list", []], "add")
            for site in self.ops
        )
        write_captured(file, Captured(calls, ops, self.left_out), {})
        return True

    def alone(
        self, backend: str, case: str, check: str, file: Path, folder: Path
    ) -> bool:
        self.orders.append(("alone", backend, check))
        for place, call in enumerate(read_captured(file).calls):
            site = call.site
            seen = self.found.get((check, site), {}).get(backend)
            if seen is not None:
                (folder / str(place)).mkdir(parents=True)
                named = replace(seen, case=case, check=f"{check} at {site}")
                write_observation(folder / str(place), named)
        return True


@pytest.fixture
def records(recorded: Callable[..., Path]) -> list[Record]:
    return load_records([recorded(label, []) for label in LABELS])


@pytest.fixture
def honest(observed: Callable[..., Observation]) -> dict[str, Observation]:
    """The answers of three backends that agree."""
    return {label: observed() for label in LABELS}


@pytest.fixture
def off(
    observed: Callable[..., Observation], truth: Any
) -> Callable[[str], dict[str, Observation]]:
    """The answers of three backends of which one is off by a thousandth."""

    def on(backend: str) -> dict[str, Observation]:
        return {
            label: observed(truth * 1.001 if label == backend else truth)
            for label in LABELS
        }

    return on


@pytest.fixture
def located(records: list[Record], tmp_path: Path) -> Callable[..., Judgement]:
    """Looks for the site of one verdict, or of those given."""

    def look(suspects: Suspects, *verdicts: Verdict, check: str = "forward"):
        given = verdicts or (Verdict("m:a", check, "differ", ("jax",), ratio=5.0),)
        judgement = Judgement(given, {label: {} for label in LABELS})
        return locate(judgement, records, suspects, tmp_path / "sites")

    return look


def site(judgement: Judgement) -> str | None:
    (verdict,) = judgement.verdicts
    return verdict.site


def test_the_site_is_the_first_call_that_differs_alone(located, honest, off):
    found = {
        ("forward", "a"): honest,
        ("forward", "b/c"): off("jax"),
        ("forward", "b"): off("jax"),
    }
    assert site(located(Suspects(["a", "b/c", "b"], found))) == "b/c"


def test_where_every_sub_layer_agrees_the_object_itself_is_the_site(located, honest):
    found = {("forward", "a"): honest, ("forward", "b"): honest}
    assert site(located(Suspects(["a", "b"], found))) == ITSELF


def test_a_sub_layer_that_could_not_be_asked_stays_a_suspect(located, honest):
    found = {("forward", "a"): honest, ("forward", "b"): {"torch": honest["torch"]}}
    suspects = Suspects(["a", "b"], found, left_out={"c": "compiled"})
    assert site(located(suspects)) == (
        f"{ITSELF}, or what could not be asked alone: c, b"
    )


def test_who_is_not_blamed_in_the_whole_is_not_the_site(located, honest, off):
    found = {("forward", "a"): off("torch"), ("forward", "b"): off("jax")}
    assert site(located(Suspects(["a", "b"], found))) == "b"


def test_a_check_that_applies_to_no_sub_layer_has_no_site(located):
    assert site(located(Suspects(["a"], {}))) is None


@pytest.mark.parametrize("check", ["fit", "save from jax", "build"])
def test_what_is_asked_of_a_whole_alone_is_asked_of_no_sub_layer(located, check):
    suspects = Suspects(["a"], {})
    assert site(located(suspects, check=check)) is None
    assert suspects.orders == []


def test_a_case_without_sub_layers_has_no_site(located):
    suspects = Suspects([], {})
    assert site(located(suspects)) is None
    assert suspects.orders == [("capture", "torch", "forward")]


def test_a_value_that_is_off_is_the_site_of_a_gradient_that_is_off(
    located, honest, off
):
    found = {
        ("grad_weights", "a"): honest,
        ("grad_inputs", "a"): honest,
        ("grad_inputs", "shift"): honest,
        ("forward", "a"): honest,
        ("forward", "shift"): off("jax"),
    }
    suspects = Suspects(["a", "shift"], found)
    assert site(located(suspects, check="grad_weights")) == "shift"


def test_the_inputs_come_from_a_backend_that_is_not_blamed(located, off):
    blamed = Verdict("m:a", "forward", "differ", ("torch",), ratio=5.0)
    suspects = Suspects(["a"], {("forward", "a"): off("torch")}, mute=("jax",))
    assert site(located(suspects, blamed)) == "a"
    captures = [who for what, who, _ in suspects.orders if what == "capture"]
    assert captures == ["jax", "tensorflow"]


def test_where_no_child_can_capture_there_is_no_site(located, off):
    suspects = Suspects(["a"], {("forward", "a"): off("jax")}, mute=LABELS)
    assert site(located(suspects)) is None
    assert not [order for order in suspects.orders if order[0] == "alone"]


def test_within_a_layer_the_site_is_the_function_that_differs_alone(
    located, honest, off
):
    found = {
        ("forward", "a"): off("jax"),
        ("forward", "a: ops.add"): honest,
        ("forward", "a: ops.add #2"): off("jax"),
    }
    ops = ("b: ops.add", "a: ops.add", "a: ops.add #2")
    assert site(located(Suspects(["a"], found, ops))) == "a: ops.add #2"


def test_where_no_function_differs_alone_the_layer_stays_the_site(located, honest, off):
    found = {("forward", "a"): off("jax"), ("forward", "a: ops.add"): honest}
    assert site(located(Suspects(["a"], found, ("a: ops.add",)))) == "a"


def test_only_what_differs_is_looked_at_and_inputs_are_captured_once(located, off):
    suspects = Suspects(
        ["a"], {("forward", "a"): off("jax"), ("batch", "a"): off("jax")}
    )
    judgement = located(
        suspects,
        Verdict("m:a", "forward", "differ", ("jax",), ratio=5.0),
        Verdict("m:a", "batch", "differ", ("jax",), ratio=4.0),
        Verdict("m:a", "config", "agree"),
        Verdict("m:a", "mask", "abstain"),
        Verdict("m:a", "save", "differ", ("jax",)),
        differing(("step 1/weights/a", 2.0)),
    )
    sites = {verdict.check: verdict.site for verdict in judgement.verdicts}
    assert sites == {
        "forward": "a",
        "batch": "a",
        "config": None,
        "mask": None,
        "save": None,
        "fit": "step 1, a",
    }
    assert [order[0] for order in suspects.orders].count("capture") == 1


def test_a_run_that_differs_everywhere_says_how_much_was_left_out(located, off):
    suspects = Suspects(["a"], {("forward", "a"): off("jax")})
    verdicts = [
        Verdict(f"m:{n}", "forward", "differ", ("jax",), ratio=float(n))
        for n in range(1, 24)
    ]
    judgement = located(suspects, *verdicts)
    sites = [verdict.site for verdict in judgement.verdicts]
    assert sites == [None] * 3 + ["a"] * 20  # the worst twenty
    assert judgement.notes == ("no site was looked for in 3 more that differ",)


def test_an_error_comes_before_every_number(located, off):
    suspects = Suspects(["a"], {("forward", "a"): off("jax")})
    verdicts = [
        Verdict(f"m:{n}", "forward", "differ", ("jax",), ratio=1.0 + n)
        for n in range(20)
    ]
    error = Verdict("m:error", "forward", "differ", ("jax",))
    *_, last = located(suspects, *verdicts, error).verdicts
    assert last.site == "a"


def test_captured_inputs_come_back_as_they_were(tmp_path):
    arrays: dict[str, Any] = {}
    inputs = [
        (np.eye(2), [np.array([True]), None]),
        {"state": {"h": np.float64(0.1)}, "axis": -1, "scale": 0.5, "mode": "same"},
    ]
    packed = pack_inputs(
        inputs,
        arrays,
        lambda v: np.array(v) if isinstance(v, np.ndarray | np.generic) else None,
    )
    file = tmp_path / "captured.json"
    write_captured(file, Captured((Call("a", "a", packed),)), arrays)
    found = read_captured(file)
    args, kwargs = unpack_inputs(found.calls[0].inputs, read_arrays(file, found))
    assert np.array_equal(args[0], np.eye(2))
    assert isinstance(args, tuple)
    assert args[1][0].dtype == bool
    assert args[1][1] is None
    assert kwargs["state"]["h"] == np.float64(0.1)
    assert [kwargs[name] for name in ("axis", "scale", "mode")] == [-1, 0.5, "same"]


@pytest.mark.parametrize("leaf", [object(), float("nan"), {1: 2}, b"bytes"])
def test_an_input_that_no_file_can_hold_is_refused(leaf):
    with pytest.raises(TypeError, match="which no file can hold"):
        _ = pack_inputs([leaf], {}, lambda _: None)
