"""What one backend saves, every other one loads: all ordered pairs, for real."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.parity

BACKENDS = ("torch", "jax", "tensorflow")

CASES = """
import keras

from multibackend import case, normal

BACKEND = keras.config.backend()


class Shift(keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=input_shape[-1:], name="scale")
        self.offset = self.add_weight(shape=input_shape[-1:], name="offset")

    def call(self, inputs):
        return inputs * self.scale + self.offset


class SavesInAnotherOrder(Shift):
    def save_own_variables(self, store):
        pair = [self.scale, self.offset]
        for place, variable in enumerate(pair[::-1] if BACKEND == "jax" else pair):
            store[str(place)] = variable.numpy()


class LoadsInAnotherOrder(Shift):
    def load_own_variables(self, store):
        pair = [self.scale, self.offset]
        for place, variable in enumerate(pair[::-1] if BACKEND == "torch" else pair):
            variable.assign(store[str(place)])


class KeepsItsOwnOrder(SavesInAnotherOrder):
    # Nothing is wrong with it until another backend loads what it saved.
    def load_own_variables(self, store):
        pair = [self.scale, self.offset]
        for place, variable in enumerate(pair[::-1] if BACKEND == "jax" else pair):
            variable.assign(store[str(place)])


@case
def plain():
    return Shift(), normal(4, 5)


@case
def model():
    model = keras.Sequential([keras.Input((5,)), Shift(), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    return model, (normal(4, 5), normal(4, 2))


@case
def saves_in_another_order():
    return SavesInAnotherOrder(), normal(4, 5)


@case
def loads_in_another_order():
    return LoadsInAnotherOrder(), normal(4, 5)


@case
def keeps_its_own_order():
    return KeepsItsOwnOrder(), normal(4, 5)


@case
def without_weights():
    return keras.layers.ReLU(), normal(4, 5)


@case
def not_asked():
    return Shift(), normal(4, 5)


not_asked = case(skip={"save": "for a reason"}, name="skipped")(not_asked.function)
"""

#: The pairs (saved by, loaded by) that do not come out right.
WRONG = {
    "plain": set(),
    "model": set(),
    "saves_in_another_order": {("jax", loader) for loader in BACKENDS},
    "loads_in_another_order": {(saver, "torch") for saver in BACKENDS},
    "keeps_its_own_order": {
        (saver, loader)
        for saver, loader in itertools.product(BACKENDS, BACKENDS)
        if (saver == "jax") != (loader == "jax")
    },
}

#: Who is at fault.
FAULTY = {
    "saves_in_another_order": "jax",
    "loads_in_another_order": "torch",
    "keeps_its_own_order": "jax",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, multibackend):
    folder: Path = tmp_path_factory.mktemp("exchanged")
    _ = (folder / "kept.py").write_text(CASES, "utf-8")
    given = ("--backends", ",".join(BACKENDS), "--checks", "save", "--out", "report")
    return multibackend("check", "kept.py", *given, cwd=folder), folder


@pytest.fixture(scope="module")
def records(ran):
    from multibackend.parity.record.read import read_record

    return {name: read_record(ran[1] / "report" / name) for name in BACKENDS}


@pytest.fixture(scope="module")
def verdicts(ran, read_verdicts):
    return read_verdicts(ran[1] / "report" / "verdicts.json")


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("loader", BACKENDS)
@pytest.mark.parametrize("saver", BACKENDS)
def test_every_ordered_pair_is_asked_and_bits_tell_which_is_wrong(
    case, saver, loader, records
):
    seen = records[loader].read(f"kept:{case}", f"save from {saver}")

    assert seen is not None
    assert seen.status == "ok"
    bits = [name for name in seen.outputs if "bits" in name]
    unlike = {n for n in bits if not np.array_equal(seen.outputs[n], seen.expected[n])}
    assert len(bits) >= 2
    assert bool(unlike) == ((saver, loader) in WRONG[case])


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("saver", BACKENDS)
def test_a_pair_that_is_wrong_is_a_difference_and_the_faulty_backend_is_blamed(
    case, saver, verdicts
):
    wrong = any(by == saver for by, _ in WRONG[case])
    found = verdicts(case, f"save from {saver}")

    assert found["verdict"] == ("differ" if wrong else "agree"), found["detail"]
    assert found["blame"] == ([FAULTY[case]] if wrong else [])


def test_optimizer_slots_are_among_what_is_compared(records):
    seen = records["jax"].read("kept:model", "save from torch")

    assert seen is not None
    slots = [name for name in seen.outputs if name.startswith("slot bits/")]
    assert any("momentum" in name for name in slots)
    assert seen.outputs["slot bits/sgd/iteration"] == 7


def test_a_layer_without_weights_and_a_check_that_is_skipped_make_no_noise(verdicts):
    assert verdicts.words("without_weights") == {}
    assert set(verdicts.words("skipped").values()) == {"unsupported"}


def test_the_records_say_with_whom_they_exchanged(records):
    for name, record in records.items():
        assert set(record.about.exchanged) == set(BACKENDS) - {name}


def test_no_file_is_left_half_written(ran):
    files = [file.name for file in (ran[1] / "report").glob("*/saved/*")]

    assert len(files) == len(BACKENDS) * (len(WRONG) + 1)
    assert not any(name.startswith(".") for name in files)


# ------------------------------------------------------------ recorded one by one


@pytest.fixture(scope="module")
def apart(tmp_path_factory, multibackend):
    """Two backends recorded one after the other; the second loads from the first."""
    folder: Path = tmp_path_factory.mktemp("apart")
    _ = (folder / "kept.py").write_text(CASES, "utf-8")
    given = ("run", "kept.py::saves_in_another_order", "--checks", "save")
    first = multibackend(*given, "--backend", "jax", "--out", "a", cwd=folder)
    assert first.code == 0, first.text
    second = multibackend(
        *(*given, "--backend", "numpy", "--out", "b", "--exchange", "a"), cwd=folder
    )
    assert second.code == 0, second.text
    return folder


def test_what_was_saved_elsewhere_is_loaded_by_a_run_that_is_told_where(apart):
    from multibackend.parity.record.read import read_record

    record = read_record(apart / "b" / "numpy")
    seen = record.read("kept:saves_in_another_order", "save from jax")

    assert record.about.exchanged == ("jax",)
    assert seen is not None
    name = next(name for name in seen.outputs if name.endswith("scale"))
    assert not np.array_equal(seen.outputs[name], seen.expected[name])


def test_only_the_pair_that_was_exchanged_is_judged_and_none_is_missing(
    apart, multibackend
):
    done = multibackend("compare", "a", "b", "--json", "v.json", cwd=apart)
    found = json.loads((apart / "v.json").read_text("utf-8"))
    words = {v["check"]: v["verdict"] for v in found["verdicts"]}

    assert done.code == 1
    assert words == {"save from jax": "differ", "save from numpy": "agree"}
    assert any("--exchange" in note for note in found["notes"])
