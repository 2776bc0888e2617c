"""Layers that tell positions: what a formula implies, and what is refused."""

import keras
import numpy as np
import pytest

from multibackend.inputs import normal, uniform
from multibackend.layers import (
    ALiBi,
    FourierFeatures,
    RotaryEmbedding,
    SinusoidalEncoding,
)

KINDS = [
    RotaryEmbedding(100.0, interleaved=True, axis=-2, name="mine"),
    SinusoidalEncoding(100.0, interleaved=False, name="mine"),
    FourierFeatures(3, 2.0, train_projection=True, seed=7, name="mine"),
    ALiBi(4.0, name="mine"),
]


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("interleaved", [False, True])
def test_the_product_of_turned_vectors_depends_on_their_distance_alone(interleaved):
    layer = RotaryEmbedding(interleaved=interleaved)
    query, key = normal(1, 1, 8, seed=1), normal(1, 1, 8, seed=2)

    def product(first, second):
        turned = layer(query, offset=first), layer(key, offset=second)
        return float(keras.ops.sum(turned[0] * turned[1]))

    for shift in (1, 10, 100):
        assert abs(product(5 + shift, 2 + shift) - product(5, 2)) < 1e-4
    assert abs(product(5, 3) - product(5, 2)) > 1e-2


@pytest.mark.parametrize("interleaved", [False, True])
def test_a_rotation_keeps_the_length_and_leaves_the_first_step(interleaved, close):
    x = normal(2, 5, 3, 8, seed=1)
    y = numbers(RotaryEmbedding(interleaved=interleaved)(x))
    close(np.linalg.norm(y, axis=-1), np.linalg.norm(x.astype("float64"), axis=-1))
    close(y[:, 0], x[:, 0], roundings=0)


def test_both_pairings_are_one_rotation_of_other_features(close):
    x = normal(2, 5, 8, seed=1)
    order = np.array([0, 2, 4, 6, 1, 3, 5, 7])
    halves = RotaryEmbedding()(x[..., order])
    neighbours = numbers(RotaryEmbedding(interleaved=True)(x))
    close(halves, neighbours[..., order], roundings=1)


@pytest.mark.parametrize("kind", [RotaryEmbedding, SinusoidalEncoding])
def test_an_offset_goes_on_where_the_steps_before_ended(kind, close):
    x = normal(2, 6, 8, seed=1)
    whole = numbers(kind()(x))
    close(kind()(x[:, 4:], offset=4), whole[:, 4:], roundings=2)
    offset = keras.ops.convert_to_tensor(np.array(4, "int64"))
    close(kind()(x[:, 4:], offset=offset), whole[:, 4:], roundings=2)
    rows = np.array([4, 0], "int32")
    by_row = numbers(kind()(x[:, :2], offset=keras.ops.convert_to_tensor(rows)))
    close(by_row[:1], kind_at(kind, x[:1, :2], 4), roundings=2)
    close(by_row[1:], whole[1:, :2], roundings=2)


def kind_at(kind, x, offset):
    return numbers(kind()(x, offset=offset))


def test_the_axis_of_the_steps_may_be_any_inner_one(close):
    x = normal(2, 5, 3, 8, seed=1)
    expected = np.swapaxes(numbers(RotaryEmbedding()(x)), 1, 2)
    close(RotaryEmbedding(axis=2)(np.swapaxes(x, 1, 2)), expected, roundings=0)
    close(RotaryEmbedding(axis=-2)(np.swapaxes(x, 1, 2)), expected, roundings=0)


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_half_precision_tells_far_positions_apart(half):
    layer = RotaryEmbedding(dtype=f"mixed_{half}")
    x = np.ones((1, 1, 2), "float32")
    for offset in (1000, 3001):  # bfloat16 has no number between 2992 and 3008
        y = layer(x, offset=offset)
        assert keras.backend.standardize_dtype(y.dtype) == half
        turn = np.exp(1j * offset) * (1 + 1j)
        found = numbers(keras.ops.cast(y, "float32"))[0, 0]
        eps = {"float16": 2**-10, "bfloat16": 2**-7}[half]
        assert np.abs(found - [turn.real, turn.imag]).max() < 4 * eps


def test_sines_and_cosines_alternate_or_stand_in_halves(close):
    x = np.zeros((1, 4, 6), "float32")
    alternate = numbers(SinusoidalEncoding()(x))
    halves = SinusoidalEncoding(interleaved=False)(x)
    close(halves, alternate[..., [0, 2, 4, 1, 3, 5]], roundings=0)
    np.testing.assert_array_equal(alternate[0, 0], [0, 1, 0, 1, 0, 1])


def test_a_seed_gives_the_same_projection_on_every_backend(close):
    layer = FourierFeatures(3, 2.0, seed=7)
    layer.build((None, 2))
    drawn = np.random.default_rng(7).normal(scale=2.0, size=(2, 3))
    close(layer.projection, drawn, roundings=1)
    assert layer.trainable_variables == []
    trained = FourierFeatures(3, seed=7, train_projection=True)
    trained.build((None, 2))
    assert len(trained.trainable_variables) == 1


def test_without_a_seed_projections_differ_and_follow_the_global_one():
    def drawn():
        layer = FourierFeatures(3)
        layer.build((None, 2))
        return layer.projection.numpy()

    keras.utils.set_random_seed(1)
    first, second = drawn(), drawn()
    keras.utils.set_random_seed(1)
    assert np.array_equal(drawn(), first)
    assert not np.array_equal(first, second)


def test_the_products_of_many_features_are_a_gaussian_kernel():
    points = uniform(6, 2, low=-1.0, high=1.0, seed=1)
    y = numbers(FourierFeatures(20_000, 0.3, seed=1)(points))
    gaps = points[:, None] - points[None]
    kernel = np.exp(-2 * np.pi**2 * 0.3**2 * np.sum(gaps**2, axis=-1))
    # each mean of 20000 cosines has a standard error of at most 1 / sqrt(20000)
    assert np.abs(y @ y.T / 20_000 - kernel).max() < 5 / np.sqrt(20_000)


def test_a_saved_model_keeps_its_projection(tmp_path, close):
    x = uniform(4, 3, seed=1)
    model = keras.Sequential([keras.Input((3,)), FourierFeatures(4)])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    close(loaded(x), numbers(model(x)), roundings=0)


def test_the_slopes_of_eight_heads_are_those_of_the_paper():
    y = numbers(ALiBi()(np.zeros((1, 8, 2, 2), "float32")))
    assert y[0, :, 1, 0].tolist() == [-(2.0**-h) for h in range(1, 9)]
    assert not np.any(np.diagonal(y, axis1=2, axis2=3))


def test_queries_stand_at_the_last_keys_unless_an_offset_says_more(close):
    scores = normal(2, 4, 5, 5, seed=1)
    whole = numbers(ALiBi()(scores))
    close(ALiBi()(scores[:, :, 3:]), whole[:, :, 3:], roundings=0)
    close(ALiBi()(scores[:, :, 1:3], offset=1), whole[:, :, 1:3], roundings=0)


@pytest.mark.parametrize("layer", KINDS, ids=lambda layer: type(layer).__name__)
def test_the_configuration_holds_every_argument(layer):
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()


@pytest.mark.parametrize("kind", [RotaryEmbedding, SinusoidalEncoding])
def test_the_length_may_be_unknown(kind, close):
    inputs = keras.Input((None, 8))
    model = keras.Model(inputs, kind()(inputs))
    x = normal(2, 5, 8, seed=1)
    assert model.output_shape == (None, None, 8)
    close(model(x), numbers(kind()(x)), roundings=1)


@pytest.mark.parametrize("value", [1.0, -2, float("nan"), "10", None])
def test_a_wavelength_that_is_not_above_one_is_refused(value):
    with pytest.raises(ValueError, match="`max_wavelength` to be a number above 1"):
        _ = RotaryEmbedding(value)


def test_features_that_make_no_pairs_are_refused():
    with pytest.raises(ValueError, match="to be even, received 7"):
        RotaryEmbedding()(normal(2, 5, 7))


@pytest.mark.parametrize("axis", [0, 2, -1, -3, 5])
def test_an_axis_that_cannot_hold_the_steps_is_refused(axis):
    with pytest.raises(ValueError, match=f"received axis={axis} and inputs of shape"):
        RotaryEmbedding(axis=axis)(normal(2, 5, 8))


@pytest.mark.parametrize("offset", [0.5, True, "1", np.zeros(3, "int32")])
def test_an_offset_that_is_no_position_is_refused(offset):
    with pytest.raises(ValueError, match="Expected `offset` to be an integer"):
        RotaryEmbedding()(normal(2, 5, 8), offset=offset)
