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

# One case for each other check, off on torch in what this check asks and nowhere else.
CHECKED = '''
import itertools

import keras
from keras import ops

from multibackend import arguments, case, normal

OFF = 1e-3 if keras.config.backend() == "torch" else 0.0  # planted
STOP = ops.stop_gradient


class Kernel(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 2), name="kernel")

    def call(self, x):
        return ops.matmul(x, self.kernel + OFF * (self.kernel - STOP(self.kernel)))


@case(checks=["grad_weights"])
def grad_weights():
    return Kernel(), normal(4, 3)


def bowl(x):
    bent = 2 * x * STOP(x) - STOP(x) * STOP(x)  # its second derivative is 0
    return (1 - OFF) * x * x + OFF * bent


@case(checks=["hvp"])
def hvp():
    return bowl, normal(3, 4)


class Seen(keras.layers.Layer):
    """Counts what it sees outside its weights, and sees training and other layouts."""

    def __init__(self, data_format="channels_last", **kwargs):
        super().__init__(**kwargs)
        self.data_format = data_format
        self.calls = itertools.count()

    def call(self, x, training=False):
        first = self.data_format == "channels_first"
        x = x * (1 + OFF) if first else x * 1.0
        return x + OFF * next(self.calls) if training else x

    def get_config(self):
        return super().get_config() | {"data_format": self.data_format}


@case(checks=["layout"])
def layout():
    return Seen(), normal(2, 4, 5, 3)


@case(checks=["determinism"])
def determinism():
    return Seen(), normal(3, 4)


class Trained(keras.layers.Layer):
    def call(self, x, training=False):
        return x * (1 + OFF) if training else x * 1.0


@case(checks=["training"])
def training():
    return Trained(), normal(3, 4)


class Compiled(keras.layers.Layer):
    def call(self, x):
        if OFF:
            import torch

            return x * (1 + OFF) if torch.compiler.is_compiling() else x * 1.0
        return x * 1.0


@case(checks=["jit"])
def jit():
    return Compiled(), normal(3, 4)


class Half(keras.layers.Layer):
    def call(self, x):
        half = keras.backend.standardize_dtype(x.dtype) == "float16"
        return x * (1 + 250 * OFF) if half else x * 1.0


@case(checks=["dtype"])
def dtype():
    return Half(), normal(3, 4)


def fussy(x):
    if OFF and keras.backend.standardize_dtype(x.dtype) == "bfloat16":
        raise TypeError("no bfloat16")
    return x * 1.0


@case(checks=["dtype"])
def refused_dtype():
    return fussy, normal(3, 4)


class Shaped(keras.layers.Layer):
    def call(self, x):
        return x * 1.0

    def compute_output_shape(self, shape):
        return (7 if OFF and shape[0] is None else shape[0], *shape[1:])


@case(checks=["spec"])
def spec():
    return Shaped(), normal(3, 4)


class Forgetful(keras.layers.Layer):
    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, x):
        return x * self.scale

    def get_config(self):
        return super().get_config() | ({} if OFF else {"scale": self.scale})


@case(checks=["config"])
def config():
    return Forgetful(2.0), normal(3, 4)


class Counting(keras.layers.Layer):
    def build(self, shape):
        self.seen = self.add_weight(
            shape=(), name="seen", trainable=False, initializer="zeros"
        )

    def call(self, x):
        self.seen.assign(self.seen + ops.sum(x) * (1 + OFF))
        return x * 1.0


@case(checks=["state"])
def state():
    return Counting(), normal(3, 4)


class Masked(keras.layers.Layer):
    """Keeps a mean that reads masked steps."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, shape):
        self.mean = self.add_weight(shape=(), name="mean", trainable=False)

    def call(self, x, training=False, mask=None):
        if mask is None:
            return x
        kept = ops.cast(mask, x.dtype)[..., None]
        if training:
            self.mean.assign(ops.mean(x * (kept + OFF * (1 - kept))))
        return x * kept


class Dropping(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x):
        return x * 1.0

    def compute_mask(self, inputs, mask=None):
        return None if OFF else mask


@case(checks=["mask"])
def mask():
    return Masked(), normal(3, 4, 2)


@case(checks=["mask"])
def dropped_mask():
    return Dropping(), normal(3, 4, 2)


class Social(keras.layers.Layer):
    def call(self, x):
        return x + OFF * ops.roll(x, 1, axis=0)


@case(checks=["batch"])
def batch():
    return Social(), normal(4, 3)


class Lax(keras.layers.Dense):
    def build(self, shape):
        super().build(shape)
        self.input_spec = None if OFF else self.input_spec

    def call(self, x):
        bad = OFF and x.shape[-1] == 3
        return super().call(ops.pad(x, [[0, 0], [0, 2]]) if bad else x)


@case(checks=["errors"], bad={"narrow": arguments(normal(4, 3))})
def errors():
    return Lax(2), normal(4, 5)


def rated(rate):
    if OFF:
        return keras.optimizers.SGD(rate)
    if rate > 1:
        raise ValueError("too fast")
    return keras.optimizers.SGD(rate)


@case(checks=["errors"], bad={"fast": lambda: rated(2.0)})
def no_input():
    return rated(0.1)


class Fast(keras.optimizers.SGD):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient * (1 + OFF), variable, learning_rate)


@case(checks=["fit"])
def fit():
    return Fast(0.1)
'''

#: What each of these programs must say: the kind, and the relative error where that is
#: what was planted, or else words of its outcomes.
ASKED = {
    ("grad_weights", "grad_weights"): ("value", 1e-3),
    ("hvp", "hvp"): ("value", 1e-3),
    ("layout", "layout"): ("value", 1e-3),
    ("determinism", "determinism"): ("value", "torch, its own plain run"),
    ("training", "training"): ("value", 1e-3),
    ("jit", "jit"): ("value", 1e-3),
    ("dtype", "dtype"): ("value", 0.25),
    ("refused_dtype", "dtype"): ("error", "TypeError: no bfloat16"),
    ("spec", "spec"): ("value", "(7, "),
    ("config", "config"): ("value", 0.5),
    # The smallest numbers that show it may cancel: a relative error would say little.
    ("state", "state"): ("value", "torch"),
    ("mask", "mask"): ("value", "torch, its own plain run"),
    ("dropped_mask", "mask"): ("shape", "[]"),
    ("batch", "batch"): ("value", "torch, its own plain run"),
    ("errors", "errors"): ("error", "no error"),
    ("fit", "fit"): ("value", "jax"),
}

# All in one run: how many differences get a program, and in which time, is no question
# here, nor on how busy a machine.
_UNLIMITED = """
from multibackend.parity.reproduce import search
search.MOST, search.EACH, search.TOGETHER = 99, 60.0, 600.0
from multibackend.cli import main
main()
"""


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
def programs(done, written):
    """The file of each difference, by case and check."""
    return written(*done)


@pytest.fixture(scope="module")
def asked(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    _ = (folder / "mine.py").write_text(CHECKED, "utf-8")
    command = ("-c", _UNLIMITED, "check", "mine.py", "--out=out")
    return folder, python(*command, "--backends=torch,jax", cwd=folder)


@pytest.fixture(scope="module")
def written(read_verdicts):
    """Finds the file of each difference of a run, by case and check."""
    return lambda folder, command: _written(folder, command, read_verdicts)


def _written(folder, command, read_verdicts):
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


def test_a_difference_of_any_check_is_shown_in_fresh_processes(asked, written, python):
    folder, command = asked
    files = written(folder, command)
    assert set(files) == set(ASKED), command.text

    def run(key):
        return key, python(files[key], cwd=folder)

    with ThreadPoolExecutor(2) as pool:
        for key, shown in pool.map(run, ASKED):
            kind, told = ASKED[key]
            first, *sides = shown.out.splitlines()
            assert shown.code == 1, (key, shown.text)
            assert first.split()[0] == kind, (key, shown.text)
            assert "torch" in sides[0] + sides[1], (key, shown.text)
            if isinstance(told, float):
                (error,) = re.findall("relative error ([^,]+),", shown.out)
                assert float(error) == pytest.approx(told, rel=0.01), (key, shown.text)
            else:
                assert told in shown.out, (key, shown.text)


def test_a_difference_without_a_program_says_why(asked):
    _, command = asked
    notes = re.findall(r"no reproducer of (\w+) of mine:(\w+): (.*)", command.out)

    assert [note[:2] for note in notes] == [("errors", "no_input")], command.text
    assert "its bad input is a function of the case" in notes[0][2]
