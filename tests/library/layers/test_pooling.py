"""Masked poolings: what a mask hides, empty rows, and the limits of the exponent."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal, uniform
from multibackend.layers import (
    GeneralizedMeanPooling,
    MaskedMaxPooling,
    MaskedMeanPooling,
)


def powers(**kwargs):
    return GeneralizedMeanPooling(data_format="channels_last", **kwargs)


LAYERS = [MaskedMeanPooling, MaskedMaxPooling, powers]
MASK = np.array([[True, True, False, True], [False] * 4])


def plain(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("hidden", [np.nan, np.inf, -np.inf])
def test_what_stands_at_masked_steps_never_shows(make, hidden, close):
    x = uniform(2, 4, 3, low=0.5, high=2.0, seed=1)
    dirty = np.where(MASK[:, :, None], x, np.float32(hidden))
    layer = make()
    close(layer(dirty, mask=MASK), plain(layer(x, mask=MASK)), roundings=0)
    slope = plain(grad(lambda x: keras.ops.sum(layer(x, mask=MASK)))(dirty))
    assert np.isfinite(slope).all()
    assert not slope[~MASK].any()


@pytest.mark.parametrize("make", LAYERS)
def test_a_row_without_any_step_gives_zeros_and_zero_gradients(make, close):
    x = normal(2, 4, 3, seed=1)
    layer = make()
    outputs = plain(layer(x, mask=MASK))
    assert not outputs[1].any()
    if layer.trainable_variables:
        slopes = grad(
            lambda x: keras.ops.sum(layer(x, mask=MASK) ** 2),
            variables=layer.trainable_variables,
        )(x)
        assert all(np.isfinite(plain(slope)).all() for slope in slopes)
    slope = plain(grad(lambda x: keras.ops.sum(layer(x, mask=MASK) ** 2))(x))
    assert np.isfinite(slope).all()
    assert not slope[1].any()


@pytest.mark.parametrize("make", LAYERS)
def test_a_mask_of_all_steps_is_no_mask(make, close):
    x = normal(2, 4, 3, seed=1)
    layer = make()
    close(layer(x, mask=np.ones((2, 4), bool)), plain(layer(x)), roundings=4)


@pytest.mark.parametrize("make", LAYERS)
def test_a_mask_arrives_from_the_layer_before_and_ends(make, close):
    x = uniform(2, 4, 3, low=0.5, high=2.0, seed=1)
    x[0, 2] = 0
    layer = make()
    masked = keras.layers.Masking()(keras.ops.convert_to_tensor(x))
    outputs = layer(masked)
    kept = np.any(x != 0, axis=-1)
    close(outputs, plain(layer(x, mask=kept)), roundings=0)
    assert getattr(outputs, "_keras_mask", None) is None


@pytest.mark.parametrize("make", LAYERS)
def test_half_precision_does_not_overflow_in_sums(make):
    x = np.full((1, 64, 2), 6e4, "float32")  # the sum is far beyond float16
    for mask in (None, np.ones((1, 64), bool)):
        outputs = make(dtype="mixed_float16")(x, mask=mask)
        assert keras.backend.standardize_dtype(outputs.dtype) == "float16"
        assert np.abs(plain(outputs) / 6e4 - 1).max() < 2e-3


@pytest.mark.parametrize("make", [MaskedMeanPooling, MaskedMaxPooling])
def test_any_number_of_feature_axes_is_kept(make):
    layer = make()
    assert keras.ops.shape(layer(normal(2, 4, 3, 5), mask=MASK)) == (2, 3, 5)
    assert layer(keras.Input((None, 3, 5))).shape == (None, 3, 5)


def test_the_mean_and_the_maximum_by_hand(close):
    x = array([[[1.0, -3.0], [5.0, -1.0], [9.0, 9.0]]])
    mask = np.array([[True, True, False]])
    close(MaskedMeanPooling()(x, mask=mask), [[3.0, -2.0]], roundings=0)
    close(MaskedMaxPooling()(x, mask=mask), [[5.0, -1.0]], roundings=0)


def test_steps_that_share_the_maximum_share_its_gradient(close):
    x = array([[[2.0], [2.0], [1.0], [2.0]]])
    slope = grad(lambda x: keras.ops.sum(MaskedMaxPooling()(x, mask=MASK[:1])))(x)
    close(slope, [[[1 / 3], [1 / 3], [0.0], [1 / 3]]])


def test_an_exponent_of_one_is_the_mean_and_a_large_one_the_maximum(close):
    x = uniform(2, 4, 3, low=0.5, high=2.0, seed=1)
    mean = GeneralizedMeanPooling(p=1.0, data_format="channels_last")
    close(mean(x), x.astype("float64").mean(axis=1))
    most = GeneralizedMeanPooling(p=1e4, data_format="channels_last")
    assert np.abs(plain(most(x)) / x.max(axis=1) - 1).max() < 2e-4


def test_a_single_place_is_its_own_mean_whatever_the_exponent(close):
    x = uniform(2, 1, 3, low=0.5, high=2.0, seed=1)
    for p in (0.5, 3.0, 60.0):
        layer = GeneralizedMeanPooling(p=p, data_format="channels_last")
        close(layer(x), x[:, 0])
        slopes = grad(
            lambda x, layer=layer: keras.ops.sum(layer(x)),
            variables=layer.trainable_variables,
        )(x)
        close(slopes[0], [0.0])


def test_a_row_with_a_single_step_gives_that_step(close):
    x = uniform(1, 4, 3, low=0.5, high=2.0, seed=2)
    mask = np.array([[False, False, True, False]])
    for make in LAYERS:
        close(make()(x, mask=mask), x[:, 2])


@pytest.mark.parametrize("p", [0.5, 3.0, 60.0])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_no_power_overflows_or_vanishes(p, scale):
    x = uniform(2, 4, 3, low=0.5, high=2.0, seed=1) * np.float32(scale)
    layer = GeneralizedMeanPooling(p=p, data_format="channels_last")
    expected = np.mean((x / scale).astype("float64") ** p, axis=1) ** (1 / p) * scale
    assert np.abs(plain(layer(x)) / expected - 1).max() < 1e-5
    slopes = grad(
        lambda x: keras.ops.sum(layer(x)), variables=layer.trainable_variables
    )(x)
    assert all(np.isfinite(plain(slope)).all() for slope in slopes)


def test_large_and_negative_values_stay_finite():
    for dtype, size in (("float32", 1e4), ("mixed_float16", 1e3)):
        x = array([[[size, -size], [-size, -size]]]).astype("float32")
        layer = GeneralizedMeanPooling(dtype=dtype, data_format="channels_last")
        assert np.isfinite(plain(layer(x))).all()
        slopes = grad(
            lambda x, layer=layer: keras.ops.sum(
                keras.ops.cast(layer(x), "float32")  # the sum is no part of the layer
            ),
            variables=layer.trainable_variables,
        )(x)
        assert all(np.isfinite(plain(slope)).all() for slope in slopes)


def test_a_mask_of_rows_is_a_mask_of_all_their_places(close):
    x = uniform(2, 4, 5, 3, low=0.5, high=2.0, seed=1)
    layer = GeneralizedMeanPooling(data_format="channels_last")
    whole = np.broadcast_to(MASK[:, :, None], (2, 4, 5))
    close(layer(x, mask=MASK), plain(layer(x, mask=whole)), roundings=0)


def test_the_exponent_is_trained_and_may_be_one_a_channel():
    layer = GeneralizedMeanPooling(per_channel=True, data_format="channels_first")
    layer.build((None, 3, None, None))
    assert [(w.name, tuple(w.shape)) for w in layer.trainable_weights] == [("p", (3,))]
    fixed = GeneralizedMeanPooling(trainable=False)
    fixed.build((None, 4, 3))
    assert fixed.trainable_weights == []


def test_the_configuration_round_trip_keeps_every_argument():
    layer = GeneralizedMeanPooling(
        p=2.5,
        per_channel=True,
        epsilon=1e-3,
        data_format="channels_first",
        name="mine",
    )
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is GeneralizedMeanPooling
    assert copy.get_config() == layer.get_config()
    assert copy.initial_p == 2.5
    assert copy.epsilon == 1e-3


def test_arguments_and_masks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="`p` to be a number above 0, received 0"):
        _ = GeneralizedMeanPooling(p=0)
    with pytest.raises(ValueError, match="`epsilon` to be a number above 0"):
        _ = GeneralizedMeanPooling(epsilon=-1.0)
    with pytest.raises(ValueError, match="`per_channel` to be True or False"):
        _ = GeneralizedMeanPooling(per_channel=1)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"received shape \(None, 4, None\)"):
        GeneralizedMeanPooling(per_channel=True, data_format="channels_last").build(
            (None, 4, None)
        )
    for make in LAYERS:
        with pytest.raises(ValueError, match=r"of shape \(2, 4\), received \(2, 3\)"):
            make()(normal(2, 4, 3), mask=np.ones((2, 3), bool))
        with pytest.raises(ValueError, match="min_ndim=3"):
            make()(normal(2, 4))
