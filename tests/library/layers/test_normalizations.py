"""`GlobalResponseNormalization` and `FeatureModulation`: what their formulas do not say."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.layers import FeatureModulation, GlobalResponseNormalization
from multibackend.weights import seed_weights


def seeded(layer, shape):
    """The layer, built, with weights of which none is zero."""
    layer.build(shape)
    seed_weights(layer)
    return layer


def response(shape, **kwargs):
    kwargs.setdefault("data_format", "channels_last")
    return seeded(GlobalResponseNormalization(**kwargs), shape)


def numpy(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def test_a_fresh_response_is_the_identity(close):
    images = normal(2, 3, 4, 5, seed=1)
    layer = GlobalResponseNormalization(data_format="channels_last")
    close(layer(images), images, roundings=0)


def test_channels_of_one_norm_get_one_factor(close):
    images = array([[[[3.0, 0.0], [4.0, 5.0]]]])  # both norms are 5
    layer = response(images.shape)
    layer.set_weights([np.array([0.5, 0.5]), np.array([0.0, 1.0])])
    close(layer(images), 1.5 * images + [0.0, 1.0])


def test_a_response_does_not_change_with_the_size_of_the_inputs(close):
    images = normal(2, 3, 4, 5, seed=1)
    layer = response(images.shape)
    layer.beta.assign(np.zeros(5))
    small = keras.ops.convert_to_numpy(layer(images))
    close(layer(64 * images), 64 * small)


@pytest.mark.parametrize("fill", [0.0, np.nan, 1e30])
def test_masked_steps_leave_the_others_alone(fill, close):
    steps = normal(2, 5, 3, seed=1)
    layer = response(steps.shape)
    short = keras.ops.convert_to_numpy(layer(steps[:, :3]))
    mask = np.arange(5)[None, :] < np.array([[3], [3]])
    steps[:, 3:] = fill
    close(layer(steps, mask=mask)[:, :3], short)


def test_a_mask_of_the_first_axis_of_space_hides_whole_rows(close):
    images = normal(2, 4, 3, 5, seed=1)
    layer = response(images.shape)
    rows = np.array([[True, True, False, True], [True, False, False, False]])
    places = np.repeat(rows[:, :, None], 3, axis=2)
    close(
        layer(images, mask=rows),
        keras.ops.convert_to_numpy(layer(images, mask=places)),
        roundings=0,
    )


def test_what_is_silent_or_masked_has_finite_slopes():
    images = np.zeros((2, 3, 4, 5), "float32")
    images[0, ..., 1] = 1.0
    layer = response(images.shape)
    mask = np.array([[True] * 3, [False] * 3])
    slopes = grad(
        lambda x: keras.ops.sum(keras.ops.square(layer(x, mask=mask))),
        variables=layer.trainable_variables,
    )(images)
    of_images = grad(lambda x: keras.ops.sum(layer(x, mask=mask)))(images)
    for slope in [*slopes, of_images]:
        assert np.all(np.isfinite(keras.ops.convert_to_numpy(slope)))


@pytest.mark.parametrize(
    ("policy", "size"), [("float32", 1e4), ("mixed_float16", 1e3)], ids=["full", "half"]
)
def test_far_inputs_give_finite_outputs(policy, size):
    images = size * np.sign(normal(2, 16, 16, 3, seed=1))
    assert np.all(np.isfinite(numpy(response(images.shape, dtype=policy)(images))))
    condition = normal(2, 4, seed=2)
    layer = FeatureModulation(normalize=True, dtype=policy)
    layer = seeded(layer, [images.shape, condition.shape])
    assert np.all(np.isfinite(numpy(layer([images, condition]))))


@pytest.mark.parametrize(
    "shape", [(2, 5), (3, 4), (2, 4, 1)], ids=["steps", "batch", "rank"]
)
def test_a_mask_of_another_shape_is_refused(shape):
    layer = response((2, 4, 3))
    with pytest.raises(ValueError, match=r"`mask` of shape \(2, 4\), received"):
        layer(normal(2, 4, 3), mask=np.ones(shape, "bool"))


def test_a_fresh_modulation_is_the_identity(close):
    images, condition = normal(2, 3, 4, seed=1), normal(2, 5, seed=2)
    close(FeatureModulation()([images, condition]), images, roundings=0)


def test_a_fresh_adaptive_normalization_is_the_plain_one():
    steps, condition = normal(2, 3, 4, seed=1), normal(2, 5, seed=2)
    outputs = numpy(FeatureModulation(normalize=True)([steps, condition]))
    assert np.abs(outputs.mean(axis=-1)).max() < 1e-6
    assert np.abs(outputs.var(axis=-1) - 1).max() < 1e-4


def test_far_inputs_in_half_precision_are_normalized_all_the_same():
    # Their squares are beyond the range of float16.
    steps, condition = 1e3 * normal(2, 3, 4, seed=1), normal(2, 5, seed=2)
    layer = FeatureModulation(normalize=True, dtype="mixed_float16")
    outputs = numpy(layer([steps, condition]))
    assert np.abs(outputs.var(axis=-1) - 1).max() < 1e-2


def test_one_condition_for_all_steps_is_that_condition_at_every_step(close):
    steps, condition = normal(2, 3, 4, seed=1), normal(2, 5, seed=2)
    layer = seeded(FeatureModulation(), [steps.shape, condition.shape])
    every = np.repeat(condition[:, None], 3, axis=1)
    close(layer([steps, every]), keras.ops.convert_to_numpy(layer([steps, condition])))


def test_the_mask_of_the_features_is_handed_on():
    steps, condition = normal(2, 3, 4, seed=1), normal(2, 5, seed=2)
    steps[0, 1:] = 0
    masked = keras.layers.Masking()(keras.ops.convert_to_tensor(steps))
    outputs = FeatureModulation()([masked, keras.ops.convert_to_tensor(condition)])
    # The pooling averages over the one step that is left of the first row.
    pooled = numpy(keras.layers.GlobalAveragePooling1D()(outputs))
    assert np.abs(pooled[0] - steps[0, 0]).max() < 1e-6


def test_conditions_that_fit_no_row_or_step_are_refused():
    steps = normal(2, 3, 4)
    with pytest.raises(ValueError, match=r"Expected a condition of shape \(2, 'cond"):
        FeatureModulation()([steps, normal(1, 5)])
    with pytest.raises(ValueError, match=r"or \(2, 3, 'condition_dim'\), received"):
        FeatureModulation()([steps, normal(2, 2, 5)])
    with pytest.raises(ValueError, match=r"expects 2 input\(s\)"):
        FeatureModulation()(steps)


@pytest.mark.parametrize(
    "layer",
    [
        GlobalResponseNormalization(1e-3, "channels_first"),
        FeatureModulation(normalize=True, epsilon=1e-3),
    ],
    ids=["response", "modulation"],
)
def test_the_configuration_round_trip_keeps_every_argument(layer):
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()


def test_a_saved_model_of_two_inputs_gives_the_same(tmp_path, close):
    inputs = [normal(2, 3, 4, seed=1), normal(2, 5, seed=2)]
    symbols = [keras.Input((3, 4)), keras.Input((5,))]
    model = keras.Model(symbols, FeatureModulation(normalize=True)(symbols))
    seed_weights(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    close(loaded(inputs), keras.ops.convert_to_numpy(model(inputs)), roundings=0)
