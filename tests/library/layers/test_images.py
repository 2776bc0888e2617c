"""Layers of images: what they must keep, exact values by hand, and both layouts."""

import keras
import numpy as np
import pytest

from multibackend.inputs import array, normal
from multibackend.layers import (
    BlurPool,
    PatchEmbedding,
    PixelShuffle,
    PixelUnshuffle,
    SqueezeExcitation,
)
from multibackend.weights import seed_weights

#: One of each, by the layout.
MAKERS = {
    "PixelShuffle": lambda layout: PixelShuffle(2, data_format=layout),
    "PixelUnshuffle": lambda layout: PixelUnshuffle(2, data_format=layout),
    "BlurPool": lambda layout: BlurPool(data_format=layout),
    "SqueezeExcitation": lambda layout: SqueezeExcitation(2, data_format=layout),
    "PatchEmbedding": lambda layout: PatchEmbedding(2, 5, data_format=layout),
}


def plain(x):
    return keras.ops.convert_to_numpy(x)


def seeded(layer, inputs):
    layer.build(inputs.shape)
    seed_weights(layer)
    return layer


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_unshuffling_turns_shuffling_back(layout, close):
    x = normal(2, 6, 12, 18, seed=1)
    shuffle = PixelShuffle(3, data_format=layout)
    unshuffle = PixelUnshuffle(3, data_format=layout)
    if layout == "channels_first":
        x = normal(2, 18, 6, 12, seed=1)
    close(unshuffle(shuffle(x)), x, roundings=0)
    close(shuffle(unshuffle(x)), x, roundings=0)


@pytest.mark.parametrize("layer", [PixelShuffle, PixelUnshuffle])
def test_whole_numbers_stay_whole(layer):
    x = np.arange(2 * 4 * 4 * 4, dtype="int32").reshape(2, 4, 4, 4)
    outputs = plain(layer(2, data_format="channels_last")(x))
    assert outputs.dtype == np.int32
    assert sorted(outputs.ravel()) == list(range(x.size))


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("name", MAKERS)
def test_a_model_of_unknown_height_and_width_takes_any(name, layout, close):
    last = layout == "channels_last"
    symbol = keras.Input((None, None, 4) if last else (4, None, None))
    layer = MAKERS[name](layout)
    model = keras.Model(symbol, layer(symbol))
    for shape in ((2, 4, 6, 4), (1, 8, 2, 4)):
        x = normal(*shape, seed=1) if last else normal(shape[0], 4, *shape[1:3], seed=1)
        outputs = plain(layer(x))
        assert layer.compute_output_shape(x.shape) == outputs.shape
        close(model(x), outputs, roundings=0)
        close(model.predict(x, verbose=0), outputs, roundings=4)


def test_a_patch_is_projected_as_a_convolution_with_its_stride_does(close):
    x = normal(2, 6, 8, 3, seed=1)
    layer = seeded(PatchEmbedding((3, 2), 5, data_format="channels_last"), x)
    twin = keras.layers.Conv2D(5, (3, 2), strides=(3, 2), data_format="channels_last")
    twin.build(x.shape)
    twin.set_weights(layer.get_weights())
    close(layer(x), plain(twin(x)).reshape(2, -1, 5))


def test_the_order_of_patches_is_row_by_row_in_both_layouts(close):
    x = array(np.arange(16.0).reshape(1, 4, 4, 1))
    for layout in ("channels_last", "channels_first"):
        given = x if layout == "channels_last" else x.transpose(0, 3, 1, 2)
        layer = PatchEmbedding(2, 1, use_bias=False, data_format=layout)
        layer.build(given.shape)
        layer.set_weights([np.array([1.0, 0, 0, 0]).reshape(2, 2, 1, 1)])
        close(layer(given)[0, :, 0], [0.0, 2.0, 8.0, 10.0], roundings=0)


def test_zero_weights_open_every_gate_by_half(close):
    x = normal(2, 3, 4, 8, seed=1)
    layer = SqueezeExcitation(4, data_format="channels_last")
    layer.build(x.shape)
    layer.set_weights([np.zeros(w.shape) for w in layer.weights])
    close(layer(x), x / 2)


def test_a_gate_depends_on_the_means_alone(close):
    x = normal(2, 12, 8, seed=1)
    layer = seeded(SqueezeExcitation(2, data_format="channels_last"), x)
    order = np.random.default_rng(1).permutation(12)
    close(layer(x[:, order]), plain(layer(x))[:, order])


def test_the_ratio_leaves_at_least_one_channel():
    layer = SqueezeExcitation(16, data_format="channels_first", use_bias=False)
    layer.build((None, 3, None, None))
    assert [(w.name, tuple(w.shape)) for w in layer.weights] == [
        ("squeeze_kernel", (3, 1)),
        ("excite_kernel", (1, 3)),
    ]


def test_the_mean_of_half_precision_does_not_overflow(close):
    x = np.full((1, 32, 32, 2), 1e3, "float32")
    layer = seeded(
        SqueezeExcitation(2, data_format="channels_last", dtype="mixed_float16"), x
    )
    wide = SqueezeExcitation(2, data_format="channels_last")
    wide.build(x.shape)
    wide.set_weights(layer.get_weights())
    outputs = plain(layer(x)).astype("float32")
    assert np.isfinite(outputs).all()
    assert np.abs(outputs - plain(wide(x))).max() <= 1e3 * 2**-8


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_a_constant_image_stays_constant_under_mirrored_edges(kernel_size, strides):
    layer = BlurPool(kernel_size, strides=strides, data_format="channels_last")
    outputs = plain(layer(np.full((1, 7, 8, 2), 3.0, "float32")))
    assert outputs.shape == (1, -(-7 // strides), -(-8 // strides), 2)
    assert (outputs == 3.0).all()


def test_zeros_beyond_the_edges_darken_them(close):
    ones = np.ones((1, 4, 1), "float32")
    layer = BlurPool(strides=1, padding="zeros", data_format="channels_last")
    close(layer(ones)[0, :, 0], [0.75, 1.0, 1.0, 0.75], roundings=0)


def test_a_finest_pattern_is_smoothed_away():
    x = np.tile(np.array([1.0, -1.0], "float32"), 4).reshape(1, 8, 1)
    assert not plain(BlurPool(data_format="channels_last")(x)).any()


def test_a_shift_by_the_stride_shifts_the_outputs(close):
    # Whole numbers, whose sums by sixteenths are exact in every order.
    x = np.random.default_rng(1).integers(-9, 10, (1, 18, 2)).astype("float32")
    layer = BlurPool(5, data_format="channels_last")
    close(layer(x[:, 2:])[:, 2:-2], plain(layer(x))[:, 3:-2], roundings=0)


def test_whole_numbers_are_smoothed_as_floats(close):
    x = np.arange(8).reshape(1, 8, 1)
    close(BlurPool(data_format="channels_last")(x)[0, :, 0], [0.5, 2, 4, 6])


@pytest.mark.parametrize(
    "layer",
    [
        PatchEmbedding((3, 2), 5, use_bias=False, data_format="channels_first"),
        SqueezeExcitation(
            4,
            activation="silu",
            gate_activation="hard_sigmoid",
            use_bias=False,
            data_format="channels_first",
        ),
        PixelShuffle(3, data_format="channels_first"),
        PixelUnshuffle(3, data_format="channels_first"),
        BlurPool(5, strides=3, padding="zeros", data_format="channels_first"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_configuration_round_trip_keeps_every_argument(layer):
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()
    assert copy.data_format == "channels_first"


def test_the_layout_is_that_of_the_configuration_if_none_is_named():
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        assert BlurPool().data_format == "channels_first"
    finally:
        keras.config.set_image_data_format(before)


#: What must be refused, by what the message says.
REFUSED = {
    "`patch_size` to be a positive integer or two": lambda: PatchEmbedding(0, 5),
    r"received \(2, True\)": lambda: PatchEmbedding((2, True), 5),
    r"of \(2, 2\), received an": lambda: PatchEmbedding(2, 5)(normal(1, 5, 4, 3)),
    "`ratio` to be a positive integer, received 0": lambda: SqueezeExcitation(0),
    "a multiple of 4, received 6": lambda: PixelShuffle(2)(normal(1, 2, 2, 6)),
    r"multiples of 2.*\(3, 2\)": lambda: PixelUnshuffle(2)(normal(1, 3, 2, 6)),
    "one of 'reflect', 'zeros', received": lambda: BlurPool(padding="same"),
    "at least 3 places along axis 1": lambda: BlurPool(5)(normal(1, 2, 5, 3)),
    "`data_format` to be one of": lambda: BlurPool(data_format="last"),
    "min_ndim=3": lambda: BlurPool()(normal(3, 4)),
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_does_not_fit_is_refused(told):
    with pytest.raises(ValueError, match=told):
        _ = REFUSED[told]()
