"""Faults of every kind, each on one backend: the run names case, check and backend.

Nothing in the tree is touched: a file that is imported before the package's own cases
changes `SimpleDense` inside the child process of jax, and the other faults are cases
of a file of their own. One run serves all tests.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.parity

# Imported first, so the package's own cases meet the changed layer.
PLANTED = """
import keras

from multibackend import case, normal
from multibackend.layers import SimpleDense

if keras.config.backend() == "jax":
    right = SimpleDense.call
    SimpleDense.call = lambda self, inputs: right(self, inputs) + 1e-3


@case
def keras_dense():
    return keras.layers.Dense(8), normal(4, 16)
"""

FAULTS = """
import keras
import numpy as np
from keras import ops

from multibackend import case, normal

BACKEND = keras.config.backend()


def on(backend, wrong, right):
    return wrong if BACKEND == backend else right


@case
def clean_function():
    return ops.tanh, normal(5)


@case
def value_on_jax():
    return lambda x: ops.tanh(x) + on("jax", 1e-3, 0.0), normal(5)


@case
def only_float64_shows_it_on_torch():
    # A billionth: far below one float32 rounding.
    return lambda x: ops.tanh(x) * on("torch", 1 + 1e-9, 1.0), normal(5)


@case
def only_float32_shows_it_on_jax():
    def rounded(x):
        single = keras.config.floatx() == "float32"
        short = on("jax", "bfloat16", "float32") if single else keras.config.floatx()
        return ops.cast(ops.cast(ops.tanh(x), short), x.dtype)

    return rounded, normal(5)


@case(checks=["forward", "grad_inputs"])
def gradient_on_tensorflow():
    @ops.custom_gradient
    def square(x):
        def grad(*args, upstream=None):
            return (args[0] if upstream is None else upstream) * x * on("tensorflow", 2.01, 2.0)

        return x * x, grad

    return square, normal(5)


@case(checks=["forward"])
def dtype_on_torch():
    return lambda x: ops.cast(x, on("torch", "float16", x.dtype)), normal(5)


@case(checks=["forward"])
def shape_on_jax():
    return lambda x: x[: on("jax", 4, 5)], normal(5)


@case(checks=["forward"])
def structure_on_tensorflow():
    return lambda x: on("tensorflow", {"y": x}, {"y": x, "extra": x}), normal(5)


@case(checks=["forward"])
def nan_on_tensorflow():
    spot = np.array([0, 0, 1, 0, 0], "bool")
    return lambda x: ops.where(spot, on("tensorflow", float("nan"), 0.0), x), normal(5)


@case(checks=["forward"])
def whole_number_on_torch():
    return lambda x: ops.cast(x > 0, "int32") + on("torch", 1, 0), normal(5)


class Counting(keras.layers.Layer):
    def build(self, shape):
        self.seen = self.add_weight(
            name="seen", shape=(), initializer="zeros", trainable=False
        )

    def call(self, x, training=False):
        if training and BACKEND != "torch":
            self.seen.assign(self.seen + ops.mean(x))
        return x


@case
def state_on_torch():
    return Counting(), normal(2, 3)


@case(checks=["forward"])
def raises_on_tensorflow():
    def picky(x):
        if BACKEND == "tensorflow":
            raise ValueError("not on this one")
        return x

    return picky, normal(5)


@case
def raises_on_tensorflow_while_building():
    if BACKEND == "tensorflow":
        raise ValueError("not even built")
    return ops.tanh, normal(5)


@case(checks=["forward"])
def other_inputs_on_jax():
    return ops.tanh, normal(5, seed=on("jax", 1, 2))


def trained(rate):
    model = keras.Sequential([keras.layers.Dense(2)])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mean_squared_error")
    return model, (normal(8, 3), normal(8, 2))


@case(checks=["forward", "fit"])
def clean_fit():
    return trained(0.01)


@case(checks=["forward", "fit"])
def rate_on_jax():
    return trained(on("jax", 0.0101, 0.01))


@case(checks=["forward"], reference=np.tanh)
def clean_reference():
    return ops.tanh, normal(5)


@case(checks=["forward"], reference=np.tanh)
def wrong_on_torch_and_jax():
    return lambda x: ops.tanh(x) + on("tensorflow", 0.0, 1e-3), normal(5)


@case(checks=["forward"], reference=lambda x: np.tanh(x) + 1e-3)
def wrong_everywhere():
    return ops.tanh, normal(5)


if BACKEND != "jax":

    @case(checks=["forward"])
    def not_declared_on_jax():
        return ops.tanh, normal(5)
"""

OWN = "multibackend.parity.cases.declared.dense"
CLEAN = ("keras_dense", "clean_function", "clean_fit", "clean_reference")


@pytest.fixture(scope="module")
def ran(tmp_path_factory, multibackend):
    folder: Path = tmp_path_factory.mktemp("planted")
    _ = (folder / "planted.py").write_text(PLANTED, "utf-8")
    _ = (folder / "faults.py").write_text(FAULTS, "utf-8")
    targets = ("planted.py", f"{OWN}:simple_dense", f"{OWN}:simple_dense_steps")
    done = multibackend("check", *targets, "faults.py", "--out", "report", cwd=folder)
    return done, folder


@pytest.fixture(scope="module")
def verdicts(ran, read_verdicts):
    return read_verdicts(ran[1] / "report" / "verdicts.json")


@pytest.mark.parametrize("case", ["simple_dense", "simple_dense_steps"])
def test_a_layer_that_is_off_on_jax_is_found_in_the_packages_own_cases(verdicts, case):
    found = verdicts(case, "forward")

    assert (found["verdict"], found["kind"]) == ("differ", "value")
    assert found["blame"] == ["jax"]
    worst = found["differences"][0]
    assert worst["error"] == pytest.approx(1e-3, rel=1e-3)
    assert worst["ratio"] > 100
    # A constant has no gradient: the checks beside it stay clean.
    assert verdicts(case, "grad_inputs")["verdict"] == "agree"
    assert verdicts(case, "grad_weights")["verdict"] == "agree"


def test_the_run_says_case_check_and_backend_on_one_line_and_exits_1(ran):
    done, _ = ran

    assert done.code == 1
    lines = [x.split() for x in done.out.splitlines() if x.startswith("differ")]
    assert ["differ", f"{OWN}:simple_dense", "forward", "jax"] in [x[:4] for x in lines]
    assert "Traceback" not in done.text


@pytest.mark.parametrize(
    ("case", "check", "kind", "blame"),
    [
        ("value_on_jax", "forward", "value", ["jax"]),
        ("only_float64_shows_it_on_torch", "forward", "value", ["torch"]),
        ("only_float32_shows_it_on_jax", "forward", "value", ["jax"]),
        ("gradient_on_tensorflow", "grad_inputs", "value", ["tensorflow"]),
        ("dtype_on_torch", "forward", "dtype", ["torch"]),
        ("shape_on_jax", "forward", "shape", ["jax"]),
        ("structure_on_tensorflow", "forward", "structure", ["tensorflow"]),
        ("nan_on_tensorflow", "forward", "nonfinite", ["tensorflow"]),
        ("whole_number_on_torch", "forward", "value", ["torch"]),
        ("state_on_torch", "training", "value", ["torch"]),
        ("raises_on_tensorflow", "forward", "error", ["tensorflow"]),
        ("raises_on_tensorflow_while_building", "build", "error", ["tensorflow"]),
        ("other_inputs_on_jax", "build", "start", ["jax"]),
        ("rate_on_jax", "fit", "value", ["jax"]),
        ("wrong_on_torch_and_jax", "forward", "value", ["jax", "torch"]),
    ],
)
def test_a_fault_of_this_kind_is_found_and_blamed_on_its_backend(
    verdicts, case, check, kind, blame
):
    found = verdicts(case, check)

    assert (found["verdict"], found["kind"]) == ("differ", kind)
    assert sorted(found["blame"]) == blame


@pytest.mark.parametrize(
    ("case", "check"),
    [
        ("gradient_on_tensorflow", "forward"),
        ("state_on_torch", "forward"),
        ("state_on_torch", "grad_inputs"),
        ("rate_on_jax", "forward"),
    ],
)
def test_a_fault_does_not_spill_into_the_checks_beside_it(verdicts, case, check):
    assert verdicts(case, check)["verdict"] == "agree"


def test_a_fault_too_small_for_float32_is_seen_in_float64_only(verdicts):
    found = verdicts("only_float64_shows_it_on_torch", "forward")
    assert {d["precision"] for d in found["differences"]} == {"float64"}


def test_a_fault_of_float32_alone_is_seen_in_float32_only(verdicts):
    found = verdicts("only_float32_shows_it_on_jax", "forward")
    assert {d["precision"] for d in found["differences"]} == {"float32"}


def test_all_backends_are_blamed_where_all_contradict_the_reference(verdicts):
    found = verdicts("wrong_everywhere", "forward")

    assert found["verdict"] == "differ"
    assert sorted(found["blame"]) == ["jax", "tensorflow", "torch"]


def test_a_case_that_one_backend_does_not_have_is_missing_and_never_agrees(verdicts):
    assert verdicts.words("not_declared_on_jax") == {"build": "missing"}
    assert verdicts("not_declared_on_jax", "build")["blame"] == ["jax"]


def test_an_exception_on_one_backend_is_shown_with_its_words_and_its_line(verdicts):
    (difference,) = verdicts("raises_on_tensorflow", "forward")["differences"]

    assert difference["received"] == "ValueError: not on this one"
    line = FAULTS.splitlines().index('            raise ValueError("not on this one")')
    assert difference["detail"].endswith(f"faults.py:{line + 1}")


@pytest.mark.parametrize("case", CLEAN)
def test_a_clean_case_beside_the_faults_agrees_in_every_check(verdicts, case):
    words = verdicts.words(case)
    assert "forward" in words
    assert set(words.values()) == {"agree"}


def test_the_verdicts_are_the_same_when_the_records_are_judged_again(
    ran, verdicts, multibackend, read_verdicts
):
    _, folder = ran
    again = multibackend("compare", "report", "--json", "again.json", cwd=folder)

    assert again.code == 1
    assert read_verdicts(folder / "again.json").summary() == verdicts.summary()


def test_a_record_in_which_one_bit_flipped_is_refused(ran, multibackend, tmp_path):
    _, folder = ran
    stored = next(
        (folder / "report" / "torch" / "cases").glob("value-on-jax-*.safetensors")
    )
    copy = tmp_path / "torch"
    _ = shutil.copytree(folder / "report" / "torch", copy)
    data = bytearray(stored.read_bytes())
    data[-1] ^= 1
    _ = (copy / "cases" / stored.name).write_bytes(data)

    done = multibackend("compare", copy, cwd=tmp_path)

    assert done.code == 2
    assert stored.name in done.err
    assert "Traceback" not in done.text
