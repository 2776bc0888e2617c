"""Each sub-layer is heard in a whole run, and asked alone on what it was called on."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from multibackend import normal
from multibackend.parity.cases.case import Case
from multibackend.parity.checks.sublayers import sublayers
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.read import Record
from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import file_stem
from multibackend.parity.run.alone import alone, capture, part
from multibackend.parity.run.captured import narrow_to, read_arrays, read_captured
from multibackend.parity.run.observe import Observer
from multibackend.parity.run.once import build
from multibackend.parity.run.referee import float64

layers = keras.layers


class Block(layers.Layer):
    """A composite layer with parts in attributes, lists and dictionaries."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.norm = layers.BatchNormalization()
        self.denses = [layers.Dense(3), layers.Dense(3)]
        self.towers = {"left": layers.Dense(3, activation="tanh")}
        self._last = layers.Dense(3)

    def call(self, x, training=False):
        x = self.norm(x, training=training)
        for dense in self.denses:
            x = dense(x)
        return self._last(self.towers["left"](x)) + x


class Wired(layers.Layer):
    """Calls functions of its own, some before and some after its sub-layer."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3)

    def build(self, shape) -> None:
        self.scale = self.add_weight(shape=(3,), name="scale")
        self.dense.build(shape)

    def call(self, x):
        x = keras.ops.add(self.dense(x), keras.ops.zeros((3,)))
        x = keras.ops.multiply(keras.ops.cast(x, self.compute_dtype), self.scale)
        return keras.ops.add(x, keras.ops.expand_dims(x[0], axis=0))


def wired():
    return Wired(), normal(4, 3)


def inside():
    return keras.Sequential([Wired(), layers.Dense(1)]), normal(4, 3)


def summed():
    return (lambda x: keras.ops.sum(x, axis=-1)), normal(4, 3)


class Fragile(layers.Layer):
    """Raises unless it is called by the layer that holds it."""

    held = False

    def call(self, x):
        if not self.held:
            message = "nobody holds me"
            raise OverflowError(message)
        return x


class Holder(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.fragile = Fragile()

    def call(self, x):
        self.fragile.held = True
        x = self.fragile(x)
        self.fragile.held = False
        return x


def fragile():
    return Holder(), normal(4, 3)


def sequential():
    model = keras.Sequential([layers.Dense(3), layers.Dense(3, name="mine_2")])
    model.add(layers.Dense(2))
    return model, normal(4, 3)


def shared():
    start = keras.Input((3,))
    dense = layers.Dense(3, activation="tanh")
    return keras.Model(start, dense(dense(start))), normal(4, 3)


def nested():
    inner = keras.Sequential([layers.Dense(3), layers.Dense(3)])
    return keras.Sequential([inner, layers.Dense(1)]), normal(4, 3)


def block():
    return Block(), normal(4, 3)


def bidirectional():
    lstm = layers.LSTM(2, return_sequences=True)
    return keras.Sequential([layers.Bidirectional(lstm)]), normal(2, 2, 3)


def unrolled():
    rnn = layers.RNN(layers.LSTMCell(2), return_sequences=True)
    return keras.Sequential([layers.Bidirectional(rnn)]), normal(2, 2, 3)


def dense():
    return layers.Dense(2), normal(4, 3)


def doubled():
    return (lambda x: 2 * x), normal(4, 3)


HEARD = {
    sequential: ["dense", "mine_2", "dense #2"],
    shared: ["dense", "dense call 2"],
    nested: ["sequential/dense", "sequential/dense #2", "sequential", "dense"],
    block: ["norm", "denses/0", "denses/1", "towers/left", "_last"],
    dense: [],
    doubled: [],
}


@pytest.fixture
def observer() -> Observer:
    wide = importlib.import_module(
        f"multibackend.parity.run._{keras.config.backend()}"
    ).wide
    return Observer(checks=(), twins=1, reruns=1, float64=lambda: float64(wide()))


@pytest.fixture
def captured(tmp_path: Path, observer: Observer) -> Callable[..., Path]:
    def write(function: Callable[[], Any], check: str = "forward") -> Path:
        file = tmp_path / "captured.json"
        capture(case_of(function), check, file, observer)
        return file

    return write


def case_of(function: Callable[[], Any]) -> Case:
    return Case(f"m:{function.__name__}", function, "m.py", 1)


def answers(folder: Path, file: Path, name: str, check: str) -> list[Observation]:
    """The observations that `alone` wrote, in the order of the calls."""
    about = RecordFile("multibackend record", SCHEMA, "any", {}, "")
    found: list[Observation] = []
    for place, call in enumerate(read_captured(file).calls):
        key = name, f"{check} at {call.site}"
        answer = folder / str(place) / f"{file_stem(*key)}.json"
        if answer.exists():
            seen = Record("any", folder, about, {key: answer}).read(*key)
            assert seen is not None
            found.append(seen)
    return found


@pytest.mark.parametrize(("function", "sites"), HEARD.items())
def test_sub_layers_are_heard_in_the_order_in_which_their_calls_end(
    function, sites, captured
):
    found = read_captured(captured(function))
    assert not found.fault
    assert [call.site for call in found.calls] == sites


@pytest.mark.parametrize("function", [bidirectional, unrolled])
def test_both_directions_are_heard_before_the_layer_that_holds_them(function, captured):
    sites = [call.site for call in read_captured(captured(function)).calls]
    assert [site for site in sites if "/cell" not in site] == [
        "bidirectional/forward_layer",
        "bidirectional/backward_layer",
        "bidirectional",
    ]


def test_a_cell_is_heard_step_by_step_or_left_out_with_the_reason(captured):
    found = read_captured(captured(unrolled))
    cell = "bidirectional/forward_layer/cell"
    if keras.config.backend() == "jax":  # the steps are compiled into one loop
        assert "compiled loop" in found.left_out[cell]
    else:
        sites = [call.site for call in found.calls]
        assert sites[:2] == [cell, f"{cell} call 2"]
        assert not found.left_out


@pytest.mark.parametrize("function", [sequential, shared, nested, unrolled])
def test_a_sub_layer_alone_reproduces_what_it_gave_in_the_whole(
    function, captured, observer, tmp_path, close
):
    file = captured(function)
    alone(case_of(function), "forward", file, tmp_path / "out", observer)
    with observer.at("float64", 0, f"m:{function.__name__}"):
        subject = build(case_of(function))
        subject.rewind()
        whole = subject.target(*subject.inputs().args, training=False)
    last = answers(tmp_path / "out", file, f"m:{function.__name__}", "forward")[-1]
    # Its inputs were rounded to float32 on the way, so that all backends can hold them.
    close(last.outputs["output"], keras.ops.convert_to_numpy(whole))


def test_an_input_is_what_the_layer_before_gave(captured, observer, tmp_path):
    file = captured(shared)
    found = read_captured(file)
    arrays = read_arrays(file, found)
    alone(case_of(shared), "forward", file, tmp_path / "out", observer)
    first, _ = answers(tmp_path / "out", file, "m:shared", "forward")
    (second,) = (arrays[name] for _, name in found.calls[1].inputs[1][0][1])
    assert second.dtype == np.float64
    assert np.array_equal(first.referee["output"], second)


def test_a_sub_layer_starts_from_the_weights_it_has_in_the_whole(captured, observer):
    file = captured(block)
    found = read_captured(file)
    with observer.at("float32", 0, "m:block"):
        subject = build(case_of(block))
        suspect = part(subject, found.calls[1], read_arrays(file, found))
        for variable in suspect.variables:
            variable.assign(keras.ops.zeros(variable.shape))
        suspect.rewind()
        kernel = subject.target.denses[0].kernel
    start = next(s for s in subject.starts if s.variable is kernel)
    assert np.array_equal(kernel.numpy(), start.value)
    assert len(suspect.starts) == 2


@pytest.mark.parametrize("check", ["forward", "training"])
def test_a_sub_layer_is_called_no_more_than_three_times(
    check, captured, observer, tmp_path, count
):
    file = captured(sequential, check)
    counts = count(layers.Dense)
    alone(case_of(sequential), "forward", file, tmp_path / "out", observer)
    built = 2 * 3  # three layers, in float32 and in float64
    # On JAX both float64 runs are of one program, which is traced once.
    runs = 2 if keras.config.backend() == "jax" else 3
    assert counts["call"] == built + 3 * runs


@pytest.fixture
def count(monkeypatch):
    """Counts the calls of a class of layers whose inputs are numbers."""

    def of(kind: type) -> Counter[str]:
        counts: Counter[str] = Counter()
        clean: Any = kind.call

        def call(self, x, training=None):
            counts["call"] += not isinstance(x, keras.KerasTensor)
            return clean(self, x, training=training)

        monkeypatch.setattr(kind, "call", call)
        return counts

    return of


@pytest.mark.parametrize(
    ("function", "sites"),
    [
        (wired, ["add", "cast", "multiply", "expand_dims", "add #2"]),
        (inside, ["add", "cast", "multiply", "expand_dims", "add #2"]),
        (summed, ["sum"]),
        (sequential, []),
    ],
)
def test_the_functions_that_own_code_calls_are_heard(function, sites, captured):
    prefix = "wired: ops." if function is inside else "ops."
    found = read_captured(captured(function)).ops
    assert [call.site for call in found] == [f"{prefix}{site}" for site in sites]
    assert not [f for f in vars(keras.ops).values() if hasattr(f, "__wrapped__")]


def test_a_function_is_asked_alone_in_the_working_dtype(captured, observer, tmp_path):
    file = captured(inside)
    found = read_captured(file)
    narrow = tmp_path / "narrow.json"
    narrow_to(found.ops, found, narrow)
    alone(case_of(inside), "grad_inputs", narrow, tmp_path / "out", observer)
    alone(case_of(inside), "forward", narrow, tmp_path / "out", observer)
    seen = answers(tmp_path / "out", narrow, "m:inside", "forward")
    assert [o.status for o in seen] == ["ok"] * 5
    assert {str(o.outputs["output"].dtype) for o in seen} == {"float32"}
    assert {str(o.referee["output"].dtype) for o in seen} == {"float64"}
    assert len(answers(tmp_path / "out", narrow, "m:inside", "grad_inputs")) == 5


def test_gradients_are_asked_of_sub_layers_too(captured, observer, tmp_path):
    file = captured(block)
    alone(case_of(block), "grad_weights", file, tmp_path / "out", observer)
    seen = answers(tmp_path / "out", file, "m:block", "grad_weights")
    assert [o.check for o in seen] == [f"grad_weights at {s}" for s in HEARD[block]]
    assert all(o.status == "ok" and o.referee and o.spread for o in seen)


def test_a_check_that_does_not_apply_leaves_no_answer(captured, observer, tmp_path):
    file = captured(block, "training")
    alone(case_of(block), "training", file, tmp_path / "out", observer)
    seen = answers(tmp_path / "out", file, "m:block", "training")
    asked = [o.check.removeprefix("training at ") for o in seen]
    assert "norm" in asked
    found = read_captured(file).calls[0]
    assert [len(found.inputs[1][0][1]), "training" in found.inputs[1][1][1]] == [
        1,
        False,
    ]


def test_what_a_sub_layer_raises_alone_is_its_answer(captured, observer, tmp_path):
    file = captured(fragile)
    alone(case_of(fragile), "forward", file, tmp_path / "out", observer)
    (seen,) = answers(tmp_path / "out", file, "m:fragile", "forward")
    assert seen.status == "raised"
    assert seen.raised is not None
    assert "nobody holds me" in seen.raised.message


def test_a_case_that_cannot_be_built_here_says_so_of_every_sub_layer(
    captured, observer, tmp_path
):
    file = captured(nested)

    def nested_elsewhere():
        message = "no such op"
        raise NotImplementedError(message)

    case = Case("m:nested", nested_elsewhere, "m.py", 1)
    alone(case, "forward", file, tmp_path / "out", observer)
    seen = answers(tmp_path / "out", file, "m:nested", "forward")
    assert [o.status for o in seen] == ["unsupported"] * 4
    assert "no such op" in seen[0].detail


def test_listening_leaves_nothing_behind(captured, observer):
    kept: list[Any] = []

    def remembered():
        kept.append(nested()[0])
        return kept[-1], normal(4, 3)

    assert read_captured(captured(remembered)).calls
    parts = sublayers(kept[-1])
    assert len(parts) == 4
    assert not [path for path, layer in parts.items() if "call" in vars(layer)]


def test_a_case_that_cannot_run_says_why(captured):
    def broken():
        message = "no such file"
        raise OSError(message)

    assert read_captured(captured(broken)).fault == "OSError: no such file"
