"""`layout` on one backend: the other image layout, and layers that get it wrong."""

import keras
import pytest

from multibackend.inputs import normal
from multibackend.parity.cases.case import Case
from multibackend.parity.checks import layout
from multibackend.parity.run.once import build


class Shifted(keras.layers.ZeroPadding2D):
    """Pads, and adds one in one of the two layouts."""

    def call(self, inputs):
        outputs = super().call(inputs)
        return outputs + 1 if self.data_format == "channels_first" else outputs


class Deaf(keras.layers.Layer):
    """Sums over space, with the axes of channels last whatever it is set to."""

    def __init__(self, data_format="channels_last", **given):
        super().__init__(**given)
        self.data_format = data_format

    def call(self, inputs):
        return keras.ops.sum(inputs, axis=(1, 2))

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


@pytest.mark.parametrize(
    "make",
    [
        lambda: (keras.layers.ZeroPadding2D(1), normal(2, 4, 5, 3)),
        lambda: (keras.layers.UpSampling2D(2), normal(2, 4, 5, 3)),
        lambda: (keras.layers.Flatten(), normal(2, 4, 5, 3)),
        lambda: (keras.layers.GlobalMaxPooling2D(), normal(2, 4, 5, 3)),
        lambda: (keras.layers.GlobalMaxPooling1D(keepdims=True), normal(2, 4, 3)),
        lambda: (keras.layers.Conv2D(2, 3, use_bias=False), normal(2, 5, 6, 3)),
    ],
    ids=[
        "padding",
        "upsampling",
        "flatten",
        "global pooling",
        "kept dimensions",
        "convolution",
    ],
)
def test_a_clean_layer_gives_the_same_in_both_layouts(make, broken):
    assert broken("layout", make) == {}


def test_a_recurrent_layer_keeps_its_time_steps_in_front(broken):
    """Channels first is `(batch, steps, channels, rows, columns)` there."""

    def make(*, sequences):
        layer = keras.layers.ConvLSTM2D(2, 3, return_sequences=sequences)
        return lambda: (layer, normal(2, 3, 6, 7, 2))

    assert broken("layout", make(sequences=True)) == {}
    assert broken("layout", make(sequences=False)) == {}


@pytest.mark.parametrize("layer", [lambda: Shifted(1), Deaf], ids=["added", "axes"])
def test_a_layer_that_computes_something_else_in_one_layout_is_found(layer, broken):
    assert broken("layout", lambda: (layer(), normal(2, 4, 5, 3)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: (keras.layers.Dense(2), normal(2, 4, 5, 3)),
        lambda: (keras.layers.Flatten(), normal(2, 4)),
        lambda: (keras.layers.Add(), [normal(2, 4), normal(2, 4)]),
        lambda: (
            keras.layers.ZeroPadding2D(1, data_format="channels_first"),
            normal(2, 3, 4, 5),
        ),
    ],
    ids=["no images", "no space", "two inputs", "channels first"],
)
def test_layers_without_an_image_layout_are_not_asked(make):
    assert not layout.applies(build(Case("case", make, "", 0)))
