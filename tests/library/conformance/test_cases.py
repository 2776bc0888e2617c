"""Samples of a symbol that the installed Keras lacks, as an older one does."""

import keras
import numpy as np

from multibackend.conformance.cases import declare_all
from multibackend.conformance.draws import v
from multibackend.conformance.sample import Sample
from multibackend.conformance.tables import MODULE
from multibackend.inputs import Working, working
from multibackend.parity.cases.case import declared_in, forget
from multibackend.parity.checks.table import load
from multibackend.parity.run.observe import Observer

LATER = "keras.ops.one_that_comes_later"


def observed(sample, check="forward"):
    observer = Observer((load(check),), twins=1, reruns=0, float64=None)
    declare_all([sample])
    (case,) = declared_in(MODULE)
    forget(MODULE)
    with working(Working(name=sample.name)):
        return list(observer.observe(case))


def plain(symbol):
    return Sample("a table", symbol, "plain", args=(v([1.0, 2.0, 3.0]),))


def test_what_keras_lacks_is_not_built_and_says_so():
    (found,) = observed(plain(LATER))
    assert found.status == "unsupported"
    assert found.detail == f"Keras {keras.__version__} has no {LATER}"


def test_nothing_is_compiled_where_keras_has_none_of_it():
    parts = plain(LATER), plain(f"{LATER}_still")
    group = Sample("a table", "a table 1", "compiled", parts=parts)
    (found,) = observed(group)
    assert found.status == "unsupported"
    assert found.detail == f"Keras {keras.__version__} has no {LATER}, {LATER}_still"


def test_a_program_about_what_keras_lacks_is_not_run():
    ran = []
    sample = Sample("a table", LATER, "own", program=ran.append)
    (found,) = observed(sample)
    assert (found.status, ran) == ("unsupported", [])


def test_those_that_are_compiled_with_it_are_compiled_without_it():
    parts = tuple(map(plain, ("keras.ops.exp", LATER, "keras.ops.negative")))
    group = Sample("a table", "a table 1", "compiled", parts=parts)
    built, found = observed(group)
    assert (built.status, found.status) == ("ok", "ok")
    assert set(found.outputs) == {"keras.ops.exp", "keras.ops.negative"}
    assert np.array_equal(found.outputs["keras.ops.negative"], [-1.0, -2.0, -3.0])
