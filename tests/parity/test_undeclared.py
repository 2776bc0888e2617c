"""Code that declares no case: what it offers is found, built, run and judged."""

from __future__ import annotations

import ast

import pytest

pytestmark = pytest.mark.parity

LAYERS = '''
import keras
from keras.layers import Dense  # somebody else's


class Gate(keras.layers.Layer):
    """Gates its inputs.

    Args:
        units: How many outputs.
        sharpness: Float, how steep the gate is.
    """

    def __init__(self, units, sharpness, **kwargs):
        super().__init__(**kwargs)
        self.units, self.sharpness = units, sharpness

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return keras.ops.sigmoid(self.sharpness * keras.ops.matmul(inputs, self.kernel))

    def get_config(self):
        own = {"units": self.units, "sharpness": self.sharpness}
        return super().get_config() | own


class Crooked(keras.layers.Layer):
    def call(self, inputs):
        off = 1e-3 if keras.config.backend() == "jax" else 0.0
        return inputs + off


class Fussy(keras.layers.Layer):
    def call(self, inputs):
        if keras.config.backend() == "jax" and len(inputs.shape) < 3:
            raise ValueError("images only")
        return 2 * inputs


class Odd(keras.layers.Layer):
    def __init__(self, gizmo):
        super().__init__()

    def call(self, inputs):
        return inputs
'''


@pytest.fixture(scope="module")
def done(multibackend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undeclared")
    _ = (folder / "mine.py").write_text(LAYERS, "utf-8")
    command = ("check", "mine.py", "--checks=forward,config", "--stubs=stubs.py")
    return folder, multibackend(*command, "--backends=torch,jax", cwd=folder)


@pytest.fixture(scope="module")
def verdicts(done, read_verdicts):
    return read_verdicts(done[0] / "multibackend-report" / "verdicts.json")


def test_a_layer_that_means_the_same_everywhere_agrees(verdicts):
    assert verdicts.words("Gate") == {"forward": "agree", "config": "agree"}


def test_a_layer_that_does_not_is_found_out(done, verdicts):
    _, command = done

    assert command.code == 1
    assert verdicts("Crooked", "forward")["verdict"] == "differ"
    assert "jax" in verdicts("Crooked", "forward")["blame"]


def test_every_backend_is_asked_with_what_goes_on_all_of_them(verdicts):
    assert verdicts.words("Fussy") == {"forward": "agree", "config": "agree"}


def test_what_cannot_be_built_is_listed_with_the_reason(done, verdicts):
    _, command = done
    told = verdicts("Odd", "build")

    assert told["verdict"] == "unsupported"
    assert "Odd(gizmo): nothing tells what to give for 'gizmo'" in told["detail"]
    assert "nothing tells what to give for 'gizmo'" in command.out


def test_what_is_imported_is_not_checked(verdicts):
    cases = {verdict["case"].rpartition(":")[2] for verdict in verdicts.all}

    assert cases == {"Gate", "Crooked", "Fussy", "Odd"}


def test_a_stub_waits_to_be_filled_in(done, multibackend):
    folder, _ = done
    text = (folder / "stubs.py").read_text("utf-8")
    assert [f.name for f in ast.parse(text).body if isinstance(f, ast.FunctionDef)] == [
        "odd"
    ]
    filled = text.replace("gizmo=...", "gizmo=3")
    _ = (folder / "stubs.py").write_text(filled, "utf-8")
    command = ("check", "stubs.py", "--checks=forward", "--backends=torch,jax")
    again = multibackend(*command, "--out=filled", cwd=folder)

    assert again.code == 0, again.text


def test_one_class_is_checked_by_its_name(done, multibackend):
    folder, _ = done
    listed = multibackend("list", "mine:Gate", cwd=folder)

    assert listed.code == 0, listed.text
    assert listed.out.split()[0] == "mine:Gate"
    assert "mine.py:6" in listed.out


def test_a_difference_of_what_nobody_declared_has_a_program(done, python):
    folder, command = done
    (program,) = (folder / "multibackend-report" / "reproducers").iterdir()
    shown = python(program, cwd=folder)

    assert program.name.startswith("Crooked"), command.text
    assert shown.code == 1, shown.text
    assert shown.out.startswith("value"), shown.text
