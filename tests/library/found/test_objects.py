"""What a module offers: its own classes of Keras, and functions of tensors."""

import types
from pathlib import Path

import keras
import pytest

from multibackend.parity.cases.found.objects import objects


class Own(keras.layers.Layer):
    def call(self, inputs):
        return inputs


class NoCall(keras.layers.Layer):
    """To be derived from."""


class Hinge(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return y_true * y_pred


def annotated(width: int):
    return width


def of_tensors(x, width=2):
    return x * width


def of_nothing_known(path):
    return path


def module(**names):
    made = types.ModuleType(__name__)
    vars(made).update(names)
    return made


def names(made):
    return [found.name.partition(":")[2] for found in objects(made)]


def test_layers_losses_and_functions_of_tensors_are_found():
    offered = module(
        Own=Own,
        Hinge=Hinge,
        annotated=annotated,
        of_tensors=of_tensors,
        of_nothing_known=of_nothing_known,
        number=3,
    )

    assert names(offered) == ["Own", "Hinge", "annotated", "of_tensors"]
    assert [found.kind for found in objects(offered)] == [
        *("layer", "loss", "function", "function")
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        {"Dense": keras.layers.Dense},  # imported: somebody else's
        {"_Own": Own},
        {"NoCall": NoCall},
        {"Layer": keras.layers.Layer},
    ],
    ids=["imported", "private", "without a call", "the base"],
)
def test_what_is_not_meant_is_left_out(hidden):
    assert names(module(**hidden)) == []


def test_all_names_what_is_offered_imported_or_not():
    assert names(module(__all__=["Dense"], Dense=keras.layers.Dense, Own=Own)) == [
        "Dense"
    ]


def test_an_object_of_two_names_is_found_once():
    assert names(module(One=Own, Two=Own)) == ["One"]


def test_a_found_object_knows_where_it_is_written():
    (found,) = objects(module(Own=Own))
    file, line = found.place

    assert file == __file__
    assert "class Own" in Path(file).read_text("utf-8").splitlines()[line - 1]
