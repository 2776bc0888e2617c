"""A definition leaves its module with all that it needs, and nothing else."""

from __future__ import annotations

import ast

import pytest

from multibackend.parity.reproduce.sources import sliced

MINE = '''
from __future__ import annotations

import os
import keras
from keras import ops
from multibackend import case, normal
from mine.helpers import twice, thrice as threefold
from . import helpers

RATE = 0.5  # a constant
LONE = "nobody needs it"


def scaled(x):
    return RATE * twice(x)


@keras.saving.register_keras_serializable("mine")
class Gate(keras.layers.Layer):
    """Gates."""

    def call(self, x):
        # a comment stays
        return ops.sigmoid(scaled(x))


@case(skip={"fit": "no"})
def gate():
    """Declared."""
    return Gate(), normal(4, 6)


def odd(x):
    return threefold(x)
'''
HELPERS = """
import math

def twice(x):
    return doubled(x)

def doubled(x):
    return 2 * x * math.pi / math.pi

def thrice(x):
    return 3 * x
"""
FIND = {"mine.layers": MINE, "mine.helpers": HELPERS}.get


def names(text: str) -> list[str]:
    return [
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]


def test_what_is_needed_comes_along_before_what_needs_it() -> None:
    text = sliced("Gate", "mine.layers", FIND).text

    assert names(text) == ["doubled", "twice", "scaled", "Gate"]
    assert "RATE = 0.5" in text
    assert "# a comment stays" in text
    assert "@keras.saving.register_keras_serializable" in text


def test_what_nobody_needs_stays_behind() -> None:
    text = sliced("Gate", "mine.layers", FIND).text

    assert "LONE" not in text
    assert "import os" not in text
    assert "multibackend" not in text


def test_imports_of_others_stay_imports() -> None:
    text = sliced("Gate", "mine.layers", FIND).text

    assert {"import math", "import keras", "from keras import ops"} <= set(
        text.splitlines()
    )
    assert "mine" not in text.replace('"mine"', "")


def test_a_case_is_copied_without_what_declares_it() -> None:
    found = sliced("gate", "mine.layers", FIND)

    assert "@case" not in found.text
    assert found.makers == ("normal",)
    assert names(found.text)[-1] == "gate"


def test_a_copy_runs_as_the_original_does() -> None:
    place: dict[str, object] = {}
    exec(sliced("scaled", "mine.layers", FIND).text, place)  # noqa: S102 - ours

    assert place["scaled"](3.0) == 3.0  # type: ignore[operator]


def test_what_was_renamed_is_still_imported_and_is_told() -> None:
    found = sliced("odd", "mine.layers", FIND)

    assert found.kept == ("from mine.helpers import thrice as threefold",)
    assert found.kept[0] in found.text


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(LookupError, match=r"mine.layers defines no 'Nobody'"):
        _ = sliced("Nobody", "mine.layers", FIND)


def test_two_definitions_of_one_name_are_refused() -> None:
    find = {
        "mine.a": "from mine.b import f\ndef g(): ...\ndef h(): return f(), g()",
        "mine.b": "def g(): ...\ndef f(): return g()",
    }.get
    with pytest.raises(LookupError, match="both define 'g'"):
        _ = sliced("h", "mine.a", find)
