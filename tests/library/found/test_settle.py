"""Objects built and called by guessing: the same way each time, or a reason."""

import keras
import numpy as np
import pytest

from multibackend.errors import NotBuiltError
from multibackend.inputs import Working, working
from multibackend.parity.cases.found.objects import Found, Kind, objects
from multibackend.parity.cases.found.settle import Settled


class Scaled(keras.layers.Layer):
    """Scales.

    Args:
        sharpness: Float, how sharp.
        fashion: Integer, how fashionable.
    """

    def __init__(self, units, sharpness, fashion, flag: bool):
        super().__init__()
        self.told = (units, sharpness, fashion, flag)

    def call(self, inputs):
        return inputs * 2


class Picky(keras.layers.Layer):
    """Takes images with three channels alone."""

    calls = 0

    def call(self, inputs):
        type(self).calls += 1
        if len(inputs.shape) != 4:
            message = "images only"
            raise ValueError(message)
        return inputs


class Odd(keras.layers.Layer):
    def __init__(self, gizmo):
        super().__init__()

    def call(self, inputs):
        return inputs


class Many(keras.layers.Layer):
    """Its default does not do for a few features."""

    def __init__(self, groups=32):
        super().__init__()
        self.groups = groups

    def call(self, inputs):
        if inputs.shape[-1] % self.groups:
            message = "groups must divide the channels"
            raise ValueError(message)
        return inputs


def maker(cls, kind: Kind = "layer"):
    return Settled(Found(f"mine:{cls.__name__}", kind, cls))


def test_names_hints_and_docstrings_tell_the_arguments():
    layer, _ = maker(Scaled)()

    assert layer.told == (4, 0.5, 4, False)


def test_what_another_backend_took_is_taken_whether_it_goes_or_not():
    make = maker(Picky)
    arguments, inputs = make.search()

    make.take((arguments, 0))
    layer, given = make()
    with pytest.raises(ValueError, match="images only"):
        layer(*given.args)

    make.take((arguments, inputs))
    layer, given = make()
    assert layer(*given.args).shape == given.args[0].shape


def test_the_first_inputs_that_go_are_kept():
    make = maker(Picky)
    _, given = make()
    before = Picky.calls
    _, again = make()

    assert given.args[0].ndim == 4
    np.testing.assert_array_equal(again.args[0], given.args[0])
    assert Picky.calls == before  # the search is over


def test_inputs_come_in_the_dtype_that_is_asked_for():
    make = maker(Picky)
    make()
    with working(Working("float64")):
        _, given = make()

    assert given.args[0].dtype == "float64"


def test_a_default_that_is_too_large_is_made_smaller():
    layer, _ = maker(Many)()

    assert layer.groups == 1


def test_what_cannot_be_built_says_how_it_is_called_and_why():
    with pytest.raises(NotBuiltError, match=r"Odd\(gizmo\): nothing tells .* 'gizmo'"):
        maker(Odd)()


def test_what_fails_on_all_inputs_tells_the_first_failure():
    class Broken(keras.layers.Layer):
        def call(self, inputs):
            message = "broken inside"
            raise RuntimeError(message)

    with pytest.raises(NotBuiltError, match="broken inside"):
        maker(Broken)()


@pytest.mark.parametrize(
    ("returned", "told"),
    [(lambda x: x * float("nan"), "not finite"), (lambda x: None, "nothing")],
    ids=["not finite", "nothing"],
)
def test_what_yields_no_numbers_is_not_built(returned, told):
    class Empty(keras.layers.Layer):
        def call(self, inputs):
            return returned(inputs)

    with pytest.raises(NotBuiltError, match=told):
        maker(Empty)()


def test_a_metric_gets_batches_and_an_optimizer_nothing():
    metric, batches = maker(keras.metrics.MeanSquaredError, "metric")()
    optimizer = maker(keras.optimizers.Adam, "optimizer")()

    assert isinstance(metric, keras.metrics.Metric)
    assert len(batches) == 1
    assert isinstance(optimizer, keras.optimizers.Adam)


@pytest.mark.filterwarnings("ignore")  # Keras' own, of its metrics on JAX
@pytest.mark.parametrize("room", ["layers", "losses", "metrics", "optimizers"])
def test_nine_of_ten_of_keras_own_classes_are_built(room):
    """Without a hint of ours: nobody wrote them for this."""
    every = [f for f in objects(getattr(keras, room)) if f.kind != "function"]
    failed = []
    for found in every:
        try:
            Settled(found)()
        except NotBuiltError as error:
            failed.append(f"{found.name}: {error}")

    assert len(every) > 10
    assert len(failed) <= len(every) / 10, "\n".join(failed)


def read(words):
    if not isinstance(words, np.ndarray):
        message = "words only"
        raise TypeError(message)
    return keras.ops.ones([len(words)])


def test_what_takes_text_alone_is_told_so():
    settled = Settled(Found("mine:read", "function", read))

    with pytest.raises(
        NotBuiltError, match="it takes text, and a record holds numbers"
    ):
        settled()
