"""The tables as they stand: read without Keras, each sample told apart and drawable."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from multibackend.conformance.draws import Draw, b, drawn, i, n, perm, spaced, u, v
from multibackend.conformance.sample import Make
from multibackend.conformance.table import NUMPY, Table, bad
from multibackend.conformance.tables import every, tables
from multibackend.parity.checks.table import CHECKS


def test_all_tables_are_read_without_keras_or_a_framework():
    code = (
        "import sys; from multibackend.conformance.tables import every; every(); "
        "print([m for m in ('keras', 'torch', 'jax', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_sample_has_a_name_of_its_own():
    names = Counter(sample.name for sample in every())

    assert [name for name, count in names.items() if count > 1] == []


def test_a_table_is_called_as_its_file_is():
    for table in tables():
        files = {sample.file.rpartition("/")[2] for sample in table.samples}
        assert files == {f"{table.name.replace('.', '_')}.py"}


def test_checks_are_known_and_skipped_ones_have_a_reason():
    for sample in every():
        asked = {*sample.checks, *sample.skip, *sample.elsewhere}
        assert asked <= set(CHECKS), sample.name
        assert all(reason.strip() for reason in sample.skip.values()), sample.name


@pytest.mark.parametrize(
    "draw",
    [n(2, 3), u(2, 3), i(2, 3), b(2, 3), perm(2, 3), spaced(2, 3), v([[1] * 3] * 2)],
)
def test_a_draw_gives_the_same_numbers_whenever_it_is_made(draw):
    first, again = drawn(draw, "here"), drawn(draw, "here")

    assert first.shape == (2, 3)
    assert np.array_equal(first, again)
    assert first.dtype.name in ("float32", "int32", "bool")


def test_two_places_draw_other_numbers():
    one, other = drawn([n(4), n(4)], "here")

    assert not np.array_equal(one, other)


def test_a_call_is_told_as_it_is_written():
    t = Table("t", "keras.ops")
    t("pad", "rows", n(2, 3), ((1, 1), (0, 0)), mode="edge")
    t.make(
        "RNN", "x", {"cell": Make("keras.layers.LSTMCell", {"units": 2})}, n(1, 2, 3)
    )

    assert [sample.text for sample in t.samples] == [
        "keras.ops.pad(n(2, 3), ((1, 1), (0, 0)), mode='edge')",
        "keras.ops.RNN(cell=keras.layers.LSTMCell(units=2))(n(1, 2, 3))",
    ]
    assert t.samples[0].file == __file__


def test_the_first_sample_of_each_function_is_compiled_many_as_one():
    t = Table("t", "keras.ops")
    for name in [f"f{k}" for k in range(14)]:
        t(name, "first", n(2))
        t(name, "second", n(2))
    t("odd", "first", n(2))
    t("made", "first", 3)
    t.alone("odd")
    compiled = [sample for sample in t.every() if sample.checks == ("jit",)]

    assert [sample.name for sample in compiled] == [
        "keras.ops.odd[compiled]",
        "t 1[compiled]",
        "t 2[compiled]",
    ]
    assert [len(sample.symbols) for sample in compiled] == [1, 12, 2]
    # What takes no array cannot be compiled.
    assert not any("made" in symbol for s in compiled for symbol in s.symbols)
    assert all("jit" in sample.elsewhere for sample in t.samples)


def test_a_reference_is_the_one_said_or_the_one_of_the_same_name_in_numpy():
    t = Table("t", "keras.ops", reference=NUMPY)
    t("sin", "own", n(2), ref=np.cos)
    t("sin", "none", n(2), ref=False)
    t("sin", "same", n(2))
    t("nothing_in_numpy", "same", n(2))

    assert [s.reference for s in t.samples] == [np.cos, None, np.sin, None]


def test_refused_arguments_are_kept_by_name():
    t = Table("t", "keras.ops")
    t("sum", "matrix", n(2, 3), refuses={"axis": bad(n(2, 3), axis=5)})

    ((args, kwargs),) = t.samples[0].bad.values()
    assert isinstance(args[0], Draw)
    assert kwargs == {"axis": 5}
