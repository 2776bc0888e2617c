"""`GaussianNLL`, `Pinball` and `Evidential`: what their cases cannot say."""

import keras
import numpy as np
import pytest
from scipy import special

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.losses import Evidential, GaussianNLL, Pinball
from multibackend.losses.evidential import _log_gamma_step


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(
    "loss",
    [
        GaussianNLL(log_variance=False, full=True, floor=0.1, name="mine"),
        Pinball([0.1, 0.9], reduction="sum"),
        Evidential(regularization=0.5, from_logits=True, reduction=None),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_the_configuration_round_trip_keeps_every_argument(loss):
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()


# ------------------------------------------------------------------- GaussianNLL


def test_logarithms_and_variances_give_the_same_loss(close):
    true, mean, spread = (
        normal(4, 3, seed=1),
        normal(4, 3, seed=2),
        normal(4, 3, seed=3),
    )
    logs = GaussianNLL(floor=1e-12)(true, np.concatenate([mean, spread], -1))
    variances = np.concatenate([mean, np.exp(spread)], -1)
    close(GaussianNLL(log_variance=False)(true, variances), numpy(logs))


def test_the_least_expected_loss_is_at_mean_and_variance():
    targets = normal(2000, 1, mean=2.0, std=3.0, seed=1)
    best = np.array([targets.mean(), np.log(targets.var())], "float32")
    slopes = numpy(
        grad(lambda pair: GaussianNLL()(targets, keras.ops.tile(pair, (2000, 1))))(
            best[None]
        )
    )
    assert np.abs(slopes).max() < 1e-5


@pytest.mark.parametrize("spread", [-1e4, -80.0, 80.0, 1e4])
def test_extreme_log_variances_stay_finite_with_their_gradient(spread):
    true, pred = array([[0.0], [1e4]]), array([[0.0, spread], [0.0, spread]])
    loss = GaussianNLL(reduction=None)
    assert np.all(np.isfinite(numpy(loss(true, pred))))
    slopes = numpy(grad(lambda p: keras.ops.sum(loss(true, p)))(pred))
    assert np.all(np.isfinite(slopes))


def test_at_the_floor_the_gradient_is_that_of_the_formula(close):
    floor = 2.0**-10
    at = float(np.float32(np.log(floor)))
    slopes = grad(GaussianNLL(floor=floor), 1)(array([[0.5]]), array([[0.0, at]]))
    # variance = 2 floor, and half of it moves: 0.25 * (1 - 0.25 / variance)
    error = 0.5
    expected = [-error / (2 * floor), 0.25 * (1 - error**2 / (2 * floor))]
    close(slopes, [expected])


def test_a_negative_variance_counts_as_the_floor(close):
    loss = GaussianNLL(log_variance=False, floor=0.25)
    close(loss([[1.0]], [[0.5, -3.0]]), 0.5 * (np.log(0.25) + 1.0))


@pytest.mark.parametrize(
    ("true", "pred"), [((4, 3), (4, 3)), ((4, 3), (5, 6)), ((4,), (4, 3)), ((), ())]
)
def test_predictions_that_are_not_two_numbers_a_target_are_refused(true, pred):
    shapes = r"\(batch_size, \.\.\., 2 \* outputs\), received \(.*\) and \(.*\)\. "
    with pytest.raises(ValueError, match=shapes + ".*`mean`, `log"):
        GaussianNLL()(normal(*true), normal(*pred))


def test_a_floor_of_zero_is_refused():
    with pytest.raises(ValueError, match="`floor` to be a number above 0, received 0"):
        _ = GaussianNLL(floor=0)


# ----------------------------------------------------------------------- Pinball


def test_the_loss_at_one_half_is_half_the_absolute_error(close):
    true, pred = normal(4, 1, seed=1), normal(4, 1, seed=2)
    close(Pinball()(true, pred), 0.5 * np.mean(np.abs(true.astype("float64") - pred)))


@pytest.mark.parametrize("q", [0.1, 0.75])
def test_the_least_loss_is_at_the_quantile(q):
    targets = normal(101, 1, seed=1)
    candidates = np.sort(targets[:, 0])
    losses = [float(Pinball(q)(targets, np.full((101, 1), c))) for c in candidates]
    assert candidates[np.argmin(losses)] == np.quantile(
        targets, q, method="inverted_cdf"
    )


def test_a_perfect_prediction_costs_nothing_and_pulls_to_one_side(close):
    pred = array([[1.0, 1.0]])
    loss = Pinball([0.25, 0.75])
    close(loss([[1.0]], pred), 0.0)
    close(grad(loss, 1)(array([[1.0]]), pred), [[-0.125, -0.375]])


def test_other_shapes_are_refused_with_the_quantiles():
    told = r"\(batch_size, \.\.\., 2\), received \(4, 1\) and \(4, 3\).*\[0\.1, 0\.9\]"
    with pytest.raises(ValueError, match=told):
        Pinball([0.1, 0.9])(normal(4, 1), normal(4, 3))
    with pytest.raises(ValueError, match=r"received \(4, 2\) and \(4, 2\)"):
        Pinball([0.1, 0.9])(normal(4, 2), normal(4, 2))


@pytest.mark.parametrize("quantiles", [0.0, 1.0, [0.5, 2.0], "0.5", None])
def test_quantiles_out_of_bounds_are_refused(quantiles):
    with pytest.raises(
        ValueError, match="`quantiles` to be a number above 0 and below"
    ):
        _ = Pinball(quantiles)


def test_no_quantile_is_refused():
    with pytest.raises(ValueError, match="a quantile or more, received none"):
        _ = Pinball([])


# -------------------------------------------------------------------- Evidential


def test_the_step_of_the_log_gamma_function_is_exact_in_float64(float64):
    x = np.concatenate([np.linspace(1, 10, 200), np.logspace(1, 8, 200)])
    first, second = (
        numpy(_log_gamma_step(keras.ops.convert_to_tensor(at))) for at in (x, x + 0.5)
    )
    assert first.dtype == "float64"
    # Two steps of one half are log(gamma(x + 1) / gamma(x)).
    assert np.abs(first + second - np.log(x)).max() < 8e-15
    low = x < 100  # SciPy itself is off by 1e-9 at 1e8
    expected = 0.5 * np.log(np.pi) - special.betaln(x[low], 0.5)
    assert np.abs(first[low] - expected).max() < 8e-15


def test_the_slope_of_the_log_gamma_step_is_a_difference_of_digammas(float64):
    x = np.concatenate([np.linspace(1, 10, 50), np.logspace(1, 6, 50)])
    slopes = numpy(grad(lambda v: keras.ops.sum(_log_gamma_step(v)))(x))
    expected = special.digamma(x + 0.5) - special.digamma(x)
    assert np.abs(slopes - expected).max() < 2e-14


def test_much_evidence_makes_a_normal_distribution(close):
    pred = array([[0.3, 1e7, 1e6, 4e6]])  # variance beta / alpha = 4
    nll = Evidential(regularization=0.0)([[1.3]], pred)
    normal_nll = GaussianNLL(full=True)([[1.3]], [[0.3, np.log(4.0)]])
    close(nll, numpy(normal_nll), roundings=64)


def test_the_regularizer_is_error_times_evidence(close):
    pred = array([[1.0, 2.0, 3.0, 4.0]])
    without = float(Evidential(regularization=0.0)([[3.0]], pred))
    close(Evidential(regularization=0.5)([[3.0]], pred), without + 0.5 * 2.0 * 7.0)


@pytest.mark.parametrize("size", [-1e4, 1e4])
@pytest.mark.parametrize("from_logits", [False, True])
def test_extreme_parameters_stay_finite_with_their_gradient(size, from_logits):
    true = array([[0.0], [1e4]])
    pred = array([[0.0, size, size, size], [0.0, size, -size, size]])
    loss = Evidential(from_logits=from_logits, reduction=None)
    assert np.all(np.isfinite(numpy(loss(true, pred))))
    slopes = numpy(grad(lambda p: keras.ops.sum(loss(true, p)))(pred))
    assert np.all(np.isfinite(slopes))


def test_predictions_that_are_not_four_numbers_a_target_are_refused():
    told = r"4 \* outputs\), received \(4, 1\) and \(4, 3\).*`gamma`, `nu`, `alpha`"
    with pytest.raises(ValueError, match=told):
        Evidential()(normal(4, 1), normal(4, 3))


# ------------------------------------------------------------------------- masks


@pytest.mark.parametrize(
    ("loss", "width"),
    [(GaussianNLL(), 2), (Pinball([0.2, 0.4, 0.9]), 3), (Evidential(), 4)],
)
def test_masked_steps_do_not_count(loss, width, close):
    steps, true = normal(2, 5, width, seed=1), normal(2, 5, 1, seed=2)
    steps[..., 1:] = np.abs(steps[..., 1:]) + 0.1
    steps[0, 3:] = 0
    masked = keras.layers.Masking()(keras.ops.convert_to_tensor(steps))
    each = type(loss).from_config({**loss.get_config(), "reduction": None})
    kept = np.any(steps != 0, axis=-1)
    expected = numpy(each(true, steps))[kept].astype("float64").mean()
    close(loss(true, masked), expected)
