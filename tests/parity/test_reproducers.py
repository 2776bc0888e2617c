"""Every difference comes with a program that shows it in a fresh process."""

from __future__ import annotations

import ast
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.parity

CASES = '''
import keras
import numpy as np
from keras import ops

from multibackend import case, normal

FACTOR = 1.001


def crooked(x):
    """Doubles, more or less."""
    if keras.backend.backend() == "torch":
        x = x * FACTOR  # planted
    return ops.sin(x) * 2.0


class Tilted(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")

    def call(self, x):
        y = ops.matmul(x, self.kernel)
        if keras.backend.backend() == "torch":
            y = y + 0.01 * ops.max(ops.abs(y))  # planted
        return y

    def get_config(self):
        return super().get_config() | {"units": self.units}


@case(checks=["forward", "grad_inputs"])
def bent():
    return crooked, normal(4, 6)


@case(checks=["forward"])
def stack():
    layers = [keras.layers.Dense(4), Tilted(3), keras.layers.Dense(2)]
    return keras.Sequential(layers), normal(4, 5)


@case(checks=["forward"])
def bare():
    scale = normal(6)  # an object that only the case itself makes

    def weighed(x):
        off = 0.01 if keras.backend.backend() == "torch" else 0.0  # planted
        return ops.sum(x * scale) * (1.0 + off)

    return weighed, normal(4, 6)


@case(checks=["forward"])
def leaky():
    return keras.layers.LeakyReLU(0.3), normal(4, 6)


@case(checks=["forward"])
def topk():
    top = keras.metrics.TopKCategoricalAccuracy(k=5)
    return top, (np.eye(3, dtype="float32"), normal(3, 3))


@case(checks=["random"])
def drawn():
    class Ones(keras.layers.Layer):
        def call(self, x, training=False):
            off = 1.0 if keras.backend.backend() == "torch" else 0.0
            return x + off + keras.random.normal(ops.shape(x), seed=self.seed)

        def __init__(self):
            super().__init__()
            self.seed = keras.random.SeedGenerator(1)

    return Ones(), normal(4, 5)
'''

#: What each program must be about, and what it must say.
SHOWN = {
    ("bent", "forward"): ("torch", "value"),
    ("bent", "grad_inputs"): ("torch", "value"),
    ("stack", "forward"): ("torch", "value"),
    ("bare", "forward"): ("torch", "value"),
    ("leaky", "forward"): ("tensorflow", "value"),
    ("topk", "forward"): ("torch", "error"),
}
PLANTED = ("bent", "stack", "bare")


@pytest.fixture(scope="module")
def done(multibackend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reproducers")
    _ = (folder / "mine.py").write_text(CASES, "utf-8")
    old = folder / "out" / "reproducers" / "old.py"
    old.parent.mkdir(parents=True)
    _ = old.write_text("an earlier run's")
    command = ("check", "mine.py", "--out=out")
    return folder, multibackend(*command, "--overwrite", cwd=folder)


@pytest.fixture(scope="module")
def programs(done, read_verdicts):
    """The file of each difference, by case and check."""
    folder, command = done
    verdicts = read_verdicts(folder / "out" / "verdicts.json")
    files = {}
    for verdict in verdicts.all:
        if verdict["reproducer"]:
            found = [
                file
                for file in (folder / "out" / "reproducers").iterdir()
                if file.read_text("utf-8") == verdict["reproducer"]
            ]
            assert len(found) == 1, command.text
            short = verdict["case"].rpartition(":")[2]
            files[short, verdict["check"]] = found[0]
    return files


def test_every_difference_has_a_program_or_says_why_not(done, programs):
    _, command = done

    assert set(programs) == set(SHOWN), command.text
    if "random" in re.findall(r"differ +mine:drawn +(\w+)", command.out):
        assert "no reproducer of random of mine:drawn: what is drawn" in command.out


def test_the_programs_of_an_earlier_run_are_gone(done, programs):
    folder, command = done
    files = sorted((folder / "out" / "reproducers").iterdir())

    assert files == sorted(programs.values())
    for file in files:
        assert f"Wrote {file.relative_to(folder)}" in command.out


def test_each_shows_its_difference_in_fresh_processes(done, programs, python):
    folder, _ = done

    def run(key):
        return key, python(programs[key], cwd=folder)

    with ThreadPoolExecutor(2) as pool:
        for key, shown in pool.map(run, SHOWN):
            blamed, kind = SHOWN[key]
            first, *sides = shown.out.splitlines()
            assert shown.code == 1, (key, shown.text)
            assert first.split()[0] == kind, (key, shown.text)
            assert sides[0].split()[0] == blamed, (key, shown.text)


def test_where_the_planted_line_is_gone_so_is_the_difference(done, programs, python):
    folder, _ = done

    def run(key):
        text = programs[key].read_text("utf-8")
        mended = re.sub(r"\+ 0.01 \* .*?  # planted|\* FACTOR", "", text)
        mended = mended.replace("off = 0.01 if", "off = 0.0 if")
        assert mended != text
        file = programs[key].with_suffix(".mended")
        _ = file.write_text(mended, "utf-8")
        try:
            return key, python(file, cwd=folder)
        finally:
            file.unlink()

    with ThreadPoolExecutor(2) as pool:
        for key, shown in pool.map(run, [key for key in SHOWN if key[0] in PLANTED]):
            assert shown.code == 0, (key, shown.text)
            assert "the difference is gone" in shown.out


def test_what_is_shown_is_small(programs):
    stack = programs["stack", "forward"].read_text("utf-8")
    told = ast.get_docstring(ast.parse(stack)) or ""

    assert "Tilted(units=1)" in stack
    assert "Sequential" not in stack
    assert "first seen in tilted" in told
    for file in programs.values():
        text = file.read_text("utf-8")
        assert "multibackend" not in text.partition('"""\n\nfrom')[2]
        assert max(len(line) for line in text.splitlines()) < 400
