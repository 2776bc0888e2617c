"""`MixtureOfExperts`: who goes where, who is dropped, and what an uneven use costs."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import mask, normal
from multibackend.layers import MixtureOfExperts
from multibackend.layers._routing import capacity, chosen_experts, places
from multibackend.weights import seed_weights


def numbers(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")).astype(float)


def seeded(inputs, *arguments, **keywords):
    layer = MixtureOfExperts(*arguments, **keywords)
    layer.build(inputs.shape)
    seed_weights(layer)
    return layer


def probabilities(layer, inputs):
    """Those of the router, in float64."""
    odds = np.exp(inputs.astype("float64") @ numbers(layer.router))
    return odds / odds.sum(axis=-1, keepdims=True)


def test_equally_likely_experts_are_taken_from_the_lowest_on():
    rows = np.array([[[0.25, 0.25, 0.25, 0.25], [0.1, 0.4, 0.1, 0.4]]], "float32")
    found = chosen_experts(keras.ops.convert_to_tensor(rows), 3)
    assert keras.ops.convert_to_numpy(found)[0].T.tolist() == [[0, 1, 2], [1, 3, 0]]


def test_first_choices_stand_before_second_ones_in_the_order_of_the_tokens():
    chosen = np.array([[[0, 0, 1, 0], [1, 1, 0, 1]]])  # (groups, k, tokens)
    choices = np.eye(2, dtype="int32")[chosen]
    choices[0, :, 1] = 0  # masked
    found = places(keras.ops.convert_to_tensor(choices))
    assert keras.ops.convert_to_numpy(found)[0].tolist() == [
        [0, -1, 0, 1],
        [1, -1, 2, 2],
    ]


@pytest.mark.parametrize(
    ("tokens", "k", "experts", "factor", "room"),
    [
        (6, 2, 4, 1.25, 4),
        (20, 1, 2, 1.1, 11),  # 1.1 * 20 / 2 is 11.000000000000002
        (6, 1, 4, 0.5, 1),
        (6, 2, 4, 100.0, 6),
        (6, 2, 4, None, 6),
        (1, 1, 8, 0.01, 1),
    ],
)
def test_the_room_of_an_expert_is_counted_in_whole_numbers(
    tokens, k, experts, factor, room
):
    assert capacity(tokens, k, experts, factor) == room
    # As a size that is known later only.
    tensor = keras.ops.convert_to_tensor(np.int32(tokens))
    assert int(keras.ops.convert_to_numpy(capacity(tensor, k, experts, factor))) == room


def test_with_every_expert_chosen_it_is_a_plain_mixture(close):
    inputs = normal(2, 3, 4, seed=1)
    layer = seeded(inputs, 3, 5, k=3, capacity_factor=None)
    shares = probabilities(layer, inputs)
    first, second = numbers(layer.hidden_kernel), numbers(layer.output_kernel)
    hidden = np.einsum("btd,edh->bteh", inputs.astype("float64"), first)
    hidden = np.maximum(hidden + numbers(layer.hidden_bias)[:, 0], 0)
    answers = np.einsum("bteh,ehd->bted", hidden, second)
    answers = answers + numbers(layer.output_bias)[:, 0]
    close(layer(inputs), np.einsum("bted,bte->btd", answers, shares))


def test_the_loss_is_the_weight_where_experts_are_used_evenly(close):
    inputs = np.zeros((2, 4, 3), "float32")
    layer = MixtureOfExperts(4, 5, k=4, balance_weight=0.5)
    layer(inputs)
    close(layer.losses[0], 0.5)


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("masked", [False, True])
def test_the_loss_is_that_of_the_formula(k, masked, close):
    inputs = normal(3, 5, 4, seed=1)
    keep = mask(3, 5, seed=2) if masked else np.ones((3, 5), bool)
    # Dropped tokens count as well.
    layer = seeded(inputs, 4, 6, k=k, capacity_factor=0.25, balance_weight=0.1)
    layer(inputs, mask=keep if masked else None)
    shares = probabilities(layer, inputs)[keep]
    chosen = np.argsort(-shares, axis=-1)[:, :k]
    falls = np.bincount(chosen.ravel(), minlength=4) / chosen.size
    close(layer.losses[0], 0.1 * 4 * np.sum(falls * shares.mean(axis=0)))


def test_without_a_weight_nothing_is_added():
    layer = MixtureOfExperts(4, 5, balance_weight=0.0)
    layer(normal(2, 3, 4, seed=1))
    assert layer.losses == []


def test_a_full_expert_adds_zero_to_the_tokens_that_come_later():
    inputs = np.broadcast_to(normal(1, 1, 4, seed=1), (1, 5, 4))
    layer = seeded(inputs, 2, 6, k=1, capacity_factor=0.8)  # room for two of five
    outputs = numbers(layer(inputs))[0]
    assert np.abs(outputs[:2]).min() > 0
    assert not np.any(outputs[2:])


def test_masked_tokens_take_no_room_and_get_zeros(close):
    inputs = np.broadcast_to(normal(1, 1, 4, seed=1), (1, 5, 4))
    layer = seeded(inputs, 2, 6, k=1, capacity_factor=0.8)
    keep = np.array([[False, True, False, True, True]])
    outputs = numbers(layer(inputs, mask=keep))[0]
    assert not np.any(outputs[[0, 2, 4]])
    close(keras.ops.cast(outputs[[1, 3]], "float32"), numbers(layer(inputs))[0, :2])


def test_samples_do_not_depend_on_each_other(close):
    inputs = normal(4, 6, 3, seed=1)
    layer = seeded(inputs, 3, 5, k=2, capacity_factor=0.75)
    alone = [numbers(layer(inputs[row : row + 1]))[0] for row in range(4)]
    close(layer(inputs), np.stack(alone))


def test_a_single_choice_still_teaches_the_router():
    inputs = normal(2, 5, 4, seed=1)
    layer = seeded(inputs, 3, 6, k=1)
    slopes = grad(lambda x: keras.ops.sum(layer(x) ** 2), variables=[layer.router])
    assert np.abs(numbers(slopes(inputs)[0])).max() > 1e-4


def test_each_expert_starts_as_a_dense_layer_of_its_own():
    layer = MixtureOfExperts(8, 96)
    layer.build((None, None, 32))
    limit = np.sqrt(6 / (32 + 96))  # Glorot's
    kernels = numbers(layer.hidden_kernel)
    assert kernels.shape == (8, 32, 96)
    assert 0.99 * limit < np.abs(kernels).max() <= limit * (1 + 1e-6)


def test_an_unknown_number_of_tokens_gives_the_same(close):
    inputs = normal(2, 6, 4, seed=1)
    layer = seeded(inputs, 4, 5, capacity_factor=0.5)
    symbol = keras.Input((None, 4))
    model = keras.Model(symbol, layer(symbol))
    assert model.output_shape == (None, None, 4)
    close(model.predict(inputs, verbose=0), numbers(layer(inputs)))


def test_training_evens_out_the_use():
    inputs = keras.Input((16, 4))
    layer = MixtureOfExperts(4, 8, k=1, balance_weight=1.0)
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.Adam(0.05), loss="mse")
    x = normal(8, 16, 4, mean=1.0, seed=1)
    model(x)
    before = float(numbers(layer.losses[0]))
    history = model.fit(x, 0 * x, epochs=30, verbose=0).history["loss"]
    model(x)
    assert np.isfinite(history).all()
    assert float(numbers(layer.losses[0])) < max(before, 1.05)


@pytest.mark.parametrize(
    ("dtype", "most"),
    [("float32", 1e4), ("mixed_float16", 1e3), ("mixed_bfloat16", 1e4)],
)
def test_extreme_tokens_route_without_nan(dtype, most):
    inputs = most * np.sign(normal(2, 5, 4, seed=1))
    layer = MixtureOfExperts(3, 5, dtype=dtype)
    outputs = layer(inputs)
    assert keras.backend.standardize_dtype(outputs.dtype) == layer.compute_dtype
    assert np.isfinite(numbers(outputs)).all()
    assert np.isfinite(float(numbers(layer.losses[0])))


def test_float64_stays_float64(float64):
    layer = MixtureOfExperts(3, 5)
    outputs = layer(normal(2, 5, 4, seed=1))
    assert keras.backend.standardize_dtype(outputs.dtype) == "float64"


def test_the_configuration_keeps_every_argument():
    layer = MixtureOfExperts(
        5, 6, k=3, capacity_factor=None, activation="gelu", balance_weight=0.2
    )
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is MixtureOfExperts
    assert copy.get_config() == layer.get_config()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="received k=5 and num_experts=4"):
        _ = MixtureOfExperts(4, 8, k=5)
    with pytest.raises(ValueError, match="`capacity_factor` to be a number at least"):
        _ = MixtureOfExperts(4, 8, capacity_factor=0.0)
    with pytest.raises(ValueError, match="min_ndim=3"):
        MixtureOfExperts(4, 8)(normal(5, 4))
    with pytest.raises(ValueError, match=r"Expected `mask` of shape \(2, 5\)"):
        MixtureOfExperts(4, 8)(normal(2, 5, 4), mask=np.ones((2, 4), bool))
