"""`DropPath`, `GaussianSampling` and `GumbelSoftmax`: what they draw, and their slopes."""

import math

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.layers import DropPath, GaussianSampling, GumbelSoftmax

HALVES = ["float16", "bfloat16"]


def numbers(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def advances(layer):
    """Whether a call in training moves the seed on."""
    return keras.ops.convert_to_numpy(layer.seed_generator.state.value).tolist()


def test_a_sample_is_dropped_whole_or_scaled_whole(close):
    inputs = normal(500, 2, 3, seed=1)
    outputs = numbers(DropPath(0.2, seed=1)(inputs, training=True))
    dropped = np.all(outputs == 0, axis=(1, 2))
    # 500 draws at 0.2: five standard errors
    assert abs(dropped.mean() - 0.2) < 5 * np.sqrt(0.16 / 500)
    close(outputs[~dropped], inputs[~dropped].astype("float64") / 0.8)


def test_a_dropped_sample_has_no_slope_whatever_it_holds():
    inputs = np.full((64, 2), np.inf, "float32")
    layer = DropPath(0.5, seed=1)
    slope = numbers(
        grad(lambda x: keras.ops.sum(layer(x, training=True) * 0.5))(inputs)
    )
    assert set(slope.ravel().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("training", [False, True])
def test_a_rate_of_zero_changes_nothing_and_draws_nothing(training, close):
    layer, inputs = DropPath(0.0), normal(4, 3, seed=1)
    before = advances(layer)
    close(layer(inputs, training=training), inputs, roundings=0)
    assert advances(layer) == before


def test_equal_seeds_drop_the_same_and_the_next_call_drops_others():
    inputs = np.ones((64, 1), "float32")
    one, other = DropPath(0.5, seed=3), DropPath(0.5, seed=3)
    first = numbers(one(inputs, training=True))
    assert np.array_equal(first, numbers(other(inputs, training=True)))
    assert not np.array_equal(first, numbers(one(inputs, training=True)))


def test_small_rates_are_kept_in_half_precision():
    # float16 numbers near 1 are 0.0005 apart.
    layer = DropPath(1e-4, seed=1, dtype="mixed_float16")
    outputs = numbers(layer(np.ones((20_000, 1), "float32"), training=True))
    assert np.mean(outputs == 0) < 6e-4


def test_draws_have_the_moments_asked_for():
    mean, spread = np.array([1.0, -2.0], "float32"), np.array([0.0, 2.0], "float32")
    shape = (20_000, 2)
    inputs = [np.broadcast_to(x, shape) for x in (mean, spread)]
    drawn = numbers(GaussianSampling(seed=1)(inputs, training=True))
    deviation = np.exp(spread / 2)
    assert np.all(np.abs(drawn.mean(axis=0) - mean) < 5 * deviation / np.sqrt(20_000))
    assert np.all(np.abs(drawn.std(axis=0) / deviation - 1) < 5 / np.sqrt(40_000))


def test_slopes_reach_mean_and_variance_through_the_draw(close):
    mean, spread = normal(4, 3, seed=1), normal(4, 3, seed=2)

    def drawn(mean, spread):
        return GaussianSampling(seed=1)([mean, spread], training=True)

    of_mean, of_spread = grad(lambda *x: keras.ops.sum(drawn(*x)), (0, 1))(mean, spread)
    close(of_mean, np.ones((4, 3)), roundings=0)
    close(of_spread, 0.5 * (numbers(drawn(mean, spread)).astype("float64") - mean))


@pytest.mark.parametrize("training", [False, True])
def test_the_divergence_is_added_in_training_and_at_inference(training, close):
    # (4 + 1 - 1 - 0) / 2 for each of three numbers
    layer = GaussianSampling(kl_weight=0.1)
    inputs = [np.full((5, 3), 2.0, "float32"), np.zeros((5, 3), "float32")]
    _ = layer(inputs, training=training)
    assert len(layer.losses) == 1
    close(layer.losses[0], 0.6)
    _ = layer(inputs, training=training)
    assert len(layer.losses) == 1


def test_masked_steps_add_no_divergence_and_the_mask_goes_on(close):
    mean, spread = normal(2, 3, 2, seed=1), normal(2, 3, 2, seed=2)
    mask = np.array([[True, True, False], [True, False, False]])
    layer = GaussianSampling(kl_weight=1.0)
    _ = layer([mean, spread], mask=mask)
    wide, broad = mean.astype("float64"), spread.astype("float64")
    each = 0.5 * (wide**2 + np.exp(broad) - 1 - broad) * mask[..., None]
    close(layer.losses[0], each.sum() / 2)
    other = np.array([[True, False, True], [True, True, True]])
    found = layer.compute_mask([mean, spread], [mask, other])
    assert np.array_equal(keras.ops.convert_to_numpy(found), mask & other)


def test_large_moments_of_half_precision_give_a_finite_divergence():
    layer = GaussianSampling(kl_weight=1.0, dtype="mixed_float16")
    # 1000 ** 2 is beyond float16.
    outputs = layer(
        [array([[1000.0, -1000.0]]), array([[-1000.0, 10.0]])], training=True
    )
    assert np.isfinite(numbers(outputs)).all()
    assert np.isfinite(float(numbers(layer.losses[0])))


def test_the_divergence_keeps_its_digits_near_a_variance_of_one():
    layer = GaussianSampling()
    spread = 2.0**-6
    found = float(layer.divergence(np.zeros((1, 1), "float32"), array([[spread]]))[0])
    expected = sum(spread**n / 2 / math.factorial(n) for n in range(2, 6))
    # exp(x) - 1 would leave an error of 1e-3
    assert abs(found / expected - 1) < 1e-4


def test_classes_are_drawn_with_their_probabilities():
    logits = np.log(np.array([0.1, 0.2, 0.7], "float32"))
    layer = GumbelSoftmax(0.3, hard=True, seed=1)
    drawn = numbers(layer(np.broadcast_to(logits, (20_000, 3)), training=True))
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert np.all(drawn.sum(axis=-1) == 1)
    shares = np.exp(logits)
    error = np.sqrt(shares * (1 - shares) / 20_000)
    assert np.all(np.abs(drawn.mean(axis=0) - shares) < 5 * error)


def test_hard_and_relaxed_draws_agree_and_have_one_slope(close):
    logits, weights = normal(6, 4, seed=1), normal(6, 4, seed=2)

    def weighed(hard):
        layer = GumbelSoftmax(0.7, hard=hard, seed=5)
        return lambda x: keras.ops.sum(
            keras.ops.multiply(layer(x, training=True), weights)
        )

    close(grad(weighed(hard=True))(logits), numbers(grad(weighed(hard=False))(logits)))
    relaxed = numbers(GumbelSoftmax(0.7, seed=5)(logits, training=True))
    hard = numbers(GumbelSoftmax(0.7, hard=True, seed=5)(logits, training=True))
    assert np.array_equal(hard.argmax(axis=-1), relaxed.argmax(axis=-1))


def test_a_class_ruled_out_is_never_drawn_and_slopes_stay_finite():
    logits = np.array([[0.0, -np.inf, 1.0]] * 64, "float32")
    layer = GumbelSoftmax(seed=1)
    drawn = numbers(layer(logits, training=True))
    assert np.all(drawn[:, 1] == 0)
    slope = grad(lambda x: keras.ops.sum(layer(x, training=True)[:, 0]))(logits)
    assert np.isfinite(numbers(slope)).all()


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("dtype", "most", "eps"),
    [
        ("float32", 1e4, 2**-23),
        ("mixed_float16", 1e3, 2**-10),
        ("mixed_bfloat16", 1e4, 2**-7),
    ],
)
def test_extreme_logits_stay_finite(dtype, most, eps, training, hard):
    layer = GumbelSoftmax(0.1, hard=hard, dtype=dtype)
    logits = np.array([[most, -most, 0.0], [most, most, most]], "float32")
    outputs = numbers(layer(logits, training=training))
    assert np.isfinite(outputs).all()
    # Each weight is rounded by half an eps of itself, and they sum to 1.
    assert np.abs(outputs.astype("float64").sum(axis=-1) - 1).max() <= eps


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("training", [False, True])
def test_outputs_come_in_the_compute_dtype(half, training):
    policy, inputs = f"mixed_{half}", normal(4, 3, seed=1)
    layers = [DropPath(0.5, dtype=policy), GumbelSoftmax(dtype=policy)]
    outputs = [layer(inputs, training=training) for layer in layers]
    sampling = GaussianSampling(dtype=policy)
    outputs.append(sampling([inputs, inputs], training=training))
    assert {keras.backend.standardize_dtype(y.dtype) for y in outputs} == {half}


def test_float64_stays_float64_in_training(float64):
    inputs = normal(4, 3, seed=1)
    outputs = [
        DropPath(0.5)(inputs, training=True),
        GumbelSoftmax(hard=True)(inputs, training=True),
        GaussianSampling()([inputs, inputs], training=True),
    ]
    assert {keras.backend.standardize_dtype(y.dtype) for y in outputs} == {"float64"}


@pytest.mark.parametrize(
    "layer",
    [
        DropPath(0.3, seed=4),
        GaussianSampling(kl_weight=0.5, seed=4),
        GumbelSoftmax(0.5, hard=True, seed=4),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_configuration_keeps_every_argument(layer):
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()


def test_an_autoencoder_trains_with_every_one_of_them():
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(6)(inputs)
    hidden = hidden + DropPath(0.2)(keras.layers.Dense(6)(hidden))
    latent = [keras.layers.Dense(4)(hidden) for _ in range(2)]
    drawn = GaussianSampling(kl_weight=0.01)(latent)
    outputs = keras.layers.Dense(6)(GumbelSoftmax(hard=True)(drawn))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    x = normal(32, 6, seed=1)
    history = model.fit(x, x, batch_size=8, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    # The divergence counts where a model is evaluated as well.
    error = float(np.mean((numbers(model(x)) - x) ** 2))
    assert float(model.evaluate(x, x, verbose=0)) > error


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan"), "0.1", True])
def test_rates_out_of_bounds_are_refused(rate):
    with pytest.raises(ValueError, match="at least 0 and below 1, received"):
        _ = DropPath(rate)


def test_moments_that_do_not_fit_are_refused():
    layer, x = GaussianSampling(), normal(4, 3, seed=1)
    for bad in (x, [x], [x, x, x], [x, x[:, :1]], [x[0], x[0]]):
        with pytest.raises(ValueError, match="two tensors of one shape"):
            layer(bad)
    with pytest.raises(ValueError, match="two tensors of one shape"):
        layer([keras.Input((3,)), keras.Input((4,))])
    with pytest.raises(ValueError, match=r"Expected `mask` of shape"):
        GaussianSampling(kl_weight=1.0)([x, x], mask=np.ones((3,), bool))


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("inf"), None])
def test_temperatures_that_are_not_above_zero_are_refused(temperature):
    with pytest.raises(ValueError, match="`temperature` to be a number above 0"):
        _ = GumbelSoftmax(temperature)
